"""4-bit layers on a CPU: weights in the order that bitsandbytes' kernel reads, and its bare call.

On a processor with bfloat16 instructions, bitsandbytes rearranges each layer's weights at the
first forward, through whole copies in 32-bit integers: most of a start's time. The result here
is the same, byte by byte, made in a fraction of that. Its module and operator also cost 55 µs a
layer around a kernel of 400; here the kernel is called by its address. Both are compared with
bitsandbytes' own before they are used.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from bot.engine.memory import is_odd
from bot.engine.vendors import bitsandbytes

ROWS = 32  # of the weights, interleaved with each other
# What is rearranged at once: in a processor's cache, and too little for a second thread, whose
# barriers cost more than it would save.
BLOCKS, PAIRS = 2, 512

log = logging.getLogger(__name__)


class PackedLinear(nn.Module):
    """A linear layer of packed weights, `[out, in / 2]` bytes; multiplies in bfloat16."""

    weight: Tensor
    absmax: Tensor  # [in / blocksize, out]
    bias: Tensor | None  # [out]

    def __init__(self, weight: Tensor, state: Any, bias: Tensor | None) -> None:
        super().__init__()
        self.out_features, self.in_features = state.shape
        self.blocksize: int = state.blocksize
        self.register_buffer("weight", weight)
        self.register_buffer("absmax", state.absmax)
        self.register_buffer("bias", None if bias is None else bias.data)
        self._kernel = _kernel()

    def forward(self, x: Tensor) -> Tensor:
        """`[..., out]` of `[..., in]`, in the type of `x`."""
        rows = x.reshape(-1, self.in_features).to(torch.bfloat16).contiguous()
        output = rows.new_empty(rows.shape[0], self.out_features)
        self._kernel(
            rows.shape[0],
            self.out_features,
            self.in_features,
            rows.data_ptr(),
            self.weight.data_ptr(),
            self.absmax.data_ptr(),
            output.data_ptr(),
            self.blocksize,
            self.in_features,  # from one row to the next
            self.out_features,
        )
        output = output.to(x.dtype)
        if self.bias is not None:
            output += self.bias.to(x.dtype)
        return output.reshape(*x.shape[:-1], self.out_features)


def pack_for_cpu(model: nn.Module) -> None:
    """Pack all 4-bit layers that are on a CPU, where this processor has the kernel.

    Such a model can no longer be stored: see `quantize.py`, which stores one before.
    """
    if not bitsandbytes().functional.has_avx512bf16():
        return
    unquantise_odd(model)
    if not _agrees_with_bitsandbytes():
        log.warning("this version of bitsandbytes computes in a way that is not known here: slower")
        return
    for name, layer in four_bit_layers(model):
        weight: Any = layer.weight
        state = weight.quant_state
        if state.shape[0] % ROWS == 0 and state.quant_type == "nf4":
            weight.data = pack(weight.data, state)  # which frees what it was made of
            model.set_submodule(name, PackedLinear(weight.data, state, layer.bias))


def four_bit_layers(model: nn.Module) -> list[tuple[str, Any]]:
    """The names and layers of bitsandbytes' 4 bits that are on a CPU."""
    kind = bitsandbytes().nn.Linear4bit
    layers: list[tuple[str, Any]] = [m for m in model.named_modules() if isinstance(m[1], kind)]
    return [(name, layer) for name, layer in layers if layer.weight.device.type == "cpu"]


def unquantise_odd(model: nn.Module) -> None:
    """Layers of sizes that kernels refuse, in a copy that was made elsewhere, get 16 bits again."""
    for name, layer in four_bit_layers(model):
        if is_odd(*layer.weight.quant_state.shape):
            model.set_submodule(name, _unquantised(layer))


def _unquantised(layer: Any) -> nn.Linear:
    """The same layer with its weights in the type that it computes in."""
    state = layer.weight.quant_state
    weights = bitsandbytes().functional.dequantize_4bit(layer.weight.data, state)
    outputs, inputs = weights.shape
    plain = nn.Linear(inputs, outputs, bias=False, device="meta")
    plain.weight = nn.Parameter(weights.to(layer.compute_dtype), requires_grad=False)
    plain.bias = layer.bias
    return plain


def pack(stored: Tensor, state: Any) -> Tensor:
    """The packed weights, `[out, in / 2]`; `state` is made to describe them.

    `stored`: bytes with an even column's weight in the high half and the next one's in the low
    half, row after row.
    """
    rows, columns = state.shape
    _describe(state, stored)
    # [blocks, half of a block, rows of it, pairs of columns]
    halves = stored.reshape(-1).view(torch.uint8).reshape(-1, 2, ROWS // 2, columns // 2)
    packed = torch.empty(len(halves), columns // 2, ROWS // 2, dtype=torch.int16)
    for piece, to in _pieces(halves, packed):
        first, second = piece.unbind(1)
        even = (first >> 4) | (second & 0xF0)
        odd = (first & 0xF) | (second << 4)
        pairs = torch.stack([even, odd], dim=-1).view(torch.int16).squeeze(-1)
        to.copy_(pairs.transpose(1, 2))
    return packed.view(torch.uint8).reshape(rows, columns // 2)


def _pieces(halves: Tensor, packed: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Both tensors, piece by piece: a few blocks, and of them some pairs of columns."""
    for column in range(0, halves.shape[3], PAIRS):
        columns = slice(column, column + PAIRS)
        blocks = (torch.split(each, BLOCKS) for each in (halves[..., columns], packed[:, columns]))
        yield from zip(*blocks, strict=True)


def _describe(state: Any, stored: Tensor) -> None:
    """Note in a layer's state that its weights are packed, as bitsandbytes does."""
    if stored.dtype != torch.uint8:
        state.original_storage_type = stored.dtype
    state.original_dtype = state.dtype
    state.original_nested = state.nested
    state.original_qshape = stored.view(torch.uint8).shape
    scales = absmax(state)
    if state.nested:
        state.nested = False
        del state.state2
    rows, columns = state.shape
    scales = scales.reshape(rows, columns // state.blocksize)
    state.absmax = scales.T.to(torch.bfloat16).contiguous()
    state.dtype = torch.bfloat16
    state.packing_format_for_cpu = True


def absmax(state: Any) -> Tensor:
    """A layer's scales in float32, one for each block of `blocksize`, row after row."""
    scales = state.absmax
    if state.nested:  # themselves in 8 bits
        scales = bitsandbytes().functional.dequantize_blockwise(scales, state.state2) + state.offset
    return scales.float()  # type: ignore[no-any-return]  # it has no types


def _agrees_with_bitsandbytes() -> bool:
    """Whether a few weights are packed, and multiplied, as the installed version does it."""
    theirs = bitsandbytes().functional
    weights = torch.linspace(-1, 1, 2 * ROWS * 128).reshape(2 * ROWS, 128).sin()
    rows = weights[:3].bfloat16()
    stored, state = theirs.quantize_4bit(weights, quant_type="nf4")
    again, their_state = theirs.quantize_4bit(weights, quant_type="nf4")
    try:
        packed = pack(stored, state)
        product = PackedLinear(packed, state, None)(rows)
        known, their_state = theirs._convert_weight_packed_for_cpu(again, their_state)
    except AttributeError:  # what is not public may be gone in another version
        return False
    return (
        vars(state).keys() == vars(their_state).keys()
        and torch.equal(packed, known)
        and torch.equal(state.absmax, their_state.absmax)
        and torch.equal(product, theirs.gemv_4bit(rows, known, state=their_state))
    )


@cache
def _kernel() -> Callable[..., None]:
    """bitsandbytes' product of bfloat16 rows and packed NF4 weights.

    It takes the counts of rows, outputs and inputs; addresses of rows, weights, scales and
    output; the block size; and the numbers from one row to the next, of rows and of output.
    """
    library = ctypes.CDLL(bitsandbytes().cextension.lib._lib._name)
    kernel = library.gemv_4bit_inference_cpu_nf4_bf16
    kernel.argtypes = [ctypes.c_int64] * 3 + [ctypes.c_void_p] * 4 + [ctypes.c_int64] * 3
    kernel.restype = None
    return kernel
