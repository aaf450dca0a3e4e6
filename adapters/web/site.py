"""What the pages share: the chat, who is logged in, the limits, and how a request is let in.

A module of pages has functions of two kinds: `Look` shows something and changes nothing, `Change`
takes a form. Here both get their visitor, or the visitor is shown how to log in.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from adapters.web.guard import Form, Guard, check_form, read_form
from adapters.web.live import Live
from adapters.web.pages import page, render
from adapters.web.shown import Shown
from adapters.web.status import Status
from adapters.web.talk import Talk
from adapters.web.visitor import READING_COOKIE, READINGS, Visitor
from bot.chat import Chat
from bot.errors import BotError
from bot.language import LANGUAGE
from bot.limits import RateLimiter, TooFast
from bot.logins import Logins

log = logging.getLogger(__name__)

SESSION_COOKIE = "kaiwa_session"
LOGIN_TRIES = 30  # a minute, from one address
LOOKS_A_MINUTE = 600  # of one login


@dataclass(slots=True)
class Site:
    """Everything that a page may need."""

    chat: Chat
    logins: Logins
    guard: Guard
    shown: Shown
    live: Live
    talk: Talk
    status: Status
    messages: RateLimiter
    tries: RateLimiter = field(default_factory=lambda: RateLimiter(LOGIN_TRIES))
    looks: RateLimiter = field(default_factory=lambda: RateLimiter(LOOKS_A_MINUTE))

    async def visitor(self, request: web.Request) -> Visitor | None:
        """Who is logged in here."""
        secret = request.cookies.get(self.guard.cookie(SESSION_COOKIE), "")
        session = await self.logins.session(secret)
        if session is None:
            return None
        kept = await self.chat.store.member_settings(session.platform, session.user_id)
        chosen = kept.get(LANGUAGE)
        japanese = reads_japanese(request) if chosen is None else chosen == "ja"
        readings = request.cookies.get(READING_COOKIE, "all")
        return Visitor(secret, session, japanese, readings if readings in READINGS else "all")


Look = Callable[[Site, Visitor, web.Request], Awaitable[web.StreamResponse]]
Change = Callable[[Site, Visitor, web.Request, Form], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def looking(site: Site, look: Look) -> Handler:
    """A page, for whoever is logged in."""

    async def handle(request: web.Request) -> web.StreamResponse:
        visitor = await site.visitor(request)
        if visitor is None:
            return how_to_log_in(request, status=401)
        site.looks.use(visitor.secret)
        return await look(site, visitor, request)

    return handle


def changing(site: Site, change: Change) -> Handler:
    """What a form does, of whoever is logged in and was shown it."""

    async def handle(request: web.Request) -> web.StreamResponse:
        visitor = await site.visitor(request)
        if visitor is None:
            return how_to_log_in(request, status=401)
        site.messages.use(visitor.secret)
        form = await read_form(request)
        check_form(form, visitor.secret)
        return await change(site, visitor, request, form)

    return handle


def reads_japanese(request: web.Request) -> bool:
    """Whether a browser prefers Japanese to English."""
    for part in request.headers.get("Accept-Language", "").lower().split(","):
        if part.strip().startswith(("ja", "en")):
            return part.strip().startswith("ja")
    return False


def how_to_log_in(request: web.Request, *, status: int = 200) -> web.Response:
    """What whoever is not logged in is shown."""
    text = render("welcome.html", japanese=reads_japanese(request))
    return page(request, text, status=status)


def failing(handle: Handler) -> Handler:
    """The same, with a page of its own for what cannot be shown. No text of anybody's is logged."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await handle(request)
        except TooFast as error:
            return _failed(request, 429, error)
        except BotError as error:
            return _failed(request, 400, error)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            response = _failed(request, error.status, None)
            if error.keep_alive is False:
                response.force_close()
            return response
        except (ConnectionError, TimeoutError):
            raise
        except Exception:
            log.exception("a page failed")
            return _failed(request, 500, None)

    return guarded


def _failed(request: web.Request, status: int, error: BotError | None) -> web.Response:
    japanese = reads_japanese(request)
    said = None
    if error is not None:
        said = error.japanese if japanese else error.english
    return page(
        request, render("failed.html", japanese=japanese, status=status, said=said), status=status
    )


def go_to(path: str) -> web.Response:
    """The answer to a form: look at another page of ours."""
    return web.Response(status=303, headers={"Location": path})
