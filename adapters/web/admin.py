"""For administrators: settings of the channel that they came from, and what the bot is doing."""

from __future__ import annotations

from aiohttp import web

from adapters.web.guard import Form, text_in
from adapters.web.pages import page, render
from adapters.web.site import Site
from adapters.web.stored import told
from adapters.web.visitor import Visitor
from bot import level
from bot.decoding import OPTIONS
from bot.errors import BotError
from bot.level import level_in
from bot.persona import LONGEST, PERSONA
from bot.policy import Mode

_OPTIONS = {option.name for option in OPTIONS}


async def show(site: Site, visitor: Visitor, request: web.Request) -> web.StreamResponse:
    """The settings, and what the bot is doing."""
    _check(visitor)
    return await _page(site, visitor, request)


async def change(
    site: Site, visitor: Visitor, request: web.Request, form: Form
) -> web.StreamResponse:
    """Change one of the channel's settings, as its command does."""
    _check(visitor)
    name, value = text_in(form, "setting"), text_in(form, "value").strip()
    caller = visitor.caller_at_home
    said: str
    try:
        if name in ("mode", "level", "persona"):
            notices = await told(site, caller, name, value or "default")
        elif name in _OPTIONS:
            notices = await told(site, caller, "settings", f"{name} {value or 'default'}")
        else:
            raise web.HTTPBadRequest
        said = notices[-1].japanese if visitor.japanese else notices[-1].english
        if name in _OPTIONS:
            said = "保存しました。" if visitor.japanese else "Saved."
        wrong = False
    except BotError as error:
        said, wrong = (error.japanese if visitor.japanese else error.english), True
    return await _page(site, visitor, request, said, wrong=wrong)


async def _page(
    site: Site, visitor: Visitor, request: web.Request, said: str = "", *, wrong: bool = False
) -> web.Response:
    home = visitor.session.place
    store, study = site.chat.store, site.chat.study
    stored = await store.settings(home)
    running, waiting = site.status.busy()
    sources = []
    if study.lacking() is None:
        sources = list(await study.ask(lambda: study.dictionary.sources()))
    current = await site.chat.sampling_for(home)
    text = render(
        "admin.html",
        japanese=visitor.japanese,
        visitor=visitor,
        section="admin",
        home=home,
        said=said,
        wrong=wrong,
        modes=list(Mode),
        mode=await site.chat.mode_of(home),
        levels=level.LEVELS,
        level=level_in(stored),
        persona=stored.get(PERSONA, ""),
        longest=LONGEST,
        options=[
            (option, getattr(current, option.name), option.name in stored) for option in OPTIONS
        ],
        status=site.status,
        platforms=[
            (shown, site.chat.announcements.connected(name))
            for shown, name in site.status.platforms
        ],
        running=running,
        waiting=waiting,
        sources=sources,
    )
    return page(request, text)


def _check(visitor: Visitor) -> None:
    if not visitor.session.administrator:
        raise web.HTTPForbidden
