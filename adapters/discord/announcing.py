"""What is said on Discord without being asked just now. Implements `bot.ports.Announcer`."""

from __future__ import annotations

import time
from itertools import count
from typing import Any

import discord

from adapters.announcing import announcing
from adapters.discord.errors import lacking, translated
from adapters.discord.speech import SILENT, parts
from adapters.outlet import Refused
from bot.messages import ConversationKey
from bot.notices import Notice


class DiscordAnnouncer:
    """Speaks through a client that is connected."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._numbers = count(time.time_ns())

    async def announce(self, conversation: ConversationKey, notice: Notice) -> str:
        """Say it in a channel, thread or DM; the id of the last message that it takes."""
        channel = self._channel(conversation)
        if (missing := lacking(channel)) is not None:
            raise missing
        last = ""
        with announcing(), translated(channel):
            for part in parts(notice):
                # What discord.py sends again, after an answer that was lost, stands there once.
                nonce = str(next(self._numbers))
                message = await channel.send(**part, allowed_mentions=SILENT, nonce=nonce)
                last = str(message.id)
        return last

    def _channel(self, conversation: ConversationKey) -> Any:
        place = conversation.thread or conversation.channel
        if not place.isdecimal():  # a person who installed the bot, where it is no member
            with announcing():
                raise Refused
        found = self._client.get_channel(int(place))
        return found or self._client.get_partial_messageable(int(place))
