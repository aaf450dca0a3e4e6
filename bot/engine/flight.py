"""A step on its way through a model, and tokens on their way back from a GPU.

On a GPU a step is handed over long before it has run. The next one is handed over behind it,
with the tokens that the GPU itself draws, and only then are those read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from bot.engine.sampling import Drawn
from bot.engine.sequence import Step


class Numbers:
    """A tensor's numbers; from a GPU they come while it does what it is given next."""

    def __init__(self, tensor: Tensor) -> None:
        self._numbers = tensor
        self._copied: Any = None
        if tensor.is_cuda:
            self._numbers = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
            self._numbers.copy_(tensor, non_blocking=True)
            cuda: Any = torch.cuda  # its types do not cover events
            self._copied = cuda.Event()
            self._copied.record()

    def tolist(self) -> list[int]:
        """Waits for these numbers, and for nothing that the GPU was given after them."""
        if self._copied is not None:
            self._copied.synchronize()
        numbers: list[int] = self._numbers.tolist()
        return numbers


@dataclass(slots=True, eq=False)
class Flight:
    """A step that was or will be begun; only the thread that computes looks into it.

    `numbers`: its tokens, once a step was begun behind it. `error`: what went wrong.
    """

    step: Step
    drawn: Drawn | None = None
    numbers: Numbers | None = None
    error: BaseException | None = None
