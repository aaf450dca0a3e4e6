"""Words: the list of those that somebody saved, a word's card, saving and removing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

from aiohttp import web

from adapters.web.guard import Form, text_in
from adapters.web.pages import page, render
from adapters.web.site import Site, go_to
from adapters.web.visitor import Visitor
from bot.chat import Chat
from bot.errors import BotError
from bot.learning.ports.words import SavedWord
from bot.learning.vocabulary import word_of
from bot.study.lexicon.entries import Entry, Example
from bot.study_commands import given

A_PAGE = 50  # words
LONGEST_SEARCH, LONGEST_SENTENCE = 100, 300  # characters
LONGEST_WORD = 200  # that is looked up
MOST_SENSES, MOST_EXAMPLES, MOST_OTHERS = 6, 3, 5


async def show(site: Site, visitor: Visitor, request: web.Request) -> web.StreamResponse:
    """A page of the list, perhaps only of words that were searched for."""
    search = request.query.get("q", "").strip()[:LONGEST_SEARCH]
    search = search.encode("utf-8", "replace").decode()
    number = request.query.get("page", "1")
    at = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 1
    whose = visitor.session.platform, visitor.session.user_id
    store = site.chat.store

    def page_of(at: int) -> Awaitable[Sequence[SavedWord]]:
        return store.saved_words(*whose, search=search, limit=A_PAGE, offset=(at - 1) * A_PAGE)

    at = max(at, 1)
    total, words = await asyncio.gather(store.count_words(*whose, search=search), page_of(at))
    pages = max(1, -(-total // A_PAGE))
    if at > pages:
        at = pages
        words = await page_of(at)
    text = render(
        "words.html",
        japanese=visitor.japanese,
        visitor=visitor,
        section="words",
        words=words,
        total=total,
        search=search,
        at=at,
        pages=pages,
    )
    return page(request, text)


async def remove(
    site: Site, visitor: Visitor, request: web.Request, form: Form
) -> web.StreamResponse:
    """Forget a word of the visitor's own."""
    id = text_in(form, "id")
    if id.isascii() and id.isdecimal() and len(id) < 18:
        session = visitor.session
        await site.chat.store.remove_word(session.platform, session.user_id, int(id))
    return go_to("/words")


async def card(site: Site, visitor: Visitor, request: web.Request) -> web.StreamResponse:
    """What the dictionary says of a word: a page, or only the card where a script asks."""
    text = request.query.get("q", "").encode("utf-8", "replace").decode()[:LONGEST_WORD]
    entries = await site.chat.study.ask(_entries, site.chat, text) if text.strip() else ()
    return await _card(site, visitor, request, text, entries, saved=None)


async def save(
    site: Site, visitor: Visitor, request: web.Request, form: Form
) -> web.StreamResponse:
    """Save the word of a card."""
    number = text_in(form, "entry")
    known = number.isascii() and number.isdecimal() and len(number) < 10
    found = await site.chat.study.ask(_numbered, site.chat, int(number)) if known else None
    if found is None:
        raise BotError("I do not find that word.", "その言葉が見つかりません。")
    entry = found[0]
    sentence = text_in(form, "sentence").strip()[:LONGEST_SENTENCE]
    session = visitor.session
    word = word_of(entry, sentence)
    _, new = await site.chat.store.save_word(
        session.platform, session.user_id, given.group(session.place), word
    )
    return await _card(site, visitor, request, entry.headword, (found,), saved=new)


async def _card(
    site: Site,
    visitor: Visitor,
    request: web.Request,
    text: str,
    entries: tuple[tuple[Entry, tuple[Example, ...]], ...],
    *,
    saved: bool | None,
) -> web.Response:
    part = request.headers.get("X-Part") == "card"
    html = render(
        "card.html" if part else "word.html",
        japanese=visitor.japanese,
        visitor=visitor,
        section="words",
        text=text,
        entries=entries,
        saved=saved,
        most_senses=MOST_SENSES,
    )
    return page(request, html, status=200 if entries else 404)


def _entries(chat: Chat, text: str) -> tuple[tuple[Entry, tuple[Example, ...]], ...]:
    """The entries for a text; the first has its examples."""
    dictionary = chat.study.dictionary
    found = dictionary.look_up(text, limit=MOST_OTHERS)
    return tuple(
        (entry, () if number else dictionary.examples(entry, MOST_EXAMPLES))
        for number, entry in enumerate(found)
    )


def _numbered(chat: Chat, number: int) -> tuple[Entry, tuple[Example, ...]] | None:
    entry = chat.study.dictionary.entry(number)
    return None if entry is None else (entry, chat.study.dictionary.examples(entry, MOST_EXAMPLES))
