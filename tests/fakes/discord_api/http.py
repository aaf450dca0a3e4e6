"""The REST side's frame: routes, the token, faults, Discord's errors, and a record of requests.

What a route does is in routes.py and interactions.py; handlers are plain functions of a Call.
"""

from __future__ import annotations

import json
import time
import zlib
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.discord_api.faults import Fault, Faults
from tests.fakes.discord_api.objects import Json
from tests.fakes.discord_api.world import World

PREFIX = "/api/v10"


class ApiError(Exception):
    """A refusal: HTTP status, Discord's own code, its message, and which fields are wrong."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"message": message, "code": code}
        if errors:
            self.body["errors"] = errors


def invalid(name: str, code: str, message: str) -> ApiError:
    """The refusal of one field of a body."""
    errors = {name: {"_errors": [{"code": code, "message": message}]}}
    return ApiError(400, 50035, "Invalid Form Body", errors)


@dataclass(frozen=True, slots=True)
class Call:
    """A request as handlers see it; `route` is its path with the names of the parts."""

    method: str
    path: str
    route: str
    parts: dict[str, str]
    query: dict[str, str]
    body: Any
    files: list[tuple[str, bytes]]

    def id(self, name: str) -> int:
        """A part of the path that is an id; 0, which nothing has, if it is none."""
        return int(self.parts[name]) if self.parts[name].isdigit() else 0


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was answered; `code` is Discord's error code, 0 if there is none."""

    method: str
    path: str
    body: Any
    status: int
    code: int


Handler = Callable[[Call], Any]


@dataclass(slots=True)
class Api:
    """Answers requests by its routes. `counts` has all, `requests` the newest that are kept."""

    world: World
    faults: Faults
    counts: Counter[str] = field(default_factory=Counter)
    requests: deque[Request] = field(init=False)
    routes: list[web.RouteDef] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.requests = deque(maxlen=self.world.keep)

    def add(self, method: str, route: str, handler: Handler, *, token: bool = True) -> None:
        """Answer requests of a route; without `token`, those that do not show the bot's too."""

        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._answer(request, route, handler, token)

        self.routes.append(web.route(method, PREFIX + route, answer))

    def add_unknown(self) -> None:
        """Answer every other path as Discord answers what is not there."""

        def unknown(call: Call) -> Any:
            raise ApiError(404, 0, "404: Not Found")

        self.add("*", "/{unknown:.*}", unknown, token=False)

    async def _answer(
        self, request: web.Request, route: str, handler: Handler, token: bool
    ) -> web.Response:
        method, path = request.method, request.path.removeprefix(PREFIX)
        fault = self.faults.for_request(method, path)
        body, files = await _read(request)
        call = Call(method, path, route, dict(request.match_info), dict(request.query), body, files)
        await self.faults.delay(method, path)
        headers = {} if route.startswith("/interactions") else _limits(call)
        try:
            if fault is not None and not fault.after:
                raise _FaultError(fault)
            if token and request.headers.get("Authorization") != f"Bot {self.world.token}":
                raise ApiError(401, 0, "401: Unauthorized")
            result = self.faults.spoiled(f"{method} {path}", handler(call))
            if fault is not None:
                raise _FaultError(fault)
            status = 204 if result is None else 200
        except _FaultError as error:
            status, result = error.status, error.body
            headers |= _slow_down(error.fault) if status == 429 else {}
        except ApiError as error:
            status, result = error.status, error.body
        code = result["code"] if status >= 400 else 0
        self.counts[f"{method} {route}"] += 1
        self.requests.append(Request(method, path, body, status, code))
        self.world.touch()
        if status == 0:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if result is None:
            return web.Response(status=status, headers=headers)
        # discord.py reads JSON only of exactly this type, without a charset.
        text, kind = json.dumps(result).encode(), "application/json"
        return web.Response(body=text, status=status, headers=headers, content_type=kind)


class _FaultError(ApiError):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.status, fault.code, fault.message)
        self.fault = fault
        if fault.status == 429:
            self.body |= {"retry_after": fault.retry_after, "global": fault.everywhere}


async def _read(request: web.Request) -> tuple[Any, list[tuple[str, bytes]]]:
    files: list[tuple[str, bytes]] = []
    if request.content_type != "multipart/form-data":
        text = await request.text()
        return (json.loads(text) if text else {}), files
    body: Any = {}
    form = await request.post()
    for name, value in form.items():
        if name == "payload_json" and isinstance(value, str):
            body = json.loads(value)
        elif isinstance(value, web.FileField):
            files.append((value.filename, value.file.read()))
            value.file.close()
    return body, files


def _limits(call: Call) -> dict[str, str]:
    """The headers of a bucket that is far from exhausted: without them, discord.py sends one
    request of a route after the other."""
    return {
        "X-RateLimit-Limit": "1000",
        "X-RateLimit-Remaining": "999",
        "X-RateLimit-Reset": f"{time.time() + 1:.3f}",
        "X-RateLimit-Reset-After": "1",
        "X-RateLimit-Bucket": f"{zlib.crc32(f'{call.method} {call.route}'.encode()):08x}",
    }


def _slow_down(fault: Fault) -> dict[str, str]:
    return {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset-After": str(fault.retry_after),
        "X-RateLimit-Scope": "global" if fault.everywhere else "user",
        "Retry-After": str(fault.retry_after),
        "Via": "1.1 google",  # without it discord.py thinks of Cloudflare, and gives up
        **({"X-RateLimit-Global": "true"} if fault.everywhere else {}),
    }
