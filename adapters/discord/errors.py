"""discord.py's errors in the terms of `adapters.outlet`, and what the bot lacks, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import discord

from adapters.outlet import MessageGone, Refused, TryAgain, Unchangeable
from bot.errors import BotError

# https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
GONE = {10003, 10008}  # unknown channel, unknown message
THREAD_ARCHIVED, THREAD_LOCKED = 50083, 160005
RUN_OUT = {"10015", "10062", "50027"}  # what an interaction's token is answered with in the end
UNCHANGEABLE = {
    THREAD_ARCHIVED,
    30046,  # too many edits of an old message, for an hour
    *map(int, RUN_OUT),
}

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


class ThreadLocked(BotError):
    """A thread is closed, and only its moderators may open it again."""

    def __init__(self, thread: str) -> None:
        super().__init__(
            f"I cannot answer in #{thread}: that thread is locked. Somebody who manages threads "
            "can unlock it; or ask me in the channel.",
            f"スレッド #{thread} はロックされているので返事ができません。管理できる人に"
            "ロックを解除してもらうか、チャンネルで質問してください。",
        )


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


def lacking(channel: Any) -> BotError | None:
    """What keeps the bot from answering in a channel; None where nothing does, or in a DM."""
    have = permissions(channel)
    if have is None:
        return None
    thread = isinstance(channel, discord.Thread)
    needed = ("view_channel", "send_messages_in_threads" if thread else "send_messages")
    missing = [NEEDED[name] for name in needed if not getattr(have, name)]
    if missing:
        return MissingPermission(channel.name, missing)
    if thread and channel.locked and not have.manage_threads:
        return ThreadLocked(channel.name)
    return None


@contextmanager
def translated(channel: Any) -> Iterator[None]:
    """Turn what discord.py raises inside into MessageGone, TryAgain, Refused or a BotError."""
    try:
        yield
    except UNREACHABLE as error:
        raise TryAgain(f"{type(error).__name__}: {error}") from error
    except discord.HTTPException as error:
        raise _translation(channel, error) from error
    except RuntimeError as error:
        if "Session is closed" in str(error):  # aiohttp's, once the client is closed
            raise TryAgain(str(error)) from error
        raise


def _translation(channel: Any, error: discord.HTTPException) -> Exception:
    named = getattr(channel, "name", None) or "DM"
    if error.code in GONE:
        return MessageGone()
    if error.code in UNCHANGEABLE:
        return Unchangeable(str(error.code))
    if error.code == THREAD_LOCKED:
        return ThreadLocked(named)
    if error.status == 403:
        return lacking(channel) or MissingPermission(named, [])
    if error.status == 429:
        return TryAgain(str(error))
    return Refused(str(error.code or error.status))
