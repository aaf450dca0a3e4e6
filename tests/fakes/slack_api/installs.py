"""Who the app is and where: api.test, auth.*, apps.connections.open, oauth.v2.access."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fakes.slack_api import events
from tests.fakes.slack_api.api import Api, ApiError, Call
from tests.fakes.slack_api.objects import Json, Organization, Team, User
from tests.fakes.slack_api.world import World


@dataclass(slots=True)
class Installs:
    """The methods. Adds itself to the API. `socket_url` gives an address for a connection.

    expires_in: seconds that new tokens are good, with token rotation; else 0
    page: how many workspaces of an organization auth.teams.list shows at once
    """

    world: World
    api: Api
    socket_url: Callable[[], str]
    client_id: str
    client_secret: str
    socket_mode: bool = True
    expires_in: int = 0
    page: int = 100
    _codes: dict[str, User] = field(default_factory=dict)
    _refresh: dict[str, Team] = field(default_factory=dict)  # each is good once

    def __post_init__(self) -> None:
        self.api.add("api.test", lambda call: {"args": call.arguments}, "")
        self.api.add("auth.test", self._test)
        self.api.add("auth.revoke", self._revoke)
        self.api.add("auth.teams.list", self._teams)
        self.api.add("apps.connections.open", self._connect, "xapp-")
        self.api.add("oauth.v2.access", self._access, "")

    def _test(self, call: Call) -> Json:
        team = call.team
        of = {"enterprise_id": team.organization.id} if team.organization else {}
        return of | {
            "url": team.url,
            "team": team.name,
            "user": team.bot.name,
            "team_id": team.id,
            "user_id": team.bot.id,
            "bot_id": team.bot.bot_id,
            "is_enterprise_install": team.organization is not None,
        }

    def _teams(self, call: Call) -> Json:
        of = call.team.organization
        teams = [call.team] if of is None else [each for each in of.teams if each.installed]
        begin = int(call.arguments.get("cursor") or 0)
        end = begin + min(self.page, int(call.arguments.get("limit", 100)))
        return {
            "teams": [{"id": each.id, "name": each.name} for each in teams[begin:end]],
            "response_metadata": {"next_cursor": str(end) if end < len(teams) else ""},
        }

    def _revoke(self, call: Call) -> Json:
        if call.arguments.get("test"):
            return {"revoked": False}
        self.revoke(call.token)
        return {"revoked": True}

    def revoke(self, token: str) -> None:
        """Make a token invalid for good, and tell the app."""
        self.world.revoked.add(token)
        team = self.world.tokens[token]
        self.world.tell(team, events.tokens_revoked(team))

    def uninstall(self, team: Team) -> None:
        """Remove the app from a workspace: its tokens go, and it hears of both."""
        self.world.tell(team, events.tokens_revoked(team))
        self.world.tell(team, events.app_uninstalled())
        team.installed = False

    def uninstall_all(self, organization: Organization) -> None:
        """Remove the app from an organization."""
        first, *others = [each for each in organization.teams if each.installed]
        for team in others:
            team.installed = False
        self.uninstall(first)

    def _connect(self, call: Call) -> Json:
        if not self.socket_mode:
            raise ApiError("forbidden_team")
        return {"url": self.socket_url()}

    def code(self, user: User) -> str:
        """What the app is sent when someone has let it into their workspace."""
        code = self.world.id("code.")
        self._codes[code] = user
        return code

    def _access(self, call: Call) -> Json:
        if call.arguments["client_id"] != self.client_id:
            raise ApiError("invalid_client_id")
        if call.arguments["client_secret"] != self.client_secret:
            raise ApiError("bad_client_secret")
        if call.arguments.get("grant_type") == "refresh_token":
            team = self._refresh.pop(call.arguments.get("refresh_token", ""), None)
            if team is None:
                raise ApiError("invalid_refresh_token")
            return self.token(team)
        user = self._codes.pop(call.arguments.get("code", ""), None)
        if user is None:
            raise ApiError("invalid_code")
        team = user.team
        of: Organization | None = team.organization
        for each in [team] if of is None else of.teams:
            each.installed = True
        return self.token(team) | {
            "scope": self.api.scopes,
            "bot_user_id": team.bot.id,
            "app_id": self.world.app_id,
            "team": {"id": team.id, "name": team.name} if of is None else None,
            "enterprise": None if of is None else {"id": of.id, "name": of.name},
            "is_enterprise_install": of is not None,
            "authed_user": {"id": user.id},
        }

    def token(self, team: Team) -> Json:
        """A new token for a workspace or its organization, as oauth.v2.access gives it."""
        given: Json = {"access_token": self.world.renew(team), "token_type": "bot"}
        if self.expires_in:
            given["refresh_token"] = refresh = self.world.id("xoxe-")
            given["expires_in"] = self.expires_in
            self._refresh[refresh] = team
        return given
