"""Whether a checkpoint can be run, found out without running it: for `kaiwa check`.

By the code that a start goes through. The weights are read and looked at one after the other,
nothing of them is kept, and the first step is taken on tensors that have shapes and no numbers.
So it takes the time that reading takes, and the memory of the largest tensor. What only numbers
show, a start alone finds.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from bot.engine.checkpoint import is_quantized
from bot.engine.in_pieces import META
from bot.engine.thread import compute
from bot.engine.vendors import without_compiler
from bot.engine.warm_up import known_tokens, warm_up
from bot.engine.weights import read_weights

if TYPE_CHECKING:
    from transformers import PretrainedConfig


def examine(folder: Path, config: PretrainedConfig) -> int:
    """How many tokens the model knows. Raises LoadError where a start would."""
    return compute(_examine, folder, config)


def _examine(folder: Path, config: PretrainedConfig) -> int:
    plain = copy.deepcopy(config)
    if is_quantized(plain):  # of a stored copy only the shapes are made
        del plain.quantization_config
    with without_compiler():
        model = read_weights(folder, plain, "none", META, torch.bfloat16, stored=config)
        warm_up(model, torch.bfloat16, META)
    return known_tokens(model)
