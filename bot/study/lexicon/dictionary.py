"""Words: looked up as they are pasted, completed while they are typed, shown in sentences.

Reads the one file that bot/study/building makes of JMdict and the lists; knows no commands.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.study.kana import has_japanese
from bot.study.levels import Level
from bot.study.lexicon import english, japanese
from bot.study.lexicon.completion import completions
from bot.study.lexicon.entries import Entry, Example, Reading, Sense, Source, Tag, Writing
from bot.study.lexicon.folding import folded, plain
from bot.study.lexicon.stored import Stored

__all__ = ["Dictionary", "Entry", "Example", "Reading", "Sense", "Source", "Tag", "Writing"]

LONGEST = 200  # characters of a text that is looked up; what follows is not read
_LONGEST_SENTENCE = 400
_AROUND = " \t\n\r.,!?;:…'\"()[]{}<>~*_`|/\\、。・〜「」『』【】《》〈〉-–—"


class Dictionary:
    """The dictionary's file, opened for reading. May be used by several threads."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises BotError where the file is missing, something else, or of another version."""
        return cls(Stored(path))

    def close(self) -> None:
        """Let go of the file."""
        self.stored.close()

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
        return self.stored.sources()

    def entry(self, id: int) -> Entry | None:
        """The entry with this number of JMdict."""
        rank = self.stored.rank(id)
        return self.stored.entry(rank) if rank is not None else None

    def levels(self, ids: Iterable[int]) -> dict[int, Level]:
        """The levels of the entries with these numbers, of those that are on a list."""
        return self.stored.levels(ids)

    def knows(self, form: str) -> bool:
        """Whether there is a word that is spelled exactly so, in kanji or kana of either kind."""
        return bool(self.stored.find(folded(form)))

    def look_up(self, text: str, *, sentence: str = "", limit: int = 10) -> tuple[Entry, ...]:
        """The entries for a text, the likely one first; empty where there is none.

        `text`: Japanese as it stands anywhere, inflected or not, kana of either kind, romaji, or
        English; a phrase gives the entries of its words. `sentence`: where it stands.
        """
        wanted = plain(text).strip(_AROUND)[:LONGEST]
        if has_japanese(wanted):
            around = plain(sentence)[:_LONGEST_SENTENCE]
            ranks = japanese.ranks(wanted, around, self.stored)
        else:
            ranks = english.ranks(wanted, self.stored, limit) if wanted else []
        return tuple(self.stored.entry(rank) for rank in ranks[:limit])

    def complete(self, prefix: str, limit: int = 25) -> tuple[str, ...]:
        """Headwords that begin like this in kanji, kana or romaji, the commonest first."""
        return completions(prefix, limit, self.stored)

    def listed(self, level: Level) -> tuple[Entry, ...]:
        """All words of a level's list, the commonest first; takes up to half a second."""
        return tuple(map(self.stored.entry, self.stored.listed(level)))

    def examples(self, entry: Entry, limit: int = 3) -> tuple[Example, ...]:
        """Sentences in which the word stands, the easiest first."""
        rank = self.stored.rank(entry.id)
        return self.stored.examples(rank, limit) if rank is not None else ()
