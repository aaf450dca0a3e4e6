"""Pages on which a command's answers stand: the quiz, the review, progress.

Each has buttons that give its commands; what they say appears below. Knows which commands there
are, not what they do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from adapters.web.pages import page, render
from adapters.web.site import Site
from adapters.web.visitor import Visitor
from bot.commands import BY_COMMAND
from bot.notices import Offer


@dataclass(frozen=True, slots=True)
class Section:
    """A page. `about`: a sentence in both languages; `starts`: what may be done first; `asks`:
    what the text field is for, where there is one, and the command that it gives."""

    name: str
    title: tuple[str, str]
    about: tuple[str, str]
    starts: tuple[Offer, ...]
    asks: tuple[str, str] | None = None
    command: str = ""


QUIZ = Section(
    "quiz",
    ("Quiz", "クイズ"),
    (
        "Readings, meanings and gaps, from the dictionary.",
        "読み・意味・穴うめの問題です。辞書から出題します。",
    ),
    (Offer("Start a quiz", "クイズを始める", "quiz"),),
    ("Your answer", "答え"),
)
REVIEW = Section(
    "review",
    ("Review", "復習"),
    (
        "The words that you saved, when it is time for each.",
        "保存した言葉を、ちょうどよいころに一つずつ復習します。",
    ),
    (Offer("Start the review", "復習を始める", "review"),),
)
PROGRESS = Section(
    "progress",
    ("Progress", "進み具合"),
    (
        "How your words and reviews are getting on.",
        "言葉と復習がどのくらい進んだかを見られます。",
    ),
    (Offer("Show my progress", "進み具合を見る", "progress"),),
)


def _page(section: Section) -> Callable[..., web.Response]:
    def show(
        site: Site, visitor: Visitor, request: web.Request, added: Sequence[str] = ()
    ) -> web.Response:
        there = all(offer.command.split()[0] in BY_COMMAND for offer in section.starts)
        text = render(
            "section.html",
            japanese=visitor.japanese,
            visitor=visitor,
            section=section.name,
            shown=section,
            there=there,
            added=added,
        )
        return page(request, text)

    return show


SECTIONS = {each.name: _page(each) for each in (QUIZ, REVIEW, PROGRESS)}


async def quiz(site: Site, visitor: Visitor, request: web.Request) -> web.StreamResponse:
    """The quiz's page."""
    return SECTIONS["quiz"](site, visitor, request)


async def review(site: Site, visitor: Visitor, request: web.Request) -> web.StreamResponse:
    """The review's page."""
    return SECTIONS["review"](site, visitor, request)


async def progress(site: Site, visitor: Visitor, request: web.Request) -> web.StreamResponse:
    """The page of progress."""
    return SECTIONS["progress"](site, visitor, request)
