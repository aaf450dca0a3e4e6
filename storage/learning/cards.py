"""A card as a row, as JSON, and back: exactly the same, or its next date would be another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.learning.ports.reviews import Card, State
from storage.learning.schema import CardRow

CARD: tuple[Any, ...] = (
    CardRow.due,
    CardRow.state,
    CardRow.step,
    CardRow.stability,
    CardRow.difficulty,
    CardRow.last_review,
    CardRow.introduced_at,
    CardRow.lapses,
    CardRow.suspended,
    CardRow.turn,
)
_NAMES = tuple(column.key for column in CARD)
_MOMENTS = ("due", "last_review", "introduced_at")


def as_card(row: Sequence[Any]) -> Card:
    """The columns CARD, as a card."""
    values = dict(zip(_NAMES, row, strict=True))
    return Card(**values | {"state": State(values["state"])})


def as_values(card: Card) -> dict[str, Any]:
    """A card's columns."""
    return {name: getattr(card, name) for name in _NAMES}


def as_json(card: Card) -> str:
    """A card as JSON."""
    values = as_values(card)
    moments = {name: values[name] and values[name].isoformat() for name in _MOMENTS}
    return json.dumps(values | moments)


def from_json(text: str) -> Card:
    """A card that `as_json` wrote."""
    values = json.loads(text)
    moments = {n: datetime.fromisoformat(values[n]) if values[n] else None for n in _MOMENTS}
    return Card(**values | moments | {"state": State(values["state"])})
