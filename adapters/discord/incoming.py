"""Whom a message of Discord's is for, by its ids and flags alone. Pure: it asks nobody.

What it says is reading.py's: that is looked at only where the message is the bot's to answer.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import discord

from bot.messages import ConversationKey, IncomingMessage

PLATFORM = "discord"
DIRECT = "@me"  # the workspace of direct messages, as in Discord's own addresses

# What Discord itself says, though discord.py counts it as said by people.
_NOT_SAID = (discord.MessageType.thread_starter_message, discord.MessageType.poll_result)


def conversation_key(channel: Any, guild_id: int | None = None) -> ConversationKey:
    """Where a channel's or thread's conversation is kept; `guild_id` where it knows no guild."""
    guild = getattr(channel, "guild", None)
    workspace = guild.id if guild is not None else guild_id
    place = (PLATFORM, DIRECT if workspace is None else str(workspace))
    if isinstance(channel, discord.Thread):
        return ConversationKey(*place, str(channel.parent_id), str(channel.id))
    return ConversationKey(*place, str(channel.id))


def envelope(
    message: discord.Message,
    me: int,
    *,
    trusted: Collection[str] = (),
    own_roles: Collection[int] = (),
) -> IncomingMessage | None:
    """A message as the core takes it, but for its text; None where it is nobody's to answer.

    That is: the bot's own, in whatever shape; a system message; or one from a bot or a webhook
    that is not among the ids `trusted`. `me` is the bot's user id, `own_roles` are roles that
    only the bot holds (`roles.OwnRoles`).
    """
    by_bot = message.author.bot or message.webhook_id is not None
    if is_own(message, me) or message.is_system() or message.type in _NOT_SAID:
        return None
    if by_bot and not {str(message.author.id), str(message.webhook_id)} & set(trusted):
        return None
    guild_id = guild_id_of(message)
    key = conversation_key(message.channel, guild_id)
    to_me = guild_id is None or is_to(message, me, own_roles)
    return IncomingMessage(
        conversation=key,
        id=str(message.id),
        author_id=str(message.author.id),
        author_name=message.author.display_name,
        text="",
        sent_at=message.created_at,
        addressed=to_me,
        # A thread that began at a message has that message's id.
        thread_root=key.thread or None,
        to_others=not to_me and _is_to_others(message, me),
        private=guild_id is None,
        reply_to=str(answers) if (answers := _answers(message)) is not None else None,
        by_bot=by_bot,
    )


def is_own(message: discord.Message, me: int) -> bool:
    """Whether the bot itself said it: with the application's id or not, by a webhook of its own
    or not, and also where Discord does not call it a bot's."""
    return me in (message.author.id, message.webhook_id, message.application_id)


def guild_id_of(message: discord.Message) -> int | None:
    """The id of the guild in which a message was said, also of one that is not known here."""
    if message.guild is not None:
        return message.guild.id
    number: int | None = getattr(message.channel, "guild_id", None)
    return number


def is_to(message: discord.Message, me: int, own_roles: Collection[int] = ()) -> bool:
    """Whether a message is certainly to the bot: it mentions it, or answers it."""
    original = answered(message)
    return mentions(message, me, own_roles) or (original is not None and is_own(original, me))


def mentions(message: discord.Message, me: int, own_roles: Collection[int] = ()) -> bool:
    """Whether a message mentions the bot: itself, by the role that Discord gave it, or by one
    that is its alone."""
    if any(user.id == me for user in message.mentions):
        return True
    return any(_made_for(role, me) or role.id in own_roles for role in message.role_mentions)


def answered(message: discord.Message) -> discord.Message | None:
    """The message that this one answers, where Discord sent it along."""
    if _answers(message) is None or message.reference is None:
        return None
    resolved = message.reference.resolved
    return resolved if isinstance(resolved, discord.Message) else None


def quotable(
    message: discord.Message, me: int, own_roles: Collection[int] = ()
) -> discord.Message | None:
    """Somebody else's message that the bot is asked about by a mention in an answer to it."""
    original = answered(message)
    if original is None or is_own(original, me) or not mentions(message, me, own_roles):
        return None
    return original


def _answers(message: discord.Message) -> int | None:
    """The id of the message that this one answers; one that is forwarded is not answered."""
    if message.type is not discord.MessageType.reply or message.reference is None:
        return None
    return message.reference.message_id


def _is_to_others(message: discord.Message, me: int) -> bool:
    """Whether it is said to somebody who is neither the bot nor its author.

    Whose a deleted message was is not known: what answers it is not the bot's.
    """
    neither = (me, message.author.id)
    if message.mention_everyone or any(user.id not in neither for user in message.mentions):
        return True
    if any(not _made_for(role, me) for role in message.role_mentions):
        return True
    if _answers(message) is None:
        return False
    original = answered(message)
    return original is None or original.author.id not in neither


def _made_for(role: discord.Role, me: int) -> bool:
    return role.tags is not None and role.tags.bot_id == me
