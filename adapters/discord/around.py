"""Which messages belong together: a bare mention and what was said before it, a thread and the
message that it was made from."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta

import aiohttp
import discord

from adapters.discord.incoming import mentions
from adapters.discord.markup import Names, own_ids, readable
from adapters.said import RIGHT_AFTER

log = logging.getLogger(__name__)


def is_forward(message: discord.Message) -> bool:
    """Whether somebody passes on a message; what they say about it is their next message."""
    return bool(message.message_snapshots)


def asks_about_previous(message: discord.Message, me: int, own_roles: Collection[int] = ()) -> bool:
    """Whether a message says nothing but the bot's name, in answer to nothing.

    Then it asks about what its author said right before: see `belongs`.
    """
    if message.reference is not None or not mentions(message, me, own_roles):
        return False
    others = (message.attachments, message.stickers, message.embeds, message.components)
    if any(others) or message.poll is not None:
        return False
    return not readable(message.content, Names(own_ids(message.guild, me, own_roles)))


def belongs(
    previous: discord.Message,
    message: discord.Message,
    me: int,
    own_roles: Collection[int] = (),
) -> bool:
    """Whether a mention of the bot is about `previous`, the message right before it.

    It is where both have one author, within RIGHT_AFTER, the mention answers nothing, and
    either it is bare or `previous` is a forward (to which one can add nothing but by a further
    message).
    """
    if message.reference is not None or not mentions(message, me, own_roles):
        return False
    if previous.author.id != message.author.id or previous.channel.id != message.channel.id:
        return False
    if not timedelta(0) <= message.created_at - previous.created_at <= RIGHT_AFTER:
        return False
    if previous.webhook_id != message.webhook_id or previous.is_system():
        return False
    return is_forward(previous) or asks_about_previous(message, me, own_roles)


async def before(message: discord.Message) -> discord.Message | None:
    """The message right before one in its channel; None where there is none, or it cannot be
    read."""
    try:
        return await anext(message.channel.history(limit=1, before=message), None)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.warning("what was said before a mention cannot be read: %s", error)
    except Exception as error:  # the library cannot parse it
        log.warning("what was said before a mention cannot be understood: %s", type(error).__name__)
    return None


async def made_from(message: discord.Message) -> discord.Message | None:
    """The message from which a message's thread was made; None for other threads and channels,
    and where that message is gone or cannot be read.

    Such a thread has the id of that message, which stands in the thread's channel. A forum post
    has the id of its own first message.
    """
    thread = message.channel
    if not isinstance(thread, discord.Thread) or isinstance(thread.parent, discord.ForumChannel):
        return None
    if thread.parent is None or thread.id == message.id:
        return None
    try:
        return await thread.parent.fetch_message(thread.id)
    except discord.NotFound:  # a thread that was made from nothing, or from what is gone
        return None
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.warning("what a thread was made from cannot be read: %s", error)
    except Exception as error:  # the library cannot parse it
        log.warning("what a thread was made from cannot be understood: %s", type(error).__name__)
    return None
