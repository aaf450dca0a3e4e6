"""Where Discord's replies go, and what their end leaves; the rest is adapters/delivery.py."""

from __future__ import annotations

import time
from itertools import count
from typing import Any

import discord

from adapters import delivery
from adapters.discord.outlet import ChannelOutlet, InteractionOutlet
from adapters.streaming import Outlet
from bot.chat import Chat
from bot.config import DiscordSettings
from bot.errors import EngineClosed


class Deliveries(delivery.Deliveries):
    """Shows replies on Discord, any number at once."""

    refusals = (discord.HTTPException,)

    def __init__(self, chat: Chat, settings: DiscordSettings) -> None:
        super().__init__(chat, settings.edit_seconds)
        self._pings = settings.reply_pings
        self._numbers = count(time.time_ns())
        self._writing: set[int] = set()  # ids of messages that are being written

    def is_written(self, message_id: int) -> bool:
        """Whether a message is being written now."""
        return message_id in self._writing

    def in_channel(
        self,
        channel: Any,
        question: int | None,
        asker: discord.User | discord.Member | None,
        *,
        interaction: discord.Interaction | None = None,
    ) -> ChannelOutlet:
        """A place for a reply in a channel, to the message `question`."""
        # A reply that is written again needs other nonces than those it was sent under.
        source = question if interaction is None else interaction.id
        if source is None:  # the question was deleted
            source = next(self._numbers)
        return ChannelOutlet(
            channel,
            question,
            asker,
            nonce=str(source),
            writing=self._writing,
            pings=self._pings,
            interaction=interaction,
        )

    def in_interaction(self, interaction: discord.Interaction, question: str) -> InteractionOutlet:
        """A place for a reply in the answer to an interaction."""
        return InteractionOutlet(interaction, question, self._writing)

    async def left(self, outlet: Outlet) -> None:
        """Answer an interaction that would else "think" for ever."""
        if isinstance(outlet, InteractionOutlet) and not (outlet.answered or outlet.told):
            await self.say(outlet, EngineClosed())
