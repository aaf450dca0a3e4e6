"""Words: looked up as they are pasted, completed while they are typed, shown in sentences.

Reads the one file that bot/study/building makes of JMdict and the lists; knows no commands.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from bot.study.entries import Entry, Example, Reading, Sense, Source, Tag, Writing

__all__ = ["Dictionary", "Entry", "Example", "Reading", "Sense", "Source", "Tag", "Writing"]


class Dictionary:
    """The dictionary's file, opened for reading. May be used by several threads."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises BotError where the file is missing, something else, or of another version."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the file."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def sources(self) -> tuple[Source, ...]:
        """What the file was made of, for /about."""
        raise NotImplementedError

    def entry(self, id: int) -> Entry | None:
        """The entry with this number of JMdict."""
        raise NotImplementedError

    def look_up(self, text: str, *, sentence: str = "", limit: int = 10) -> tuple[Entry, ...]:
        """The entries for a text, the likely one first; empty where there is none.

        `text`: Japanese as it stands anywhere, inflected or not, kana of either kind, romaji, or
        English; a phrase gives the entries of its words. `sentence`: where it stands.
        """
        raise NotImplementedError

    def complete(self, prefix: str, limit: int = 25) -> tuple[str, ...]:
        """Headwords that begin like this in kanji, kana or romaji, the commonest first."""
        raise NotImplementedError

    def examples(self, entry: Entry, limit: int = 3) -> tuple[Example, ...]:
        """Sentences in which the word stands, the easiest first."""
        raise NotImplementedError
