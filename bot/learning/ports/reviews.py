"""Reviews of saved words."""

from __future__ import annotations

from typing import Protocol


class ReviewStore(Protocol):
    """Reviews of saved words."""
