"""Cells and replies as tests need them."""

from __future__ import annotations

from bot.explore.grid import Cell
from bot.explore.running import Reply
from bot.messages import FinishReason, Sampling

NOW = Cell(1, Sampling(), now=True)
COOL = Cell(2, Sampling(temperature=0.7))


def reply(
    text: str,
    cell: int = 1,
    *,
    number: int = 1,
    asked: int = 0,
    reason: FinishReason | None = FinishReason.END,
) -> Reply:
    """A reply of ten tokens that took three seconds."""
    return Reply(cell, asked, number, number, text, reason, tokens=10, seconds=3.0)
