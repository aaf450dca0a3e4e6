"""Pages on which a command's answers stand: the quiz, the review, progress.

Each has buttons that give its commands; what they say appears below. Knows which commands there
are, not what they do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from adapters.web.pages import page, render
from adapters.web.site import Site
from adapters.web.visitor import Visitor
from bot.commands import BY_COMMAND
from bot.notices import Offer


@dataclass(frozen=True, slots=True)
class Section:
    """A page. `about`: a sentence in both languages; `opens`: the command that is given when it is
    opened, if there is one, which changes nothing; `slow`: by the script, as it takes its time;
    `starts`: what may be done first; `asks`: what the text field is for, where there is one."""

    name: str
    opens: str
    title: tuple[str, str]
    about: tuple[str, str]
    starts: tuple[Offer, ...]
    asks: tuple[str, str] | None = None
    slow: bool = False


QUIZ = Section(
    "quiz",
    "",
    ("Quiz", "クイズ"),
    (
        "Readings, meanings and gaps, from the dictionary.",
        "読み・意味・穴埋めの問題です。辞書から出題します。",
    ),
    (
        Offer("Start a quiz", "クイズを始める", "quiz"),
        Offer("My words", "保存した言葉", "quiz saved"),
        Offer("My mistakes", "まちがえた問題", "quiz mistakes"),
        Offer("Scores", "成績", "quiz scores"),
        Offer("Stop", "終わりにする", "quiz stop"),
    ),
    ("Your answer", "答え"),
)
REVIEW = Section(
    "review",
    "review",
    ("Review", "復習"),
    (
        "The words that you saved, when it is time for each.",
        "保存した言葉を、ちょうどよいころに一つずつ復習します。",
    ),
    (
        Offer("The next card", "次のカード", "review"),
        Offer("What waits", "予定", "review due"),
        Offer("Hard words", "苦手な言葉", "review hard"),
        Offer("Undo", "取り消す", "review undo"),
    ),
)
PROGRESS = Section(
    "progress",
    "progress",
    ("Progress", "進み具合"),
    (
        "How your words and reviews are getting on.",
        "言葉と復習がどのくらい進んだかを見られます。",
    ),
    (Offer("Show my progress", "進み具合を見る", "progress"),),
    slow=True,
)


SECTIONS = {each.name: each for each in (QUIZ, REVIEW, PROGRESS)}


async def section_page(
    site: Site,
    visitor: Visitor,
    request: web.Request,
    name: str,
    added: Sequence[str] | None = None,
) -> web.Response:
    """A section's page; `added`: what was just answered, as HTML, where no script shows it."""
    section = SECTIONS[name]
    starts = [each for each in section.starts if each.command.split()[0] in BY_COMMAND]
    opens = section.opens if added is None and section.opens in BY_COMMAND else ""
    if opens and not section.slow:
        events = site.talk.say(visitor, f"/{opens}", name)
        added = [event["html"] async for event in events if "html" in event]
    text = render(
        "section.html",
        japanese=visitor.japanese,
        visitor=visitor,
        section=name,
        shown=section,
        later=opens if section.slow else "",
        starts=starts,
        added=added or (),
        lately=site.shown.lately(visitor, name),
    )
    return page(request, text)


async def quiz(site: Site, visitor: Visitor, request: web.Request) -> web.StreamResponse:
    """The quiz's page."""
    return await section_page(site, visitor, request, QUIZ.name)


async def review(site: Site, visitor: Visitor, request: web.Request) -> web.StreamResponse:
    """The review's page, with the card that is next."""
    return await section_page(site, visitor, request, REVIEW.name)


async def progress(site: Site, visitor: Visitor, request: web.Request) -> web.StreamResponse:
    """The page of progress."""
    return await section_page(site, visitor, request, PROGRESS.name)
