"""What the contracts of the store have in common: something is said, something is answered."""

from __future__ import annotations

from dataclasses import replace

from bot.messages import ConversationKey, FinishReason
from bot.ports import OpenReply
from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL, incoming

THREAD = replace(CHANNEL, thread="t1")
OTHER = replace(CHANNEL, channel="random")


async def say(
    store: SqlStore, *ids: str, at: ConversationKey = CHANNEL, root: str | None = None
) -> int:
    """Store messages whose text is their id; the last one's id in the store."""
    stored = [await store.add_message(incoming(i, conversation=at, thread_root=root)) for i in ids]
    return stored[-1].message_id


async def answer(
    store: SqlStore, trigger: int, text: str = "はい。", at: ConversationKey = CHANNEL
) -> int | None:
    """Answer a message as the chat does; the reply's id in the store."""
    reply = await store.start_reply(await id_of(store, at), trigger)
    assert reply is not None
    return await store.finish_reply(reply.id, text, FinishReason.END)


async def id_of(store: SqlStore, at: ConversationKey = CHANNEL) -> int:
    """The id of a conversation that is there."""
    found = await store.find(at)
    assert found is not None
    return found


async def texts(
    store: SqlStore, at: ConversationKey = CHANNEL, limit: int = 100, up_to: int | None = None
) -> list[str]:
    """What is remembered, oldest first."""
    history = await store.history(await id_of(store, at), limit=limit, up_to=up_to)
    return [message.text for message in history]


async def begin(store: SqlStore, trigger: int, at: ConversationKey = CHANNEL) -> OpenReply:
    """Begin the reply to a message."""
    reply = await store.start_reply(await id_of(store, at), trigger)
    assert reply is not None
    return reply
