"""The places in which Discord's replies are shown."""

from __future__ import annotations

import time
from itertools import count
from typing import Any

import discord

from adapters.discord.interaction_outlet import InteractionOutlet
from adapters.discord.outlet import ChannelOutlet
from bot.config import DiscordSettings


class Places:
    """Makes an outlet for each reply. `readings`: they can be shown below it."""

    def __init__(self, settings: DiscordSettings, *, readings: bool = False) -> None:
        self._readings = readings
        self.pings = settings.reply_pings  # may be changed
        self._numbers = count(time.time_ns())

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
            str(source),
            pings=self.pings,
            interaction=interaction,
            readings=self._readings,
        )

    def in_interaction(self, interaction: discord.Interaction, question: str) -> InteractionOutlet:
        """A place for a reply in the answer to an interaction."""
        return InteractionOutlet(interaction, question, readings=self._readings)
