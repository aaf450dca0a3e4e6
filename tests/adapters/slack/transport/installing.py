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


async def install(server: SlackServer, store: InstallationStore, moment: float = 0.0) -> None:
    """Install the app in the server's workspace, at a moment in seconds since 1970."""
    await Installations(store).async_save_bot(
        Bot(
            app_id=server.bot.app_id or "",
            team_id=server.team.id,
            team_name=server.team.name,
            bot_token=server.token,
            bot_id=server.bot.bot_id or "",
            bot_user_id=server.bot.id,
            installed_at=moment,
        )
    )
