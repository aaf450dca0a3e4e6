"""Who the app is and where: api.test, auth.*, apps.connections.open, oauth.v2.access."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fakes.slack_api import events
from tests.fakes.slack_api.api import Api, ApiError, Call
from tests.fakes.slack_api.objects import Json, Team, User
from tests.fakes.slack_api.world import World


@dataclass(slots=True)
class Installs:
    """The methods. Adds itself to the API. `socket_url` gives an address for a connection."""

    world: World
    api: Api
    socket_url: Callable[[], str]
    client_id: str
    client_secret: str
    socket_mode: bool = True
    _codes: dict[str, User] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.api.add("api.test", lambda call: {"args": call.arguments}, "")
        self.api.add("auth.test", self._test)
        self.api.add("auth.revoke", self._revoke)
        self.api.add("apps.connections.open", self._connect, "xapp-")
        self.api.add("oauth.v2.access", self._access, "")

    def _test(self, call: Call) -> Json:
        team = call.team
        return {
            "url": team.url,
            "team": team.name,
            "user": team.bot.name,
            "team_id": team.id,
            "user_id": team.bot.id,
            "bot_id": team.bot.bot_id,
            "is_enterprise_install": False,
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
        user = self._codes.pop(call.arguments.get("code", ""), None)
        if user is None:
            raise ApiError("invalid_code")
        team = user.team
        team.installed = True
        return {
            "access_token": self.world.renew(team),
            "token_type": "bot",
            "scope": self.api.scopes,
            "bot_user_id": team.bot.id,
            "app_id": self.world.app_id,
            "team": {"id": team.id, "name": team.name},
            "enterprise": None,
            "is_enterprise_install": False,
            "authed_user": {"id": user.id},
        }
