"""What is kept of somebody: shown, handed over, and forgotten."""

from __future__ import annotations

from aiohttp import web

from adapters.web.guard import Form, text_in
from adapters.web.login import end_session
from adapters.web.pages import page, render
from adapters.web.site import Site
from adapters.web.visitor import Visitor
from bot.commands import BY_COMMAND, run
from bot.notices import Notice
from bot.ports import Caller


async def show(site: Site, visitor: Visitor, request: web.Request) -> web.StreamResponse:
    """What there is, in numbers, and the ways to have it or have it gone."""
    (notice,) = await _told(site, visitor, "privacy", "")
    return await _page(site, visitor, request, notice)


async def set_keeping(
    site: Site, visitor: Visitor, request: web.Request, form: Form
) -> web.StreamResponse:
    """Keep nothing more of somebody, or again."""
    choice = text_in(form, "choice")
    told = await _told(site, visitor, "privacy", choice if choice in ("in", "out") else "")
    return await _page(site, visitor, request, told[-1])


async def export(
    site: Site, visitor: Visitor, request: web.Request, form: Form
) -> web.StreamResponse:
    """Hand over everything, as a file."""
    (notice,) = await _told(site, visitor, "export", "")
    assert notice.file is not None
    return web.Response(
        body=notice.file.content,
        content_type="application/json",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="kaiwa-export.json"'},
    )


async def forget(
    site: Site, visitor: Visitor, request: web.Request, form: Form
) -> web.StreamResponse:
    """Forget everything, once it was said that that is meant; what was forgotten, as a receipt."""
    if text_in(form, "sure") != "yes":
        (asked,) = await _told(site, visitor, "forget-me", "")
        return await _page(site, visitor, request, asked, unsure=True)
    told = await _told(site, visitor, "forget-me", "yes")
    response = page(request, render("forgotten.html", japanese=visitor.japanese, told=told))
    end_session(site, response)
    return response


async def _page(
    site: Site,
    visitor: Visitor,
    request: web.Request,
    notice: Notice,
    *,
    unsure: bool = False,
) -> web.Response:
    session = visitor.session
    whose = session.platform, session.user_id
    text = render(
        "stored.html",
        japanese=visitor.japanese,
        visitor=visitor,
        section="stored",
        notice=notice,
        unsure=unsure,
        words=await site.chat.store.count_words(*whose),
        opted_out=await site.chat.store.opted_out(*whose),
        settings=await site.chat.store.member_settings(*whose),
        sessions=await site.chat.store.sessions_of(*whose),
    )
    return page(request, text)


async def _told(site: Site, visitor: Visitor, command: str, argument: str) -> list[Notice]:
    return await told(site, visitor.caller, command, argument)


async def told(site: Site, caller: Caller, command: str, argument: str) -> list[Notice]:
    """What a command says. Raises BotError."""
    japanese = caller.japanese
    return [
        event.localized(japanese=japanese)
        async for event in run(BY_COMMAND[command], site.chat, caller, argument)
        if isinstance(event, Notice)
    ]
