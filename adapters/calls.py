"""What is asked of a platform's API over HTTP, counted by how it went: `ok`, `limited` (ask later),
`refused`, `broken` (the platform's fault) or `failed` (no answer)."""

from __future__ import annotations

from typing import Any

import aiohttp

from bot.meters import Tally

OK, LIMITED, REFUSED, BROKEN, FAILED = "ok", "limited", "refused", "broken", "failed"


def outcome(status: int) -> str:
    """How a call went, by its HTTP status."""
    if status == 429:
        return LIMITED
    if status < 400:
        return OK
    return REFUSED if status < 500 else BROKEN


def counted(requests: Tally, platform: str) -> aiohttp.TraceConfig:
    """Counts the requests of the session that is given it."""

    async def ended(_session: object, _context: object, end: Any) -> None:
        requests.add(platform, outcome(end.response.status))

    async def failed(_session: object, _context: object, _end: object) -> None:
        requests.add(platform, FAILED)

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(ended)
    trace.on_request_exception.append(failed)
    return trace
