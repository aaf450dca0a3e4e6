"""Pages: templates, filled; and the few files beside them.

Knows the two languages and what each page is given; not where that comes from.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from adapters.web.visitor import Visitor
from bot.notices import Span, Style
from bot.study.kana import has_japanese

STATIC = {"kaiwa.css": "text/css", "kaiwa.js": "text/javascript", "icon.svg": "image/svg+xml"}
SMALL = 1_000  # bytes that are not worth compressing
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Static:
    """A file beside the pages. `version`: its contents, in short, for its address."""

    content: bytes
    compressed: bytes
    content_type: str
    version: str


@cache
def static(name: str) -> Static:
    """One of STATIC."""
    content = files("adapters.web").joinpath("static", name).read_bytes()
    version = hashlib.sha256(content).hexdigest()[:12]
    return Static(content, gzip.compress(content, mtime=0), STATIC[name], version)


async def serve_static(request: web.Request) -> web.Response:
    """Answer with a file; its address changes with its contents."""
    name = request.match_info["name"]
    if name not in STATIC:
        raise web.HTTPNotFound
    file = static(name)
    headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
    body = file.content
    if takes_gzip(request):
        headers["Content-Encoding"] = "gzip"
        body = file.compressed
    return web.Response(body=body, content_type=file.content_type, charset="utf-8", headers=headers)


def takes_gzip(request: web.Request) -> bool:
    """Whether whoever asks can unpack."""
    return "gzip" in request.headers.get("Accept-Encoding", "").lower()


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("adapters.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["static"] = lambda name: f"/static/{name}?v={static(name).version}"
    made.globals["Style"] = Style
    made.tests["japanese"] = has_japanese
    made.filters["localized"] = _localized
    return made


def _localized(detail: str | tuple[Span, ...], japanese: bool) -> tuple[Span, ...]:
    """A notice's detail in one language, as pieces."""
    if isinstance(detail, str):
        return (Span(detail),) if detail else ()
    return tuple(span.localized(japanese=japanese) for span in detail)


def translator(japanese: bool) -> Callable[[str, str], str]:
    """Takes a sentence in both languages, and gives the one that is read."""
    return lambda english, in_japanese: in_japanese if japanese else english


def render(name: str, *, japanese: bool, visitor: Visitor | None = None, **given: Any) -> str:
    """A template, filled. `csrf`: a fresh token for its forms."""
    context: Mapping[str, Any] = {
        "t": translator(japanese),
        "japanese": japanese,
        "visitor": visitor,
        "csrf": visitor.csrf() if visitor is not None else "",
        **given,
    }
    return _environment().get_template(name).render(context)


def page(request: web.Request, text: str, *, status: int = 200) -> web.Response:
    """A page as an answer, compressed where that pays."""
    response = web.Response(text=text, content_type="text/html", status=status)
    response.headers["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
    if len(text) > SMALL and takes_gzip(request):
        response.enable_compression(web.ContentCoding.gzip)
    return response
