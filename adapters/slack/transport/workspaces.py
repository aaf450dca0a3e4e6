"""The workspaces in which the bot is installed: who it is there, and a client that speaks there.

One by a token of the operator's, or several by installations. Knows no event and no message.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.directory import Directory
from adapters.slack.errors import UNREACHABLE, code_of
from adapters.slack.transport.installations import Installations
from bot.errors import BotError
from bot.limits import RateLimiter

log = logging.getLogger(__name__)

API_URL = "https://slack.com/api/"
CALL_SECONDS = 30.0  # that Slack has to answer a call
RATE_LIMIT_RETRIES = 8  # of one call, each after as long as Slack says
STREAMS_A_MINUTE = 15  # in a workspace; Slack allows about 20, and as many to be ended
EDITS_A_MINUTE = 40  # of replies while they are written; Slack allows about 50 of all kinds
# What Slack says where a whole workspace, or the app in it, lacks something.
WORKSPACE_WIDE = {
    *("feature_not_enabled", "unknown_method", "not_authorized", "missing_scope"),
    *("not_allowed_token_type", "not_agent_app", "method_deprecated", "deprecated_endpoint"),
}
UNAVAILABLE_SECONDS = 3_600.0  # until something that a workspace lacks is tried anew


@dataclass(eq=False, slots=True)
class Workspace:
    """One team. `me` is the bot's user id, `bot_id` that of its messages.

    `client` waits where Slack limits its rate, `hasty` does not: for what only adorns. `lacks`
    has what Slack refused here, such as "streams", until when. `streams` and `edits` count
    what Slack allows so many of in a minute.
    """

    team: str
    name: str
    me: str
    bot_id: str
    client: AsyncWebClient
    hasty: AsyncWebClient
    directory: Directory
    lacks: dict[str, float] = field(default_factory=dict)
    streams: RateLimiter = field(default_factory=lambda: RateLimiter(STREAMS_A_MINUTE))
    edits: RateLimiter = field(default_factory=lambda: RateLimiter(EDITS_A_MINUTE))

    def has(self, what: str) -> bool:
        """Whether something may be tried here; it is unless Slack refused it lately."""
        return self.lacks.get(what, 0.0) < time.monotonic()

    def refused(self, what: str, code: str) -> None:
        """Slack does not offer something here."""
        if self.has(what):
            log.info("%s: no %s here (%s)", self.name, what, code)
        self.lacks[what] = time.monotonic() + UNAVAILABLE_SECONDS


class Workspaces:
    """Finds the workspace of an event. An asynchronous context manager: it owns connections."""

    def __init__(
        self, api_url: str | None, token: str, installations: Installations | None
    ) -> None:
        self._api_url = (api_url or API_URL).rstrip("/") + "/"
        self._token = token
        self._installations = installations
        self._session: aiohttp.ClientSession | None = None
        self._known: dict[str, Workspace] = {}
        self._finding = asyncio.Lock()
        if installations is not None:
            installations.changed = self.forget

    async def __aenter__(self) -> Workspaces:
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
        self._session = aiohttp.ClientSession(timeout=timeout, trust_env=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    def client(self, token: str | None = None, *, patient: bool = True) -> AsyncWebClient:
        """A client that says nothing twice by itself; `patient`: waits where Slack tells it to."""
        waits = AsyncRateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES)
        return AsyncWebClient(
            token=token,
            base_url=self._api_url,
            session=self._session,
            timeout=int(CALL_SECONDS),
            retry_handlers=[waits] if patient else [],
        )

    async def login(self) -> Workspace | None:
        """The one workspace of the token; None where workspaces install the app.

        Raises what slack_sdk raises.
        """
        if self._installations is not None:
            return None
        client = self.client(self._token)
        found = await client.auth_test()
        workspace = self._workspace(client, found["team_id"], found["user_id"], found["bot_id"])
        workspace.name = found.get("team") or workspace.team
        self._known[workspace.team] = workspace
        return workspace

    async def find(self, team: str) -> Workspace | None:
        """A workspace by its id; None where the bot is not installed. Raises BotError."""
        if team in self._known or self._installations is None:
            return self._known.get(team)
        async with self._finding:
            if team not in self._known:
                bot = await self._installations.async_find_bot(enterprise_id=None, team_id=team)
                if bot is None:
                    return None
                client = self.client(bot.bot_token)
                found = self._workspace(client, team, bot.bot_user_id or "", bot.bot_id)
                found.name = bot.team_name or team
                self._known[team] = found
        return self._known.get(team)

    async def all(self) -> list[Workspace]:
        """Every workspace in which the bot is installed, and of which it can read the token."""
        for team in await self.teams():
            try:
                await self.find(team)
            except BotError as error:
                log.error("%s", error.english)
        return list(self._known.values())

    async def teams(self) -> list[str]:
        """The ids of the workspaces in which the bot is installed. Raises BotError."""
        if self._installations is None:
            return list(self._known)
        return list(await self._installations.teams())

    async def removed(self, team: str, moment: float) -> None:
        """The app was removed from a workspace at a moment, in seconds since 1970.

        An installation that is newer than that stays. Raises BotError.
        """
        if self._installations is None:
            return
        async with self._finding:
            bot = await self._installations.async_find_bot(enterprise_id=None, team_id=team)
            if bot is not None and int(bot.installed_at) <= moment:  # Slack tells whole seconds
                self.forget(team)  # first: with what is known, events would still be answered
                await self._installations.async_delete_bot(enterprise_id=None, team_id=team)

    def forget(self, team: str) -> None:
        """The bot was removed from a workspace, or installed anew with another token."""
        self._known.pop(team, None)

    async def authorize(
        self, enterprise_id: str | None, team_id: str | None
    ) -> AuthorizeResult | None:
        """What Bolt asks before each event: whose token speaks for it."""
        workspace = await self.find(team_id) if team_id else None
        if workspace is None:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=workspace.team,
            bot_token=workspace.client.token,
            bot_id=workspace.bot_id,
            bot_user_id=workspace.me,
        )

    def _workspace(self, client: AsyncWebClient, team: str, me: str, bot_id: str) -> Workspace:
        hasty = self.client(client.token, patient=False)
        return Workspace(team, team, me, bot_id, client, hasty, Directory(hasty, me))


async def quietly(workspace: Workspace, what: str, method: str, **arguments: Any) -> bool:
    """Call a method that only adorns; whether it was done. What a workspace lacks is left for a
    while."""
    if not workspace.has(what):
        return False
    try:
        await workspace.hasty.api_call(method, json=arguments)
    except SlackApiError as error:
        if code_of(error) in WORKSPACE_WIDE:
            workspace.refused(what, code_of(error))
        return False
    except UNREACHABLE as error:
        log.debug("%s failed: %s", method, error)
        return False
    return True
