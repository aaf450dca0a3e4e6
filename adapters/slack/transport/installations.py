"""Where the app is installed: Bolt's store of bot tokens, over a store of secrets.

One secret for each workspace, or for a whole organization: what the bot needs to speak there, as
JSON. No token of a person is kept, nor who installed the app. It does not know how secrets are
kept (bot.ports.InstallationStore), nor how an installation comes about (oauth.py).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from logging import Logger

from slack_bolt.error import BoltError
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore

from bot.errors import BotError
from bot.ports import InstallationStore

log = logging.getLogger(__name__)

PLATFORM = "slack"

_KEPT = (
    "app_id",
    "enterprise_id",
    "enterprise_name",
    "team_id",
    "team_name",
    "bot_token",
    "bot_id",
    "bot_user_id",
    "bot_scopes",
    "bot_refresh_token",
    "bot_token_expires_at",
    "is_enterprise_install",
    "installed_at",
)


class Installations(AsyncInstallationStore):
    """Installations for Bolt. A database's errors are raised, so that Slack tries again.

    `changed` is told the workspace (or organization) whose token came, changed or went.
    """

    def __init__(self, store: InstallationStore) -> None:
        self._store = store
        self.changed: Callable[[str], None] = _nobody_asks

    @property
    def logger(self) -> Logger:
        """Where slack_sdk may write."""
        return log

    async def async_save(self, installation: Installation) -> None:
        """Keep what the bot needs of an installation. Raises BoltError, of which Bolt makes a
        page, where that cannot be."""
        if not installation.bot_token:
            raise BoltError("an installation without a bot token")
        try:
            await self.async_save_bot(installation.to_bot())
        except BotError as error:
            raise BoltError(error.english) from error

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep a bot token, in place of the one before."""
        where = _workspace(bot.enterprise_id, bot.team_id, bot.is_enterprise_install)
        if where is None:
            raise BoltError("an installation without a workspace")
        await self.keep(where, bot)
        self.changed(where)

    async def keep(self, where: str, bot: Bot) -> None:
        """Keep what renewed a workspace's or an organization's token. Raises BotError."""
        secret = json.dumps({name: getattr(bot, name) for name in _KEPT})
        await self._store.save_installation(PLATFORM, where, secret)

    async def bot(self, where: str) -> Bot | None:
        """The bot's token in a workspace or an organization, by its id. Raises BotError, of which
        WrongKey does not mend itself."""
        secret = await self._store.installation(PLATFORM, where)
        return None if secret is None else Bot(**json.loads(secret))

    async def remove(self, where: str) -> None:
        """Forget the token of a workspace or an organization. Raises BotError."""
        if await self._store.remove_installation(PLATFORM, where):
            log.info("the app was removed from %s", where)
            self.changed(where)

    async def async_find_bot(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """The bot's token in a workspace, or in an organization."""
        where = _workspace(enterprise_id, team_id, is_enterprise_install)
        return await self.bot(where) if where else None

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        """The same, as an installation by nobody; of a person none is known."""
        if user_id is not None:
            return None
        bot = await self.async_find_bot(
            enterprise_id=enterprise_id,
            team_id=team_id,
            is_enterprise_install=is_enterprise_install,
        )
        if bot is None:
            return None
        return Installation(user_id="", **{name: getattr(bot, name) for name in _KEPT})

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Forget a workspace's token, or that of the organization when no workspace is named."""
        where = _workspace(enterprise_id, team_id)
        if where is not None:
            await self.remove(where)

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """A person's tokens are not kept, so there is nothing to do when they are revoked."""
        if user_id is None:
            await self.async_delete_bot(enterprise_id=enterprise_id, team_id=team_id)

    async def teams(self) -> Sequence[str]:
        """The workspaces, and organizations, in which the app is installed."""
        return await self._store.installations(PLATFORM)


def _nobody_asks(_workspace: str) -> None:
    pass


def _workspace(
    enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
) -> str | None:
    """Whose the token is. Ids of organizations begin with E, of workspaces with T."""
    return enterprise_id if is_enterprise_install or not team_id else team_id
