"""The chat's page: what was said, the form to say more, and the streams that a script reads."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from aiohttp import web

from adapters.web.guard import Form, text_in
from adapters.web.pages import page, render
from adapters.web.sections import SECTIONS, section_page
from adapters.web.shown import Said
from adapters.web.site import Site, go_to
from adapters.web.visitor import READING_COOKIE, READINGS, Visitor
from bot.messages import Role

SHOWN = 20  # messages on a page, and no more than
MOST_CHARACTERS = 2_500  # of them together, but one
PING_SECONDS = 20.0  # after which an open page is told that the bot is still there
A_YEAR = 365 * 24 * 3600


async def show(site: Site, visitor: Visitor, request: web.Request) -> web.StreamResponse:
    """The conversation, its newest messages or those before one."""
    return await chat_page(site, visitor, request, await _before(request))


async def chat_page(
    site: Site,
    visitor: Visitor,
    request: web.Request,
    before: int | None = None,
    *,
    added: tuple[str, ...] = (),
) -> web.Response:
    """The page; `added`: what was just answered, as HTML, where no script shows it."""
    said, earlier = await _history(site, visitor, before)
    text = render(
        "chat.html",
        japanese=visitor.japanese,
        visitor=visitor,
        section="chat",
        said=said,
        earlier=earlier,
        older=before is not None,
        added=added,
        lately=site.shown.lately(visitor, "chat"),
        writing=site.talk.is_writing(visitor),
        levels=[each for each in READINGS if each not in ("all", "off")],
        no_readings=site.chat.study.lacking() is not None,
    )
    return page(request, text)


async def _history(
    site: Site, visitor: Visitor, before: int | None
) -> tuple[list[Said], int | None]:
    """Messages, oldest first, and from which one on they are older ones', if there are any."""
    conversation = await site.chat.store.find(visitor.conversation)
    if conversation is None:
        return [], None
    upto = None if before is None else before - 1
    found = await site.chat.store.history(conversation, limit=SHOWN + 1, up_to=upto)
    shown: list[Any] = []
    characters = 0
    for message in reversed(found):
        characters += len(message.text)
        if shown and (characters > MOST_CHARACTERS or len(shown) == SHOWN):
            break
        shown.append(message)
    shown.reverse()
    said = [
        await site.shown.message(
            visitor,
            each,
            newest=before is None and each is shown[-1] and each.role is not Role.USER,
        )
        for each in shown
    ]
    earlier = shown[0].id if len(shown) < len(found) else None
    return said, earlier


async def _before(request: web.Request) -> int | None:
    given = request.query.get("before", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 18 else None


async def say(site: Site, visitor: Visitor, request: web.Request, form: Form) -> web.StreamResponse:
    """Something was said, or a command given: stream what comes of it to a script, or show the
    page with it."""
    text, section = text_in(form, "text"), text_in(form, "section")
    section = section if section in SECTIONS else "chat"
    events = site.talk.say(visitor, text, section)
    if request.headers.get("Accept") == "application/x-ndjson":
        return await _streamed(request, events)
    added = []
    async for event in events:
        if event["kind"] in ("notice", "wrong"):
            added.append(event["html"])
    await site.talk.settled(visitor)
    if not added and section == "chat":
        return go_to("/chat")
    if section == "chat":
        return await chat_page(site, visitor, request, added=tuple(added))
    return await section_page(site, visitor, request, section, added)


async def _streamed(request: web.Request, events: Any) -> web.StreamResponse:
    response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
    response.content_type = "application/x-ndjson"
    await response.prepare(request)
    try:
        async for event in events:
            await response.write(json.dumps(event, ensure_ascii=False).encode() + b"\n")
        await response.write_eof()
    except ConnectionError:
        pass  # the page was closed
    finally:
        await events.aclose()
    return response


async def stop(
    site: Site, visitor: Visitor, request: web.Request, form: Form
) -> web.StreamResponse:
    """Stop the reply that is being written."""
    await site.talk.stop(visitor)
    return go_to("/chat")


async def set_readings(
    site: Site, visitor: Visitor, request: web.Request, form: Form
) -> web.StreamResponse:
    """Which words have their readings above them, kept in the browser."""
    wanted = text_in(form, "readings")
    response = go_to("/chat")
    if wanted in READINGS:
        response.set_cookie(
            READING_COOKIE,
            wanted,
            max_age=A_YEAR,
            path="/",
            secure=site.guard.secure,
            samesite="Lax",
        )
    return response


async def events(site: Site, visitor: Visitor, request: web.Request) -> web.StreamResponse:
    """What is said without being asked, as server-sent events, as long as the page is open."""
    last = request.headers.get("Last-Event-ID", "")
    after = int(last) if last.isascii() and last.isdecimal() and len(last) < 18 else None
    section = request.query.get("section", "chat")
    response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
    response.content_type = "text/event-stream"
    with suppress(ConnectionError):
        async with site.live.page(visitor.person, after) as queue:
            await response.prepare(request)
            await response.write(b"retry: 3000\n\n")
            while True:
                try:
                    async with asyncio.timeout(PING_SECONDS):
                        event = await queue.get()
                except TimeoutError:
                    if await site.logins.session(visitor.secret) is None:
                        break
                    await response.write(b": still here\n\n")
                    continue
                if event is None or await site.logins.session(visitor.secret) is None:
                    break
                html = event.said
                if not isinstance(html, str):
                    html = site.shown.notice(visitor, html, section)
                data = json.dumps({"kind": event.kind, "html": html}, ensure_ascii=False)
                await response.write(f"id: {event.id}\ndata: {data}\n\n".encode())
    return response


async def file(site: Site, visitor: Visitor, request: web.Request) -> web.StreamResponse:
    """A file that came with a notice: a picture, or one to keep."""
    found = site.shown.file(visitor, request.match_info["id"])
    if found is None:
        raise web.HTTPNotFound
    if found.name.endswith(".png"):
        return web.Response(body=found.content, content_type="image/png")
    name = "".join(c for c in found.name if c.isascii() and (c.isalnum() or c in "-_."))
    return web.Response(
        body=found.content,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
