"""Forgets what is older than it may be kept, at start and then once a day.

A channel at a time, so that nobody waits long for the database. What goes wrong is logged and
tried again soon; the bot goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.chat import Chat
from bot.errors import BotError

log = logging.getLogger(__name__)

DAY_SECONDS = 86_400.0
AGAIN_SECONDS = 900.0  # after a failure


@asynccontextmanager
async def forgetting(chat: Chat) -> AsyncIterator[None]:
    """While it is entered, what is too old is forgotten."""
    working = asyncio.create_task(_keep_forgetting(chat), name="kaiwa-forgetting")
    try:
        yield
    finally:
        working.cancel()
        await asyncio.wait([working])


async def _keep_forgetting(chat: Chat) -> None:
    while True:
        try:
            await forget_old(chat, datetime.now(UTC))
            pause = DAY_SECONDS
        except BotError as error:
            log.warning("what is too old could not be forgotten yet: %s", error.english)
            pause = AGAIN_SECONDS
        except Exception:
            log.exception("what is too old could not be forgotten yet")
            pause = AGAIN_SECONDS
        await asyncio.sleep(pause)


async def forget_old(chat: Chat, now: datetime) -> int:
    """Forget what is too old at this time, in every channel; how many messages that were."""
    count = 0
    try:
        for channel, wish in await chat.store.retentions(every=chat.retention.days is not None):
            before = chat.retention.before(wish, now)
            if before is not None:
                count += await chat.expire(channel, before)
    except BaseException:
        await chat.expired(1)  # some may be gone that nobody counted
        raise
    if count:
        log.info("%d messages were older than they are kept, and are deleted", count)
    await chat.expired(count)
    return count
