"""What a group is given each day, and what it did in a week."""

from __future__ import annotations

from typing import Protocol


class DayStore(Protocol):
    """What a group is given each day, and what it did in a week."""
