"""What is kept, for whoever runs the bot: listed, handed over and deleted while no model runs.

Bots that share the database (PostgreSQL) are told of what is deleted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.config import Settings
from bot.errors import BotError
from bot.privacy import both_places, everything, forget_person
from bot.signals import Forgotten, Missed

if TYPE_CHECKING:
    from storage.database import Database
    from storage.overview import Overview

Person = tuple[str, str]  # platform and id


class NoSuchConversation(BotError):
    """An id that no stored conversation has."""

    def __init__(self, conversation_id: int) -> None:
        super().__init__(
            f"There is no conversation {conversation_id}. `kaiwa forget` lists what is stored.",
            f"会話 {conversation_id} はありません。`kaiwa forget` で保存された会話を一覧できます。",
        )


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The database."""
    from storage.database import Database

    async with await Database.open(settings.storage.url) as database:
        yield database


def person(named: str) -> Person:
    """`discord:81384788765712384` as platform and id. Raises BotError."""
    platform, colon, user_id = named.partition(":")
    if platform not in ("discord", "slack", "web", "console") or not (colon and user_id):
        raise BotError(
            f"{named!r} names no person. Write PLATFORM:ID, such as discord:81384788765712384, "
            "slack:U0123456789 or console:console.",
            f"「{named}」では誰かわかりません。discord:81384788765712384、slack:U0123456789、"
            "console:console のように「プラットフォーム:ID」の形で書いてください。",
        )
    return platform, user_id


def line(found: Overview) -> str:
    """A conversation as a line of a list: id, place, messages, dates, people."""
    key = found.key
    place = f"{key.platform} {key.workspace}/{key.channel}"
    place += f"/{key.thread}" if key.thread else ""
    parts = [str(found.id), place, f"{found.messages} messages"]
    if found.first is not None and found.last is not None:
        days = [f"{moment.astimezone():%Y-%m-%d}" for moment in (found.first, found.last)]
        parts.append(" – ".join(dict.fromkeys(days)))
    if found.names:
        names = [" ".join(name.split()) for name in found.names]
        parts.append(", ".join(names) + (f", … (+{found.more})" if found.more else ""))
    return "  ".join(parts)


async def stored_conversations(settings: Settings) -> list[str]:
    """A line for each stored conversation."""
    from storage.overview import overview

    async with opened(settings) as database:
        return [line(each) for each in await overview(database)]


async def one(settings: Settings, conversation_id: int) -> Overview:
    """One conversation. Raises NoSuchConversation."""
    async with opened(settings) as database:
        return await _one(database, conversation_id)


async def _one(database: Database, conversation_id: int) -> Overview:
    from storage.overview import overview

    if abs(conversation_id) < 2**63:  # typed by hand; no database would take more
        for found in await overview(database, conversation_id):
            return found
    raise NoSuchConversation(conversation_id)


async def forget_conversation(settings: Settings, conversation_id: int) -> str:
    """Delete a conversation with all that belongs to it; what was deleted, as a line."""
    from storage.signals import tell
    from storage.store import SqlStore

    async with opened(settings) as database:
        deleted = await SqlStore(database).forget(conversation_id)
        if deleted is None:
            raise NoSuchConversation(conversation_id)
        await tell(database, Missed())
    return f"会話 {conversation_id} を削除しました（{deleted}件）。 / Deleted {deleted} messages."


async def counts_of(settings: Settings, who: Person) -> Counter[str]:
    """How much is kept of a person, by kind."""
    from storage.store import SqlStore

    counts: Counter[str] = Counter()
    async with opened(settings) as database:
        store = SqlStore(database)
        for each in both_places(*who):
            counts += Counter(await store.learning_counts(*each))
            counts["messages"] += await store.count_of(*each)
    return counts


async def forget_who(settings: Settings, who: Person) -> Counter[str]:
    """Delete all that is kept of a person; how much of each kind."""
    from storage.signals import tell
    from storage.store import SqlStore

    async with opened(settings) as database:
        counts = await forget_person(SqlStore(database), *who)
        for each in both_places(*who):
            await tell(database, Forgotten(*each))
    return counts


async def export(
    settings: Settings,
    write: Callable[[str], object],
    *,
    conversation: int | None = None,
    who: Person | None = None,
) -> int:
    """Write everything that is kept, or what belongs to one conversation or person, as lines of
    JSON; how many."""
    count = 0
    async with opened(settings) as database:
        async for row in _rows(database, conversation, who):
            write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


async def _rows(
    database: Database, conversation: int | None, who: Person | None
) -> AsyncIterator[object]:
    from storage.exporting import all_rows, rows_of_conversation
    from storage.store import SqlStore

    if who is not None:
        for kind, rows in (await everything(SqlStore(database), *who)).items():
            for row in rows:
                yield {"kind": kind, **row}
        return
    if conversation is None:
        found = all_rows(database)
    else:
        key = (await _one(database, conversation)).key
        found = rows_of_conversation(database, conversation, key)
    async for row in found:
        yield row
