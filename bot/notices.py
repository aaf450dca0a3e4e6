"""What the bot says of itself, in both languages; never part of a conversation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """A file that belongs to a notice: text, to be handed over as UTF-8."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A finished sentence or two in each language.

    `detail` is a list that needs no translation, shown once below.
    """

    english: str
    japanese: str
    detail: str = ""
    file: File | None = None

    def both(self) -> str:
        """Both languages, for a place whose language is not known."""
        return f"{self.japanese}\n{self.english}\n{self.detail}".rstrip()
