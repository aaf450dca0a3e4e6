"""From discord.py's objects to what the core speaks in. Pure: it asks nobody and sends nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import discord

from bot.messages import ConversationKey, IncomingMessage

PLATFORM = "discord"
DIRECT = "@me"  # the workspace of direct messages, as in Discord's own addresses
LONGEST_QUOTE = 600  # characters

# https://discord.com/developers/docs/reference#message-formatting
_MARKUP = re.compile(
    r"<@!?(?P<user>\d+)>|<@&(?P<role>\d+)>|<#(?P<channel>\d+)>|<a?:(?P<emoji>\w+):\d+>"
    r"|</(?P<command>[^:>]+):\d+>|<t:(?P<time>-?\d{1,11})(?::\w)?>"
)


def conversation_key(channel: Any, guild_id: int | None = None) -> ConversationKey:
    """Where a channel's or thread's conversation is kept; `guild_id` where it knows no guild."""
    guild = getattr(channel, "guild", None)
    workspace = guild.id if guild is not None else guild_id
    place = (PLATFORM, DIRECT if workspace is None else str(workspace))
    if isinstance(channel, discord.Thread):
        return ConversationKey(*place, str(channel.parent_id), str(channel.id))
    return ConversationKey(*place, str(channel.id))


def to_incoming(message: discord.Message, me: int, *, quote: bool = True) -> IncomingMessage | None:
    """A user's message as the core takes it; None where it is nobody's to answer.

    That is: from a bot or a webhook, a system message, or nothing to read (a sticker, or a
    text that Discord does not show to a bot without the message-content intent). `me` is the
    bot's user id. A mention of the bot in an answer to somebody else's message asks about
    that message, which is then quoted, unless `quote` is off.
    """
    if message.author.bot or message.webhook_id is not None or message.is_system():
        return None
    key = conversation_key(message.channel)
    to_me = message.guild is None or mentions(message, me)
    original = answered(message)
    others = any(user.id != me for user in message.mentions)
    if original is not None and message.type is discord.MessageType.reply:
        to_me = to_me or original.author.id == me
        others = others or original.author.id != me
    text = text_of(message, me)
    if quote and (about := quotable(message, me)) is not None:
        text = f"{quoted(about, me)}\n{text}".rstrip()
    if not text and not to_me:
        return None
    reference = message.reference
    return IncomingMessage(
        conversation=key,
        id=str(message.id),
        author_id=str(message.author.id),
        author_name=message.author.display_name,
        text=text,
        sent_at=message.created_at,
        addressed=to_me,
        # A thread that began at a message has that message's id.
        thread_root=key.thread or None,
        to_others=others and not to_me,
        private=message.guild is None,
        reply_to=str(reference.message_id) if reference and reference.message_id else None,
    )


def mentions(message: discord.Message, me: int) -> bool:
    """Whether a message mentions the bot, by itself or by the role that Discord gave it."""
    if any(user.id == me for user in message.mentions):
        return True
    return any(role.tags is not None and role.tags.bot_id == me for role in message.role_mentions)


def answered(message: discord.Message) -> discord.Message | None:
    """The message that this one answers, where Discord sent it along."""
    resolved = message.reference.resolved if message.reference else None
    return resolved if isinstance(resolved, discord.Message) else None


def quotable(message: discord.Message, me: int) -> discord.Message | None:
    """Somebody else's message that the bot is asked about by a mention in an answer to it."""
    original = answered(message)
    if original is None or original.author.id == me or not mentions(message, me):
        return None
    return original


def quoted(message: discord.Message, me: int) -> str:
    """A message as a quotation, with its author's name."""
    text = text_of(message, me)
    if len(text) > LONGEST_QUOTE:
        text = text[:LONGEST_QUOTE] + "…"
    return "\n".join(f"> {line}" for line in f"{message.author.display_name}: {text}".split("\n"))


def text_of(message: discord.Message, me: int) -> str:
    """What a message says, with names in place of Discord's ids, and its attachments named.

    The bot's own mention is left out.
    """
    own = re.escape(str(me))
    text = re.sub(rf"[ \t]*<@!?{own}>[ \t]*", " ", message.content)
    guild = message.guild
    if guild is not None and guild.self_role is not None:
        text = re.sub(rf"[ \t]*<@&{guild.self_role.id}>[ \t]*", " ", text)
    names = {user.id: user.display_name for user in message.mentions}

    def readable(found: re.Match[str]) -> str:
        if user := found["user"]:
            member = guild.get_member(int(user)) if guild else None
            return f"@{names.get(int(user)) or (member.display_name if member else 'unknown')}"
        if role := found["role"]:
            known = guild.get_role(int(role)) if guild else None
            return f"@{known.name if known else 'unknown'}"
        if channel := found["channel"]:
            there = guild.get_channel_or_thread(int(channel)) if guild else None
            return f"#{there.name if there else 'unknown'}"
        if moment := found["time"]:
            return _moment(int(moment)) or found[0]
        return f"/{found['command']}" if found["command"] else f":{found['emoji']}:"

    lines = [_MARKUP.sub(readable, text).strip()]
    lines += [snapshot.content.strip() for snapshot in message.message_snapshots]
    lines += [f"（添付ファイル：{attachment.filename}）" for attachment in message.attachments]
    return "\n".join(filter(None, lines))


def _moment(seconds: int) -> str | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return None
