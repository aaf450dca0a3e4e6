"""Instructions of a GPU that turn four bytes of 4-bit codes into eight 16-bit numbers.

A table in memory costs a load and the computing of an address for each number. Here the table is
in the instructions: `prmt` looks four codes up at once, a byte of each number, in eight bytes of
its two operands. Knows nothing of Triton; the letters are PTX.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch


def instructions(codes: torch.Tensor) -> str:
    """For Triton: $4 are four bytes, $0 and $1 the numbers of their high halves, $2 and $3 of
    the low ones, two in each. `codes`: what the 16 codes stand for. Empty for wider numbers.
    """
    if codes.element_size() != 2:
        return ""
    bits = [number & 0xFFFF for number in codes.cpu().view(torch.int16).tolist()]
    planes = [[(number >> shift) & 0xFF for number in bits] for shift in (0, 8)]
    lines = [
        ".reg .b32 low<2>, half0, which, pick, plane<2>;",
        "and.b32 which, $4, 0x77777777;",  # of eight numbers each half of the table has one
        "shr.b32 pick, $4, 1;",
        "and.b32 pick, pick, 0x44444444;",  # and the fourth bit says which half it is
    ]
    for pair in range(2):  # codes of two bytes: low, high, low, high
        if pair:
            lines += ["shr.b32 which, which, 16;", "shr.b32 pick, pick, 16;"]
        lines += ["or.b32 half0, pick, 0x3210;"]
        for plane, numbers in enumerate(planes):
            words = [_word(numbers[at : at + 4]) for at in range(0, 16, 4)]
            lines += [
                f"mov.b32 low0, {words[0]};",
                f"prmt.b32 low0, low0, {words[1]}, which;",
                f"mov.b32 low1, {words[2]};",
                f"prmt.b32 low1, low1, {words[3]}, which;",
                f"prmt.b32 plane{plane}, low0, low1, half0;",
            ]
        lines += [
            f"prmt.b32 ${pair}, plane0, plane1, 0x7351;",
            f"prmt.b32 ${pair + 2}, plane0, plane1, 0x6240;",
        ]
    return "{ " + " ".join(lines) + " }"


def _word(numbers: Sequence[int]) -> str:
    """Four bytes as a constant, the first one lowest."""
    return hex(int.from_bytes(bytes(numbers), "little"))
