"""What layers do between their products, in fewer launches; proven on the model as a whole.

Each part is held against the model's own and timed where it is chosen (`rotary.py`, `norms.py`).
Here the model runs a step with them and without: where that is not the same they are taken back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from bot.engine.cuda.clock import seconds_captured
from bot.engine.cuda.norms import fuse_norms
from bot.engine.cuda.rotary import fuse_rotary
from bot.engine.warm_up import first_step

if TYPE_CHECKING:
    from transformers import PreTrainedModel

log = logging.getLogger(__name__)

TOKENS = 16  # of a prompt beside the decoding sequences
AGREEING = 0.05  # of the logits' size: roundings of many layers, and nothing that is wrong


def fuse_layers(
    model: PreTrainedModel,
    dtype: torch.dtype,
    device: torch.device,
    measure: Callable[[Callable[[], object]], float] = seconds_captured,
    tokens: int = TOKENS,
) -> None:
    """Let a model on a GPU rotate, cache, add and normalise in as few launches as is right.

    Raises nothing: what fails is in the log, and what is wrong with the model itself is for its
    first step to tell.
    """
    done: list[Callable[[], None]] = []
    try:
        expected = first_step(model, dtype, device, tokens).float()
    except Exception:
        return
    why = "other numbers"
    try:
        for fuse in (fuse_rotary, fuse_norms):
            if undo := fuse(model, dtype, measure, device.type):
                done.append(undo)
        got = first_step(model, dtype, device, tokens).float() if done else expected
        if float((got - expected).norm()) <= AGREEING * float(expected.norm()):
            return
    except Exception as error:
        why = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
    for undo in done:
        undo()
    log.warning("layers are computed launch by launch: %s", why)
