"""What the bot itself adds to a reply: everything but the model, over a full database.

A `Chat` over SQLite with 100,000 stored messages and a generator that answers at once: the time
of a turn is then storing the question, deciding, reading history, making the prompt, and storing
the reply.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import insert

from bot.app import DEMO_FOLDER
from bot.chat import Chat
from bot.messages import (
    ConversationKey,
    FinishReason,
    GenerationEnd,
    GenerationEvent,
    GenerationRequest,
    IncomingMessage,
    TextDelta,
)
from bot.prompt import RinnaFormat
from bot.tokenizer import load_tokenizer
from storage.database import Database
from storage.schema import ConversationRow, MessageRow, ReplyRow, ReplyStatus
from storage.store import SqlStore

CONTEXT = 2_048  # tokens, rinna's
CHANNELS = 100
LONG_SHARE = 4  # the first channel has this part of all messages
ROWS = 5_000  # inserted at once
REPLY = "それはいいですね。"
SAYINGS = (
    "今日は何をしましたか。",
    "VRについて教えてください。",
    "Let us learn Japanese.",
    "はい。",
)


@dataclass(frozen=True, slots=True)
class Overhead:
    """Seconds of a turn without the model, in the channel with the longest history."""

    messages: int
    turns: int
    median: float
    p99: float


class AtOnce:
    """A text generator that takes no time."""

    context_length = CONTEXT
    remote = False

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """See TextGenerator."""
        yield TextDelta(REPLY)
        yield GenerationEnd(FinishReason.END, len(request.prompt.ids), 0, 1)

    def prefill_ahead(
        self, conversation: str, beginning: Callable[[], Awaitable[Sequence[int]]]
    ) -> None:
        """See TextGenerator."""

    def chosen(self, conversation: str, candidate: int) -> None:
        """See TextGenerator."""

    def forget(self, conversations: Collection[str] | None = None) -> None:
        """See TextGenerator."""


async def overhead(messages: int = 100_000, turns: int = 200) -> Overhead:
    """Fill a database in a temporary folder and answer `turns` messages in it."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'kaiwa.db'}"
        async with await Database.open(url) as database:
            await _fill(database, messages)
            chat = Chat(SqlStore(database), AtOnce(), RinnaFormat(load_tokenizer(DEMO_FOLDER)))
            seconds = sorted([await _turn(chat, number) for number in range(turns + 3)][3:])
    return Overhead(messages, turns, median(seconds), seconds[int(len(seconds) * 0.99)])


def _key(channel: int) -> ConversationKey:
    return ConversationKey("bench", "workspace", f"channel {channel}")


async def _turn(chat: Chat, number: int) -> float:
    """The seconds of one turn in the long channel."""
    message = IncomingMessage(
        conversation=_key(0),
        id=f"new {number}",
        author_id="user 1",
        author_name="Aiko",
        text=SAYINGS[number % len(SAYINGS)],
        sent_at=datetime.now(UTC),
    )
    began = time.perf_counter()
    text = "".join([e.text async for e in chat.respond(message) if isinstance(e, TextDelta)])
    if text != REPLY:
        raise ValueError("a turn was not answered")
    return time.perf_counter() - began


async def _fill(database: Database, messages: int) -> None:
    """Store messages of a question and a reply each, spread over the channels."""
    began = datetime.now(UTC) - timedelta(days=30)
    async with database.write() as connection:
        channels = [
            {"id": n + 1, "platform": k.platform, "workspace": k.workspace, "channel": k.channel}
            | {"thread": ""}
            for n in range(CHANNELS)
            for k in [_key(n)]
        ]
        await connection.execute(insert(ConversationRow), channels)
        for first in range(0, messages, ROWS):
            numbers = range(first, min(messages, first + ROWS))
            await connection.execute(insert(MessageRow), [_message(n, began) for n in numbers])
            await connection.execute(insert(ReplyRow), [_reply(n, began) for n in numbers if n % 2])


def _channel(number: int) -> int:
    """Of a message; the first channel is the long one."""
    pair = number // 2
    return 0 if pair % LONG_SHARE == 0 else 1 + pair % (CHANNELS - 1)


def _message(number: int, began: datetime) -> dict[str, object]:
    """A question where the number is even, else the reply to the one before."""
    pair, asked = number // 2, number % 2 == 0
    return {
        "id": number + 1,
        "conversation_id": _channel(number) + 1,
        "role": "user" if asked else "assistant",
        "author_id": f"user {pair % 50}" if asked else "",
        "author_name": "Aiko" if asked else "",
        "text": SAYINGS[pair % len(SAYINGS)] if asked else REPLY,
        "platform_id": f"old {number}" if asked else None,
        "addressed": asked,
        "partial": False,
        "created_at": began + timedelta(seconds=number),
        "edited_at": None,
        "reply_to": None,
        "also_in_id": None,
    }


def _reply(number: int, began: datetime) -> dict[str, object]:
    """The ledger's entry of a reply."""
    when = began + timedelta(seconds=number)
    return {
        "conversation_id": _channel(number) + 1,
        "trigger_message_id": number,
        "message_id": number + 1,
        "asker_id": f"user {number // 2 % 50}",
        "status": ReplyStatus.DONE,
        "started_at": when,
        "ended_at": when,
        "delivered_at": when,
    }
