"""An app that several workspaces install, and that is installed in the server's own."""

from __future__ import annotations

from slack_sdk.oauth.installation_store import Bot

from adapters.slack.transport.installations import Installations
from bot.ports import InstallationStore
from bot.tokens import SlackSecrets
from tests.fakes.slack_server import SlackServer


def secrets_of_many(server: SlackServer) -> SlackSecrets:
    """What the app has where each workspace has a token of its own."""
    return SlackSecrets("", server.app_token, server.signing_secret, "id", "secret", "key")


async def install(
    server: SlackServer,
    store: InstallationStore,
    moment: float = 0.0,
    *,
    expires_in: int = 0,
) -> Bot:
    """Install the app in the server's workspace, at a moment in seconds since 1970.

    expires_in: for how many seconds its token is good, with token rotation
    """
    token, refresh = server.token, None
    if expires_in:
        server.installs.expires_in = expires_in
        given = server.installs.token(server.team)
        token, refresh = given["access_token"], given["refresh_token"]
        server.installs.expires_in = 43_200
    bot = Bot(
        app_id=server.bot.app_id or "",
        team_id=server.team.id,
        team_name=server.team.name,
        bot_token=token,
        bot_id=server.bot.bot_id or "",
        bot_user_id=server.bot.id,
        bot_refresh_token=refresh,
        bot_token_expires_in=expires_in or None,
        installed_at=moment,
    )
    await Installations(store).async_save_bot(bot)
    return bot
