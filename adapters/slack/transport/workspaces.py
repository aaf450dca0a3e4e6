"""The workspaces in which the bot is installed: who it is there, and a client that speaks there.

One by a token of the operator's, or several by installations. Knows no event and no message.

Longer than most files: finding a workspace, renewing its token and forgetting it go over the same
few fields, and their order is what keeps a removed app from answering.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.web.async_client import AsyncWebClient

from adapters.platform_time import PlatformTime
from adapters.slack.calls import CountedClient
from adapters.slack.directory import Directory
from adapters.slack.errors import NO_TOKEN, REFUSED, UNREACHABLE, code_of
from adapters.slack.transport.installations import Installations
from adapters.slack.transport.organizations import (
    ForAnOrganization,
    Organizations,
    is_organization,
)
from adapters.slack.transport.rotation import Rotation
from bot.errors import BotError
from bot.limits import RateLimiter
from bot.meters import Tally
from bot.tokens import SlackSecrets

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
_EXPIRING = "xoxe."  # so begins a token of an app with token rotation

Trouble = Callable[[str, BotError], None]  # is told of what fails in a workspace or organization


@dataclass(eq=False, slots=True)
class Workspace:
    """One team. `me` is the bot's user id, `bot_id` that of its messages.

    `client` waits where Slack limits its rate, `hasty` does not: for what only adorns. `lacks`
    has what Slack refused here, such as "streams", until when. `streams` and `edits` count
    what Slack allows so many of in a minute, `time` says what time it is there. `installation` is
    whose token it is, the team's own or its organization's, `expires_at` in seconds since 1970
    until when it is good.
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
    installation: str = ""
    expires_at: float = float("inf")
    time: PlatformTime = field(default_factory=lambda: PlatformTime("Slack"))

    def has(self, what: str) -> bool:
        """Whether something may be tried here; it is unless Slack refused it lately."""
        return self.lacks.get(what, 0.0) < time.monotonic()

    def refused(self, what: str, code: str) -> None:
        """Slack does not offer something here."""
        if self.has(what):
            log.info("%s: no %s here (%s)", self.name, what, code)
        self.lacks[what] = time.monotonic() + UNAVAILABLE_SECONDS


class Expiring(BotError):
    """The token in the environment would be good for some hours only."""

    def __init__(self) -> None:
        super().__init__(
            "KAIWA_SLACK_BOT_TOKEN expires after 12 hours, since token rotation is switched on for "
            'the app. Install it as "Several workspaces" in docs/slack.md says, by which its '
            "tokens are renewed, or make an app without token rotation.",
            "アプリのトークンローテーションがオンなので、KAIWA_SLACK_BOT_TOKEN は12時間で"
            "切れます。docs/slack.md の「Several workspaces」のとおりにインストールすると"
            "自動で更新されます。または、トークンローテーションなしのアプリを作ってください。",
        )


class Workspaces:
    """Finds the workspace of an event. An asynchronous context manager: it owns connections."""

    def __init__(
        self,
        api_url: str | None,
        secrets: SlackSecrets,
        installations: Installations | None,
        requests: Tally | None = None,
        time: PlatformTime | None = None,
    ) -> None:
        self._requests = requests or Tally()
        self._time = time or PlatformTime("Slack")
        self._api_url = (api_url or API_URL).rstrip("/") + "/"
        self._token = secrets.bot_token
        self._installations = installations
        self._session: aiohttp.ClientSession | None = None
        self._known: dict[str, Workspace] = {}
        self._changes = 0  # of installations
        self._rotation: Rotation | None = None
        self._organizations = Organizations(self.client)
        if installations is not None:
            installations.changed = self._changed
            self._rotation = Rotation(
                installations, self.client, secrets.client_id, secrets.client_secret, self._renewed
            )

    async def __aenter__(self) -> Workspaces:
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
        self._session = aiohttp.ClientSession(
            timeout=timeout,
            trust_env=True,
            trace_configs=[self._time.heard_by(aiohttp.TraceConfig())],
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    def client(
        self, token: str | None = None, *, patient: bool = True, team: str | None = None
    ) -> AsyncWebClient:
        """A client that says nothing twice by itself; `patient`: waits where Slack tells it to.

        `team`: in which workspace an organization's token is to speak.
        """
        waits = AsyncRateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES)
        return CountedClient(
            self._requests,
            token=token,
            base_url=self._api_url,
            session=self._session,
            timeout=int(CALL_SECONDS),
            retry_handlers=[waits] if patient else [],
            team_id=team,
        )

    async def renew(self) -> None:
        """Renew the workspaces' tokens before they expire, for ever."""
        if self._rotation is None:
            await asyncio.Event().wait()
        else:
            await self._rotation.keep()

    async def login(self) -> Workspace | None:
        """The one workspace of the token; None where workspaces install the app.

        Raises what slack_sdk raises.
        """
        if self._installations is not None:
            return None
        if self._token.startswith(_EXPIRING):
            raise Expiring
        client = self.client(self._token)
        found = await client.auth_test()
        if found.get("is_enterprise_install"):
            raise ForAnOrganization
        workspace = self._workspace(client, found["team_id"], found["user_id"], found["bot_id"])
        workspace.name = found.get("team") or workspace.team
        self._known[workspace.team] = workspace
        return workspace

    async def find(self, team: str) -> Workspace | None:
        """A workspace by its id; None where the bot is not installed. Raises BotError."""
        known = self._known.get(team)
        if self._rotation is None or (known is not None and known.expires_at > time.time()):
            return known
        self._known.pop(team, None)
        changes = -1
        while changes != self._changes:  # else the app was removed while its token was read
            changes = self._changes
            where, bot = await self._organizations.installation(team, self._rotation.bot)
        if bot is not None and team not in self._known:
            many = where if where != team else None
            client = self.client(bot.bot_token, team=team if many else None)
            found = self._workspace(client, team, bot.bot_user_id or "", bot.bot_id)
            found.name = bot.team_name or bot.enterprise_name or team
            found.installation = where
            found.expires_at = float(bot.bot_token_expires_at or "inf")
            self._known[team] = found
        return self._known.get(team)

    async def all(self) -> list[Workspace]:
        """Every workspace in which the bot is installed, and of which it can read the token."""
        for team in await self.teams(_tell):
            try:
                await self.find(team)
            except BotError as error:
                _tell(team, error)
        return list(self._known.values())

    async def teams(self, trouble: Trouble) -> list[str]:
        """The ids of the workspaces in which the bot is installed; `trouble` is told of each
        organization whose are not known now. Raises BotError."""
        if self._installations is None:
            return list(self._known)
        found: dict[str, None] = {}
        for where in await self._installations.teams():
            if is_organization(where):
                assert self._rotation is not None
                try:
                    teams = await self._organizations.teams(where, self._rotation.bot)
                except BotError as error:
                    trouble(where, error)
                else:
                    found |= dict.fromkeys(teams)
            else:
                found[where] = None
        return list(found)

    async def removed(self, team: str, moment: float) -> None:
        """The app was removed from a workspace at a moment, in seconds since 1970.

        An installation that is newer than that stays, and so does that of an organization of which
        only one workspace removed it. Raises BotError.
        """
        if self._installations is None:
            return
        where, bot = await self._organizations.installation(team, self._installations.bot)
        if bot is None or int(bot.installed_at) > moment:  # Slack tells whole seconds
            return
        if is_organization(where) and await self._is_good(bot.bot_token):
            self.forget(team)
            return
        self.forget(where)  # first: with what is known, events would still be answered
        await self._installations.remove(where)

    async def _is_good(self, token: str) -> bool:
        """Whether Slack takes a token, as far as it can be asked."""
        try:
            await self.client(token).auth_test()
        except SlackApiError as error:
            return code_of(error) not in NO_TOKEN
        except UNREACHABLE:
            pass
        return True

    def forget(self, where: str) -> None:
        """The bot was removed from a workspace or an organization, or installed anew there."""
        self._changes += 1
        for known in list(self._known.values()):
            if where in (known.team, known.installation):
                del self._known[known.team]

    def _changed(self, where: str) -> None:
        """An installation came, changed or went."""
        assert self._rotation is not None
        self._rotation.forget(where)
        self.forget(where)

    def _renewed(self, where: str, bot: Bot) -> None:
        """Whoever speaks there speaks with the new token from now on, replies under way too."""
        for known in self._known.values():
            if known.installation == where:
                known.client.token = known.hasty.token = bot.bot_token
                known.expires_at = float(bot.bot_token_expires_at or "inf")

    async def authorize(
        self, enterprise_id: str | None, team_id: str | None
    ) -> AuthorizeResult | None:
        """What Bolt asks before each event: whose token speaks for it."""
        if enterprise_id and team_id and self._installations is not None:
            self._organizations.note(team_id, enterprise_id)
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
        of = client.default_params.get("team_id")
        hasty = self.client(client.token, patient=False, team=of)
        return Workspace(
            team, team, me, bot_id, client, hasty, Directory(hasty, me), time=self._time
        )


def _tell(_where: str, error: BotError) -> None:
    log.error("%s", error.english)


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
    except (*REFUSED, *UNREACHABLE) as error:
        log.debug("%s failed: %s", method, error)
        return False
    return True
