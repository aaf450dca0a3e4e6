"""Linear layers whose products are of whole numbers, where a processor multiplies bytes.

4-bit layers keep what they were quantised to: each of the 16 numbers that a code stands for is
taken as the nearest of 249 steps, which moves a product by 0.5 %. The output layer, which
bitsandbytes leaves in bfloat16, gets 8 bits and a scale for each token of the vocabulary. What
comes in is rounded to 8 bits in blocks of 64, by another 0.6 % (docs/engine-log.md); 4 bits
alone have moved a layer's numbers by some 9 %.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, Self

import torch
from torch import Tensor, nn

from bot.engine.cpu.dot_product import fewest_rows, product, room
from bot.engine.cpu.instructions import LANES, has_byte_products
from bot.engine.cpu.kernels import BLOCK, TILE, ZERO
from bot.engine.cpu.packing import absmax, four_bit_layers, unquantise_odd
from bot.engine.vendors import bitsandbytes

# The largest code's step. Of 90 to 127, it rounds NF4's other numbers best.
STEPS = 124.1
# Blocks of 16 outputs that are rearranged at once: in a processor's cache, and too little for a
# second thread, whose barriers cost more than it would save.
PIECE = 64

log = logging.getLogger(__name__)


class IntegerLinear(nn.Module):
    """A linear layer: bfloat16 rows in 8 bits, times weights in 4 or 8 bits.

    `weight` is in tiles, as `dot_product.py` describes them.
    """

    weight: Tensor  # uint8 [out / 16, in / 64, 512 bytes for 4 bits or 1,024 for 8]
    scales: Tensor  # float16 [out / 16, in / 64, 16] for 4 bits, [out / 16, 16] for 8
    table: Tensor  # uint8 [64]
    bias: Tensor  # float32 [out]

    def __init__(
        self,
        bits: int,
        outputs: int,
        weight: Tensor,
        scales: Tensor,
        table: Tensor,
        bias: Tensor | None,
    ) -> None:
        super().__init__()
        self.in_features = weight.shape[1] * BLOCK
        self.out_features = outputs
        self.padded = weight.shape[0] * LANES
        # In float16 scales are kept more precisely than in bfloat16, if they are near 1.
        self.unit = float(scales.max()) or 1.0
        padded_bias = torch.zeros(self.padded)
        if bias is not None:
            padded_bias[:outputs] = bias.detach()
        self.register_buffer("weight", weight)
        self.register_buffer("scales", (scales / self.unit).half().contiguous())
        self.register_buffer("table", table)
        self.register_buffer("bias", padded_bias)
        self.bits = bits
        self._product = product()
        self._fewest = fewest_rows()

    @classmethod
    def of_codes(cls, stored: Tensor, state: Any, bias: Tensor | None) -> Self:
        """A layer of bitsandbytes' 4 bits; `stored` is as it stores them."""
        outputs, inputs = state.shape
        scales = absmax(state).reshape(outputs, -1) / STEPS
        scales = scales.repeat_interleave(state.blocksize // BLOCK, dim=1)
        scales = scales.reshape(-1, LANES, inputs // BLOCK).transpose(1, 2)
        table = (state.code.float() * STEPS).round().add(ZERO).to(torch.uint8).repeat(4)
        return cls(4, outputs, _tiles_of_codes(stored, outputs, inputs), scales, table, bias)

    @classmethod
    def of_weights(cls, weights: Tensor, bias: Tensor | None) -> Self:
        """A layer of 8 bits, of weights `[out, in]`."""
        outputs, inputs = weights.shape
        groups = -(-outputs // LANES)
        tiles = torch.full((groups, inputs // BLOCK, TILE), ZERO, dtype=torch.uint8)
        scales = torch.zeros(groups, LANES)
        for rows, tile, scale in zip(torch.split(weights, LANES), tiles, scales, strict=True):
            count = len(rows)
            dense = rows.float()
            scale[:count] = (dense.abs().amax(1) / 127).clamp(min=1e-12)
            whole = (dense / scale[:count, None]).round().add(ZERO).to(torch.uint8)
            fours = whole.view(torch.int32).view(count, inputs // BLOCK, BLOCK // 4)
            vectors = tile.view(torch.int32).view(-1, BLOCK // 4, LANES)
            vectors[..., :count] = fours.permute(1, 2, 0)
        return cls(8, outputs, tiles, scales, tiles.new_zeros(4 * LANES), bias)

    def forward(self, x: Tensor) -> Tensor:
        """`[..., out]` of `[..., in]`, in the type of `x`."""
        rows = x.reshape(-1, self.in_features).to(torch.bfloat16).contiguous()
        tokens = rows.shape[0]
        output = rows.new_empty(tokens, self.padded)
        self._product(
            self.bits,
            rows.data_ptr(),
            room(tokens, self.in_features).data_ptr(),
            self.weight.data_ptr(),
            self.scales.data_ptr(),
            self.table.data_ptr(),
            self.bias.data_ptr(),
            self.unit,
            output.data_ptr(),
            tokens,
            self.in_features,
            self.padded,
            self._fewest,
        )
        return output[:, : self.out_features].to(x.dtype).reshape(*x.shape[:-1], self.out_features)


def multiply_in_whole_numbers(model: nn.Module) -> bool:
    """Replace a 4-bit model's layers on a CPU; False, and nothing done, where that cannot be.

    Such a model can no longer be stored: see `quantize.py`, which stores one before.
    """
    if not has_byte_products() or not four_bit_layers(model) or not _agrees():
        return False
    unquantise_odd(model)
    for name, layer in four_bit_layers(model):
        stored: Any = layer.weight
        state = stored.quant_state
        if state.blocksize % BLOCK == 0:
            model.set_submodule(name, IntegerLinear.of_codes(stored.data, state, layer.bias))
            stored.data = stored.data.new_empty(0)  # the list of layers would keep it
    untyped: Any = model
    layer = untyped.get_output_embeddings()
    if type(layer) is nn.Linear and layer.in_features % BLOCK == 0:
        weight = layer.weight
        if weight.device.type == "cpu" and weight.dtype == torch.bfloat16:
            untyped.set_output_embeddings(IntegerLinear.of_weights(weight.data, layer.bias))
    return True


def _agrees() -> bool:
    """Whether this machine's compiled kernels give what is right: of some rows, and of each."""
    library = bitsandbytes().functional
    weights = torch.linspace(-1, 1, 2 * LANES * 2 * BLOCK).reshape(2 * LANES, -1).mul(9).sin()
    rows = torch.linspace(-1, 1, 19 * 2 * BLOCK).reshape(19, -1).mul(70).sin().bfloat16()
    stored, state = library.quantize_4bit(weights, quant_type="nf4")
    known = rows.float() @ library.dequantize_4bit(stored, state).float().T
    try:
        four = IntegerLinear.of_codes(stored, state, None)
        eight = IntegerLinear.of_weights(weights, None)
        results = [(four(rows), known), (eight(rows), rows.float() @ weights.T)]
        alone = torch.cat([four(row) for row in torch.split(rows, 1)])
    except Exception:
        log.warning("products of whole numbers could not be compiled: slower", exc_info=True)
        return False
    near = all((got.float() - right).norm() < 0.03 * right.norm() for got, right in results)
    if not near or not torch.equal(alone, results[0][0]):
        log.warning("products of whole numbers are wrong on this processor: slower")
        return False
    return True


def _tiles_of_codes(stored: Tensor, outputs: int, inputs: int) -> Tensor:
    """4-bit codes as tiles; `stored` has an even column's in the high half of a byte."""
    pairs = stored.reshape(-1).view(torch.uint8).view(-1, LANES, inputs // BLOCK, 2, BLOCK // 4)
    tiles = torch.empty(outputs // LANES, inputs // BLOCK, TILE // 2, dtype=torch.uint8)
    for piece, to in zip(_pieces(pairs, dim=2), _pieces(tiles, dim=1), strict=True):
        first, second = piece.unbind(3)  # of a block's columns those to 31, and from 32
        even = (first >> 4) | (second & 0xF0)
        odd = (first & 0xF) | (second << 4)
        fours = torch.stack([even, odd], dim=-1).flatten(3).view(torch.int32)
        to.view(torch.int32).view(1, -1, BLOCK // 8, LANES).copy_(fours.permute(0, 2, 3, 1))
    return tiles


def _pieces(tensor: Tensor, dim: int) -> Iterator[Tensor]:
    """A tensor group by group, and of a group some blocks."""
    for group in torch.split(tensor, 1):
        yield from torch.split(group, PIECE, dim=dim)
