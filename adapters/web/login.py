"""Logging in and out.

A link is good once, and looking at it is no use of it: what follows links to show a preview in a
chat sees a button. Who presses it has the session.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from aiohttp import web

from adapters.web.guard import Form, check_form, read_form
from adapters.web.pages import page, render
from adapters.web.site import SESSION_COOKIE, Site, go_to, how_to_log_in, reads_japanese
from adapters.web.visitor import Visitor, masked

VISIT_COOKIE = "kaiwa_visit"  # of who looks at a link; the button's form belongs to it
VISIT_SECONDS = 900


async def welcome(site: Site, request: web.Request) -> web.StreamResponse:
    """The first page: the chat, or how to log in."""
    visitor = await site.visitor(request)
    return how_to_log_in(request) if visitor is None else go_to("/chat")


async def show_link(site: Site, request: web.Request) -> web.StreamResponse:
    """A link was opened, by whom- or whatever: a button."""
    site.tries.use(request.remote)
    japanese = reads_japanese(request)
    if not await site.logins.is_link(request.match_info["secret"]):
        return _no_link(request)
    visit = request.cookies.get(site.guard.cookie(VISIT_COOKIE), "")
    if not visit or not visit.isascii():  # ours are
        visit = secrets.token_urlsafe(16)
    response = page(
        request,
        render(
            "login.html",
            japanese=japanese,
            token=masked(visit),
            secret=request.match_info["secret"],
        ),
    )
    _set(site, response, VISIT_COOKIE, visit, VISIT_SECONDS)
    return response


async def use_link(site: Site, request: web.Request) -> web.StreamResponse:
    """The button was pressed: log in."""
    site.tries.use(request.remote)
    form = await read_form(request)
    check_form(form, request.cookies.get(site.guard.cookie(VISIT_COOKIE), ""))
    before = request.cookies.get(site.guard.cookie(SESSION_COOKIE), "")
    taken = await site.logins.log_in(request.match_info["secret"], before)
    if taken is None:
        return _no_link(request)
    secret, session = taken
    response = go_to("/chat")
    lasting = int((session.expires_at - datetime.now(UTC)).total_seconds())
    _set(site, response, SESSION_COOKIE, secret, lasting)
    _drop(site, response, VISIT_COOKIE)
    return response


async def log_out(
    site: Site, visitor: Visitor, request: web.Request, form: Form
) -> web.StreamResponse:
    """End the session."""
    await site.logins.log_out(visitor.secret)
    response = go_to("/")
    end_session(site, response)
    return response


def end_session(site: Site, response: web.StreamResponse) -> None:
    """Have the browser forget its session, and what it keeps beside."""
    _drop(site, response, SESSION_COOKIE)
    response.headers["Clear-Site-Data"] = '"cache"'


def _no_link(request: web.Request) -> web.Response:
    text = render("welcome.html", japanese=reads_japanese(request), expired=True)
    return page(request, text, status=410)


def _set(site: Site, response: web.StreamResponse, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        site.guard.cookie(name),
        value,
        max_age=seconds,
        path="/",
        secure=site.guard.secure,
        httponly=True,
        samesite="Lax",
    )


def _drop(site: Site, response: web.StreamResponse, name: str) -> None:
    response.del_cookie(
        site.guard.cookie(name),
        path="/",
        secure=site.guard.secure,
        httponly=True,
        samesite="Lax",
    )
