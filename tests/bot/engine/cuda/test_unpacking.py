"""The instructions of `bot/engine/cuda/unpacking.py`, carried out one by one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from bitsandbytes import functional

from bot.engine.cuda.unpacking import instructions

THEIRS: Any = functional
Words = np.ndarray[Any, np.dtype[np.uint64]]


def permuted(a: Words, b: Words, selector: Words) -> Words:
    """`prmt.b32` as the PTX manual has it: any four of eight bytes, or one's sign."""
    both = a | b << np.uint64(32)
    result = np.zeros_like(both)
    for place in range(4):
        nibble = selector >> np.uint64(4 * place) & np.uint64(15)
        byte = both >> (nibble & np.uint64(7)) * np.uint64(8) & np.uint64(255)
        sign = (byte >> np.uint64(7)) * np.uint64(255)
        byte = np.where(nibble & np.uint64(8), sign, byte)
        result |= byte << np.uint64(8 * place)
    return result


OPERATIONS: dict[str, Callable[..., Words]] = {
    "and.b32": np.bitwise_and,
    "or.b32": np.bitwise_or,
    "shr.b32": np.right_shift,
    "mov.b32": lambda a: a,
    "prmt.b32": permuted,
}


def carried_out(text: str, given: Words) -> list[Words]:
    """What $0 to $3 are after these instructions."""
    registers: dict[str, Words] = {"$4": given}
    for line in text.strip("{} ").split(";"):
        name, _, rest = line.strip().partition(" ")
        if not name or name == ".reg":
            continue
        to, *operands = (each.strip() for each in rest.split(","))
        values = [
            registers[each] if re.match(r"[$a-z]", each) else np.full_like(given, int(each, 0))
            for each in operands
        ]
        registers[to] = OPERATIONS[name](*values)
    return [registers[f"${place}"] for place in range(4)]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_every_byte_in_every_place_becomes_its_two_numbers(dtype: torch.dtype) -> None:
    """The number of its high half and of its low half, to the bit."""
    codes = THEIRS.get_4bit_type("nf4", device="cpu").to(dtype)
    text = instructions(codes)
    bits = codes.view(torch.int16).numpy().astype(np.uint16)
    random = np.random.default_rng(1)
    given = random.integers(0, 256, (4, 256)).astype(np.uint64)
    for place in range(4):  # each place sees all bytes, beside random ones
        given = np.concatenate([given, random.integers(0, 256, (4, 256)).astype(np.uint64)], 1)
        given[place, -256:] = np.arange(256)
    word = sum((given[place] << np.uint64(8 * place) for place in range(4)), np.uint64(0))
    got = carried_out(text, np.asarray(word))
    for pair in range(2):
        for out, nibbles in ((got[pair], given >> np.uint64(4)), (got[pair + 2], given & 15)):
            low, high = bits[nibbles[2 * pair]], bits[nibbles[2 * pair + 1]]
            expected = low.astype(np.uint64) | high.astype(np.uint64) << np.uint64(16)
            assert np.array_equal(out, expected), pair


def test_wider_numbers_have_no_such_instructions() -> None:
    """They are looked up in a table."""
    assert instructions(torch.zeros(16)) == ""
