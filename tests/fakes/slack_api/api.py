"""The Web API's frame: tokens, arguments, faults, limits, Slack's errors, a record of requests.

What a method does is in the modules that add theirs; handlers are plain functions of a Call.
"""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from tests.fakes.slack_api import arguments
from tests.fakes.slack_api.faults import Fault, Faults
from tests.fakes.slack_api.objects import Json, Team
from tests.fakes.slack_api.pace import Pace
from tests.fakes.slack_api.world import World

PREFIX = "/api/"


class ApiError(Exception):
    """A refusal: Slack's error, what its response_metadata says, and other fields."""

    def __init__(self, error: str, messages: list[str] | None = None, **more: object) -> None:
        super().__init__(error)
        self.body: Json = {"ok": False, "error": error, **more}
        if messages:
            self.body["response_metadata"] = {"messages": [f"[ERROR] {m}" for m in messages]}


@dataclass(frozen=True, slots=True)
class Call:
    """A request as handlers see it."""

    method: str
    arguments: Json
    team: Team
    token: str
    request: web.Request


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was answered. at: seconds of time.monotonic(), when it came."""

    method: str
    arguments: Json
    team: str
    at: float
    status: int
    error: str

    @property
    def channel(self) -> str:
        """The channel that it is about, if any."""
        return str(self.arguments.get("channel") or self.arguments.get("channel_id") or "")


@dataclass(frozen=True, slots=True)
class Complaint:
    """A request whose arguments are none that the method takes: a mistake of its sender."""

    method: str
    what: str


Handler = Callable[[Call], Json]


@dataclass(slots=True)
class Api:
    """Answers requests. `counts` has all of them, `requests` the newest that are kept."""

    world: World
    faults: Faults
    pace: Pace
    scopes: str
    keep: int | None = None
    counts: Counter[str] = field(default_factory=Counter)
    requests: deque[Request] = field(init=False)
    complaints: list[Complaint] = field(default_factory=list)
    _handlers: dict[str, tuple[Handler, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.requests = deque(maxlen=self.keep)

    def add(self, method: str, handler: Handler, token: str = "xoxb-") -> None:
        """Answer a method's requests. `token` is how the token must begin; "" asks for none."""
        self._handlers[method] = (handler, token)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        at, method = time.monotonic(), request.path.removeprefix(PREFIX)
        given, token = await arguments.read(request)
        team = self.world.team_of(token, given)
        fault = self.faults.for_request(method)
        await self.faults.delay(method)
        headers = {"x-oauth-scopes": self.scopes, "x-slack-req-id": self.world.id("req-")}
        status, body = 200, Json()
        try:
            if fault is not None and not fault.after:
                raise _FaultError(fault)
            body = {"ok": True} | self._answer(method, given, token, team, request)
            if fault is not None:
                raise _FaultError(fault)
        except _FaultError as error:
            status, body = error.fault.status, error.body
            if status == 429:
                headers["Retry-After"] = f"{error.fault.retry_after:g}"
        except ApiError as error:
            body = error.body
        known = method if method in self._handlers else "unknown"
        self.counts[known] += 1
        shown = {name: value for name, value in given.items() if name != "token"}
        answer = Request(
            method, shown, team.id if team else "", at, status, str(body.get("error", ""))
        )
        self.requests.append(answer)
        self.world.touch()
        if status == 0:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if status >= 500:
            return web.Response(status=status, headers=headers, text="<html>error</html>")
        return web.json_response(body, status=status, headers=headers)

    def _answer(
        self, method: str, given: Json, token: str, team: Team | None, request: web.Request
    ) -> Json:
        if method not in self._handlers:
            raise ApiError("unknown_method", req_method=method)
        handler, begin = self._handlers[method]
        if begin:
            self._check_token(token, team, begin)
        decoded = arguments.decoded(method, given)
        if what := arguments.complaint(method, decoded):
            self.complaints.append(Complaint(method, what))
            raise ApiError(
                _WRONG.get(what.split("/")[0].split(":")[0], "invalid_arguments"), [what]
            )
        given.clear()
        given.update(decoded)
        # Where no token is asked for, there need be no workspace.
        where = team or next(iter(self.world.teams.values()))
        if where.organization and method == "users.conversations" and "team_id" not in decoded:
            raise ApiError("missing_argument")
        channel = str(decoded.get("channel", ""))
        if (early := self.pace.wait(method, where.id, channel)) > 0:
            raise _FaultError(Fault(429, retry_after=math.ceil(early)))
        return handler(Call(method, decoded, where, token, request))

    def _check_token(self, token: str, team: Team | None, begin: str) -> None:
        if not token:
            raise ApiError("not_authed")
        if token in self.world.revoked:
            raise ApiError("token_revoked")
        if token in self.world.expired:
            raise ApiError("token_expired")
        if begin == "xapp-":
            if token != self.world.app_token:
                raise ApiError("not_allowed_token_type" if team else "invalid_auth")
        elif token == self.world.app_token:
            raise ApiError("not_allowed_token_type")
        elif team is None:
            raise ApiError("invalid_auth")
        elif not team.installed:
            others = team.organization.teams if team.organization else []
            gone = not any(each.installed for each in others)
            raise ApiError("account_inactive" if gone else "team_access_not_granted")


_WRONG = {"blocks": "invalid_blocks", "chunks": "invalid_chunks"}


class _FaultError(ApiError):
    def __init__(self, fault: Fault) -> None:
        super().__init__("ratelimited" if fault.status == 429 else fault.error or "injected_fault")
        self.fault = fault
