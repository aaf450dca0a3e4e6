"""4-bit layers on a GPU: each multiplies in the way that was the fastest for its shape."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import Any

import torch
from torch import Tensor, nn

from bot.engine.cuda.choice import Choices, Measure, choose, timed
from bot.engine.cuda.product import KIND, Matrix, Product
from bot.engine.vendors import bitsandbytes

log = logging.getLogger(__name__)


class NF4Linear(nn.Module):
    """A linear layer of an NF4 matrix; `choices` say how it multiplies."""

    def __init__(self, matrix: Matrix, choices: Choices) -> None:
        super().__init__()
        self.out_features, self.in_features = matrix.rows, matrix.columns
        self.matrix = matrix
        self.choices = choices
        for name in ("packed", "scales", "bias"):  # for who counts a model's memory
            self.register_buffer(name, getattr(matrix, name))

    def forward(self, x: Tensor) -> Tensor:
        """`[..., out]` of `[..., in]`, in the type of `x`."""
        rows = x.reshape(-1, self.in_features).to(self.matrix.codes.dtype).contiguous()
        product = self.choices(len(rows))(rows, self.matrix)
        return product.to(x.dtype).reshape(*x.shape[:-1], self.out_features)


def fuse(
    model: nn.Module,
    dtype: torch.dtype,
    measure: Measure = timed,
    device: str = "cuda",
) -> None:
    """Let 4-bit layers on a GPU multiply in the fastest way; where that is bitsandbytes' own for
    every count of tokens they stay as they are.

    Such a model can no longer be stored. Raises nothing: what fails is in the log.
    """
    library = bitsandbytes()
    groups: dict[tuple[int, int, int, bool], list[tuple[str, Matrix]]] = defaultdict(list)
    with torch.inference_mode():
        for name, layer in list(model.named_modules()):
            if isinstance(layer, library.nn.Linear4bit) and layer.weight.device.type == device:
                weight: Any = layer.weight
                if _served(weight.quant_state, layer):
                    matrix = Matrix.of(weight.data, weight.quant_state, layer.bias, dtype)
                    has_bias = layer.bias is not None
                    shape = (matrix.rows, matrix.columns, matrix.block, has_bias)
                    groups[shape].append((name, matrix))
        refused: dict[Product, str] = {}
        for (rows, columns, *_), layers in groups.items():
            choices = choose([matrix for _, matrix in layers], measure, refused)
            log.info("4-bit products %d × %d, tokens: %s", rows, columns, choices)
            if not choices.only_theirs:
                for name, matrix in layers:
                    model.set_submodule(name, NF4Linear(matrix, choices))


def _served(state: Any, layer: Any) -> bool:
    """Whether a layer is stored as the products here read it."""
    shape = (layer.out_features, layer.in_features)
    return (
        state.quant_type == KIND
        and tuple(state.shape) == shape
        and layer.in_features % state.blocksize == 0
        and not getattr(state, "packing_format_for_cpu", False)
    )
