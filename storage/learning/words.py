"""`SqlWords`: the port WordStore: words that people saved."""

from __future__ import annotations

from collections.abc import Sequence

from bot.learning.ports.words import SavedWord, Word
from storage.database import Database


class SqlWords:
    """Saved words. See bot.learning.ports.words for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save_word(
        self, platform: str, user_id: str, group: str, word: Word
    ) -> tuple[SavedWord, bool]:
        raise NotImplementedError

    async def saved_words(
        self, platform: str, user_id: str, *, search: str = "", limit: int | None = None
    ) -> Sequence[SavedWord]:
        raise NotImplementedError

    async def saved_word(self, platform: str, user_id: str, id: int) -> SavedWord | None:
        raise NotImplementedError

    async def group_words(self, platform: str, group: str) -> Sequence[Word]:
        raise NotImplementedError

    async def remove_word(self, platform: str, user_id: str, id: int) -> SavedWord | None:
        raise NotImplementedError

    async def count_words(self, platform: str, user_id: str) -> int:
        raise NotImplementedError
