"""Words that people saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is learnt. `entry`: its number in JMdict, None for one of a person's own;
    `meaning`: English glosses in a line; `sentence`: where it stood, or empty."""

    word: str
    reading: str
    meaning: str
    entry: int | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class SavedWord:
    """A word that somebody saved in a group. `changed_at`: when a text of it last changed."""

    id: int
    text: Word
    group: str
    saved_at: datetime
    changed_at: datetime


class WordStore(Protocol):
    """Saved words. One person has a word of the same writing and reading once."""

    async def save_word(
        self, platform: str, user_id: str, group: str, word: Word
    ) -> tuple[SavedWord, bool]:
        """Save a word, due at once for its first review; it, and whether it is new.

        One that is there already keeps its schedule and takes what changed of its texts; a
        meaning or sentence that is empty changes nothing. Raises BotError where a person has too
        many.
        """

    async def saved_words(
        self,
        platform: str,
        user_id: str,
        *,
        search: str = "",
        limit: int | None = None,
        offset: int = 0,
    ) -> Sequence[SavedWord]:
        """A person's, the newest first. `search`: only those with this in a text of theirs, in
        capitals or not. `limit` and `offset` are a page of them."""

    async def saved_word(self, platform: str, user_id: str, id: int) -> SavedWord | None:
        """One of a person's."""

    async def group_words(
        self, platform: str, group: str, *, limit: int | None = None, offset: int = 0
    ) -> Sequence[Word]:
        """What a group's members saved there, each once, the most saved first; of nobody in
        particular, and without their sentences."""

    async def group_words_with_changes(
        self, platform: str, group: str
    ) -> Sequence[tuple[Word, datetime]]:
        """All of `group_words`, each with when its texts last changed."""

    async def remove_word(self, platform: str, user_id: str, id: int) -> SavedWord | None:
        """Forget a word and its reviews; what it was."""

    async def count_words(self, platform: str, user_id: str, *, search: str = "") -> int:
        """How many a person has. `search` as in `saved_words`."""

    async def count_group_words(self, platform: str, group: str) -> int:
        """How many `group_words` has."""
