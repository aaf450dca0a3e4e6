"""What every request must be, and every answer has: hosts, origins, forms, limits, headers.

Knows who a visitor is; not what any page shows. Nothing of a request is logged.
"""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import urlsplit

from aiohttp import web
from multidict import MultiDictProxy

from adapters.web.visitor import proves

log = logging.getLogger(__name__)

LARGEST = 64 * 1024  # bytes of a body; the longest text that is taken is far below
READ_SECONDS = 10.0  # that a body may take
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

Form = MultiDictProxy[str | bytes | bytearray | web.FileField]


class Guard:
    """Decides upon requests. `url`: the page's public address."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def secure(self) -> bool:
        """Whether browsers see the page by https."""
        return self.url.startswith("https://")

    def cookie(self, name: str) -> str:
        """A cookie's name: by https, one that no other host can set."""
        return f"__Host-{name}" if self.secure else name

    def hosts(self) -> set[str]:
        """The Host headers that are this page's: what a name of somebody else's points to here
        (DNS rebinding) has another. A page on loopback has loopback's names."""
        parts = urlsplit(self.url)
        host = parts.netloc.lower()
        name = host.removesuffix(f":{parts.port}")
        if parts.port is None or name not in _LOOPBACK:
            return {host}
        return {f"{each}:{parts.port}" for each in _LOOPBACK}

    def check_host(self, request: web.Request) -> None:
        """Raise where a request is for another host."""
        if request.headers.getall("Host", [""])[0].lower() not in self.hosts():
            raise web.HTTPMisdirectedRequest(text="Another host.")

    def check_origin(self, request: web.Request) -> None:
        """Raise where a form was sent from another page than one of ours.

        Browsers say `null` of ours, since they may not tell where anybody comes from; then it
        is for Sec-Fetch-Site, and the form's own token, to say so.
        """
        origin = request.headers.get("Origin", "null")
        own = f"{urlsplit(self.url).scheme}://{request.headers.get('Host', '')}"
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        if origin.lower() not in ("null", own.lower()) or site != "same-origin":
            raise web.HTTPForbidden(text="Another origin.")


async def read_form(request: web.Request) -> Form:
    """A form's fields. Raises where it is no form, too large, or too slow."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    if (request.content_length or 0) > LARGEST:
        raise _final(web.HTTPRequestEntityTooLarge(LARGEST))
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await request.post()
    except web.HTTPRequestEntityTooLarge:
        raise _final(web.HTTPRequestEntityTooLarge(LARGEST)) from None
    except TimeoutError:
        raise _final(web.HTTPRequestTimeout()) from None
    except (ValueError, LookupError, web.PayloadAccessError):  # no text in any encoding
        raise _final(web.HTTPBadRequest()) from None


def check_form(form: Form, secret: str) -> None:
    """Raise where a form does not come from a page that whoever has this secret was shown."""
    if not secret or not proves(secret, text_in(form, "csrf")):
        raise web.HTTPForbidden(text="The form has expired.")


def text_in(form: Form, name: str) -> str:
    """A field of a form, or nothing. Half of a pair of UTF-16 is no text."""
    value = form.get(name, "")
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Put what every answer has before it is sent."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.popall("Server", None)


def _final(refusal: web.HTTPException) -> web.HTTPException:
    """What comes of the body is not waited for."""
    refusal.force_close()
    return refusal
