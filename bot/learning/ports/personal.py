"""What is kept of one person who learns, to be seen and deleted by that person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class PersonalStore(Protocol):
    """All tables of learning at once, by their names."""

    async def learning_of(
        self, platform: str, user_id: str
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Everything, as JSON has it, but for what only logs somebody in."""

    async def learning_counts(self, platform: str, user_id: str) -> Mapping[str, int]:
        """How much that is; what is not there has no count."""

    async def forget_learning(self, platform: str, user_id: str) -> Mapping[str, int]:
        """Delete all of it; how much of each was deleted. Quizzes that they began stay, without
        their name."""
