"""discord.py's errors in the terms of `adapters.streaming`, and what the bot lacks, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import discord

from adapters.streaming import MessageGone, TryAgain
from bot.errors import BotError

# https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE = 10003, 10008
TOO_MANY_EDITS_OF_AN_OLD_MESSAGE = 30046

UNREACHABLE = (discord.DiscordServerError, discord.RateLimited, aiohttp.ClientError, OSError)

NEEDED = {  # what a reply takes, by discord.py's name: Discord's own name for it
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
}


class MissingPermission(BotError):
    """The bot may not do in a channel what an answer takes. `lacking` are Discord's names."""

    private = True

    def __init__(self, channel: str, lacking: list[str]) -> None:
        named = ", ".join(lacking) or "the permission to write"
        super().__init__(
            f"I cannot answer in #{channel}: I lack {named}. Somebody who manages the channel can "
            "give it to me under Edit Channel > Permissions.",
            f"#{channel} で返事ができません。権限が足りません：{named}。"
            "チャンネルを管理できる人に「チャンネルの編集」→「権限」で付けてもらってください。",
        )
        self.lacking = lacking


def permissions(channel: Any) -> discord.Permissions | None:
    """What the bot may do in a channel of a server; None in a DM, or where that is not known."""
    guild = getattr(channel, "guild", None)
    if guild is None or guild.me is None or isinstance(channel, discord.PartialMessageable):
        return None
    try:
        may: discord.Permissions = channel.permissions_for(guild.me)
    except discord.ClientException:  # a thread whose channel is not known
        return None
    return may


def lacking(channel: Any) -> MissingPermission | None:
    """What the bot lacks to answer in a channel; None where it has all, or in a DM."""
    have = permissions(channel)
    if have is None:
        return None
    thread = isinstance(channel, discord.Thread)
    needed = ("view_channel", "send_messages_in_threads" if thread else "send_messages")
    missing = [NEEDED[name] for name in needed if not getattr(have, name)]
    return MissingPermission(channel.name, missing) if missing else None


@contextmanager
def translated(channel: Any) -> Iterator[None]:
    """Turn what discord.py raises inside into MessageGone, TryAgain or MissingPermission."""
    try:
        yield
    except discord.NotFound as error:
        if error.code in (UNKNOWN_CHANNEL, UNKNOWN_MESSAGE):
            raise MessageGone from error
        raise
    except discord.Forbidden as error:
        named = getattr(channel, "name", None) or "DM"
        raise lacking(channel) or MissingPermission(named, []) from error
    except UNREACHABLE as error:
        raise TryAgain(f"{type(error).__name__}: {error}") from error
    except discord.HTTPException as error:
        if error.code == TOO_MANY_EDITS_OF_AN_OLD_MESSAGE or error.status == 429:
            raise TryAgain(str(error)) from error
        raise
    except RuntimeError as error:
        if "Session is closed" in str(error):  # aiohttp's, once the client is closed
            raise TryAgain(str(error)) from error
        raise
