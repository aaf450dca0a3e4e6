"""Telling Discord of the commands, in the background: answering does not wait for it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import aiohttp
import discord
from discord import app_commands

from adapters.discord import slash
from bot.errors import BotError
from bot.messages import ConversationKey
from bot.ports import HistoryStore

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3_600.0  # seconds between attempts


class Registration:
    """The commands of a tree, as Discord is to know them.

    `own` is where the store keeps what concerns the application: what Discord was told last.
    """

    def __init__(
        self, tree: app_commands.CommandTree[Any], store: HistoryStore, own: ConversationKey
    ) -> None:
        self._tree = tree
        self._store = store
        self._own = own

    async def keep(self) -> None:
        """Return once Discord knows the commands. It is tried again, less and less often, as long
        as Discord refuses them or cannot be reached; each reason is logged once."""
        pause, told = FIRST_PAUSE, ""
        while True:
            try:
                await self._register()
                return
            except (discord.DiscordException, aiohttp.ClientError, OSError, BotError) as error:
                why = " ".join(f"{type(error).__name__}: {error}".split())
                if why != told:
                    log.warning("Discord does not know the commands yet, I try again: %s", why)
                    told = why
            except Exception:
                log.exception("the commands could not be registered")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _register(self) -> None:
        """Tell Discord of the commands, if they are not those that it was told last."""
        declared = await slash.digest(self._tree)
        if (await self._store.settings(self._own)).get("commands") == declared:
            known = {command.name for command in await self._tree.fetch_commands()}
            if known == {command.name for command in self._tree.get_commands()}:
                return
        await self._tree.sync()
        await self._store.set_setting(self._own, "commands", declared)
        log.debug("told Discord of the commands")
