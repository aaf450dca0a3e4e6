"""A question: what is asked, what counts, and how it is kept as text. Pure values."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Self


class Kind(StrEnum):
    """What is asked of a word."""

    READING = "reading"
    MEANING = "meaning"
    CLOZE = "cloze"
    KANJI = "kanji"

    @property
    def japanese(self) -> str:
        """Its Japanese name."""
        return _JAPANESE[self]


_JAPANESE = {
    Kind.READING: "読み",
    Kind.MEANING: "意味",
    Kind.CLOZE: "穴埋め",
    Kind.KANJI: "漢字",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a word of the dictionary.

    `entry`: its number in JMdict. `asked`: the word, its reading or a sentence with a blank, and
    `hint` what stands below it. `word`, `reading` and `meaning` are said at the end. `readings`,
    `glosses` and `writings`: what counts where it is typed; `choices`: what there is to choose
    from, `right` is the place of the right one; none: it is typed. `again`: it was wrong before.
    """

    kind: Kind
    entry: int
    asked: str
    hint: str
    word: str
    reading: str
    meaning: str
    readings: tuple[str, ...] = ()
    glosses: tuple[str, ...] = ()
    writings: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    right: int = 0
    again: bool = False

    @property
    def typed(self) -> bool:
        """Whether it is answered by typing."""
        return not self.choices

    @property
    def answer(self) -> str:
        """The right answer, as it is shown."""
        if self.choices:
            return self.choices[self.right]
        if self.kind is Kind.MEANING:
            return self.meaning
        return self.reading if self.kind is Kind.READING else self.word

    def once_more(self) -> Self:
        """The same, marked as asked again."""
        return replace(self, again=True)

    def stored(self) -> str:
        """The question as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> Self:
        """A question that was stored. What a later version added has its default."""
        given = json.loads(text)
        known = {name: given[name] for name in cls.__slots__ if name in given}
        listed = {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
        return cls(**{**known, **listed, "kind": Kind(given["kind"])})
