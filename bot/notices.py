"""What the bot says of itself, in both languages; never part of a conversation.

A notice knows what it says and what one can do next, not how a platform shows either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto


class Style(Enum):
    """What is particular about a piece of text; each platform has its own way to show it."""

    BOLD = auto()
    ADDED = auto()  # in a text that was changed
    REMOVED = auto()
    HIDDEN = auto()  # until the reader asks for it


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text. No character of it means anything to a platform."""

    text: str
    style: Style | None = None
    japanese: str | None = None  # the same in Japanese, where `text` is English

    def localized(self, *, japanese: bool | None) -> Span:
        """The piece as it reads in one language; None: in both."""
        if self.japanese is None:
            return self
        both = f"{self.japanese} / {self.text}"
        text = both if japanese is None else self.japanese if japanese else self.text
        return Span(text, self.style)


def either(english: str, japanese: str, style: Style | None = None) -> Span:
    """A piece that is not the same in both languages."""
    return Span(english, style, japanese)


def spans(*pieces: str | Span) -> tuple[Span, ...]:
    """Pieces of text, as spans."""
    return tuple(Span(piece) if isinstance(piece, str) else piece for piece in pieces)


def bold(text: str) -> Span:
    """What is to be found at a glance."""
    return Span(text, Style.BOLD)


def lines(of: Iterable[tuple[Span, ...]]) -> tuple[Span, ...]:
    """Texts below each other."""
    found: list[Span] = []
    for line in of:
        found += [Span("\n"), *line] if found else line
    return tuple(found)


@dataclass(frozen=True, slots=True)
class File:
    """A file that belongs to a notice."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Offer:
    """A command that the reader may want next, as a button.

    `command` is typed without its slash; `text` follows it. Where a platform has no room for
    `text` it may know where that stands instead. `asks`: what is to be put at the end is asked
    for. Both labels are short.
    """

    english: str
    japanese: str
    command: str
    text: str = ""
    asks: bool = False

    def localized(self, *, japanese: bool) -> Offer:
        """The offer with its label in one language."""
        label = self.japanese if japanese else self.english
        return replace(self, english=label, japanese=label)

    @property
    def typed(self) -> str:
        """The whole command, as it is typed."""
        return f"/{self.command} {self.text}".rstrip()


@dataclass(frozen=True, slots=True)
class Notice:
    """A finished sentence or two in each language.

    `detail` is a list or a text that needs no translation, shown once below; as a string it is
    as plain as the sentences. `offers`: what one may want next. `secret`: it is not said at all
    where it cannot be said to one person alone.
    """

    english: str
    japanese: str
    detail: str | tuple[Span, ...] = ""
    file: File | None = None
    offers: tuple[Offer, ...] = ()
    secret: bool = False

    def localized(self, *, japanese: bool | None) -> Notice:
        """The notice as it reads in one language, whoever shows it; None: in both."""
        detail = self.detail
        if not isinstance(detail, str):
            detail = tuple(span.localized(japanese=japanese) for span in detail)
        if japanese is None:
            return replace(self, detail=detail)
        text = self.japanese if japanese else self.english
        offers = tuple(offer.localized(japanese=japanese) for offer in self.offers)
        return replace(self, english=text, japanese=text, detail=detail, offers=offers)

    def both(self, show: Callable[[Span], str] = lambda span: span.text) -> str:
        """Both languages, for a place whose language is not known. `show`: how spans are shown."""
        detail = self.localized(japanese=None).detail
        shown = detail if isinstance(detail, str) else "".join(map(show, detail))
        return f"{self.sentences}\n{shown}".strip()

    @property
    def sentences(self) -> str:
        """What it says before its detail, in both languages or the one that it is in."""
        same = self.japanese == self.english
        return self.english if same else f"{self.japanese}\n{self.english}"

    def in_one(
        self, *, japanese: bool, show: Callable[[Span], str] = lambda span: span.text
    ) -> str:
        """One language."""
        return self.localized(japanese=japanese).both(show)
