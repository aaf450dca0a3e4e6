"""4-bit weights in the order that bitsandbytes' CPU kernel reads, made in a fraction of its time.

On a processor with bfloat16 instructions, bitsandbytes rearranges each layer's weights at the
first forward, through whole copies in 32-bit integers: most of a start's time. The result here
is the same, byte by byte, and is compared with bitsandbytes' own before it is used.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from bot.engine.weights import quiet

ROWS = 32  # of the weights, interleaved with each other
# What is rearranged at once: in a processor's cache, and too little for a second thread, whose
# barriers cost more than it would save.
BLOCKS, PAIRS = 2, 512

log = logging.getLogger(__name__)


def pack_for_cpu(model: nn.Module) -> None:
    """Rearrange all 4-bit layers that are on a CPU, where this processor has the kernel.

    Such a model can no longer be stored: see `quantize.py`, which stores one before.
    """
    bitsandbytes = _bitsandbytes()
    if not bitsandbytes.functional.has_avx512bf16():
        return
    if not _agrees_with_bitsandbytes():
        log.warning("bitsandbytes packs weights in a way that is not known here: starts are slow")
        return
    for layer in model.modules():
        if isinstance(layer, bitsandbytes.nn.Linear4bit) and layer.weight.device.type == "cpu":
            weight: Any = layer.weight
            if weight.quant_state.shape[0] % ROWS == 0:
                weight.data = pack(weight.data, weight.quant_state)


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
    absmax = state.absmax
    if state.nested:
        absmax = (
            _bitsandbytes().functional.dequantize_blockwise(absmax, state.state2) + state.offset
        )
        state.nested = False
        del state.state2
    rows, columns = state.shape
    scales = absmax.float().reshape(rows, columns // state.blocksize)
    state.absmax = scales.T.to(torch.bfloat16).contiguous()
    state.dtype = torch.bfloat16
    state.packing_format_for_cpu = True


def _agrees_with_bitsandbytes() -> bool:
    """Whether both ways give the same for a few weights, by whatever version is installed."""
    theirs = _bitsandbytes().functional
    weights = torch.linspace(-1, 1, 2 * ROWS * 128).reshape(2 * ROWS, 128).sin()
    results = []
    for packing in (pack, theirs._convert_weight_packed_for_cpu):
        stored, state = theirs.quantize_4bit(weights, quant_type="nf4")
        packed = packing(stored, state)
        results.append((packed if packing is pack else packed[0], vars(state)))
    (ours, our_state), (known, their_state) = results
    return (
        torch.equal(ours, known)
        and our_state.keys() == their_state.keys()
        and torch.equal(our_state["absmax"], their_state["absmax"])
    )


def _bitsandbytes() -> Any:
    """The library, which is first imported where its advice is silenced: see `weights.quiet`."""
    with quiet():
        return importlib.import_module("bitsandbytes")
