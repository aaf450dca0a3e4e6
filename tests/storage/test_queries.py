"""What the history costs: one query, along an index, whatever the table's size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy import Select, event, insert, make_url, select
from sqlalchemy.dialects import sqlite

from bot.messages import FinishReason
from storage.database import Database
from storage.knowledge import known
from storage.learning.words import newest
from storage.members import asked_by, concerning, rated_by
from storage.reply_statements import (
    answered,
    entry_of,
    exchange_at,
    newest_reply,
    undelivered,
    waiting,
)
from storage.schema import ConversationRow, MessageRow, RatingRow, SentMessageRow
from storage.statements import is_at, newest_said, remembered, sent_at
from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL, SENT_AT, incoming

THREAD = replace(CHANNEL, thread="t1")
KNOWN, VALUES = known(incoming("m1", conversation=THREAD))


@contextmanager
def queries(database: Database) -> Iterator[list[str]]:
    """The SQL that is run meanwhile, without the transaction's own."""
    ran: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        ran.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield ran
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def plan(database: Database, statement: Any) -> list[str]:
    """SQLite's plan for a statement, a line for each step."""
    compiled = statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    async with database.read() as connection:
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")
        return [row.detail for row in rows]


async def fill(database: Database, conversations: int, messages: int) -> None:
    """That many conversations with that many messages each, taking turns."""
    channels = [asdict(replace(CHANNEL, channel=f"c{n}")) for n in range(conversations)]
    columns = {"role": "user", "author_id": "u", "author_name": "u", "text": "t"}
    flags = {"addressed": True, "partial": False, "created_at": SENT_AT}
    half = messages // 2  # of each conversation's stand in the next one's history, too
    async with database.write() as connection:
        await connection.execute(insert(ConversationRow), channels)
        await connection.execute(
            insert(MessageRow),
            [
                {
                    "conversation_id": number % conversations + 1,
                    "also_in_id": (number + 1) % conversations + 1 if turn < half else None,
                    **columns,
                    **flags,
                }
                for turn in range(messages)
                for number in range(conversations)
            ],
        )


@pytest.mark.parametrize("up_to", [None, 7])
async def test_history_is_one_query_also_for_a_thread(
    database: Database, up_to: int | None
) -> None:
    """The channel's part comes with the thread's own."""
    history = SqlStore(database)
    await history.add_message(incoming("a"))
    stored = await history.add_message(incoming("t", conversation=THREAD))
    with queries(database) as ran:
        messages = await history.history(stored.conversation_id, limit=5, up_to=up_to)
    assert len(messages) == 2
    assert len(ran) == 1


@pytest.mark.parametrize("messages", [0, 1, 40])
@pytest.mark.parametrize("up_to", [None, 7])
async def test_history_reads_along_the_index_and_sorts_nothing(
    database: Database, up_to: int | None, messages: int
) -> None:
    """No scan and no sorting of what is not asked for, also once SQLite has statistics."""
    if messages:
        await fill(database, conversations=50, messages=messages)
        async with database.write() as connection:
            await connection.exec_driver_sql("ANALYZE")
    steps = await plan(database, remembered(1, up_to).limit(5))
    assert not [step for step in steps if "SCAN" in step or "TEMP B-TREE" in step]
    along = [step for step in steps if "ix_messages_conversation_id_id" in step]
    assert len(along) == 2  # the conversation's own and its channel's
    assert all("conversation_id=? AND id>" in step for step in along)
    opened = [step for step in steps if "ix_messages_also_in_id_id" in step]
    assert len(opened) == 2
    assert all("also_in_id=? AND id>" in step for step in opened)


@pytest.mark.parametrize(
    "statement",
    [
        newest_reply(1),
        entry_of(1),
        select(answered(1, 2)),
        waiting("console"),
        select(ConversationRow.id).where(is_at(THREAD)),
        select(SentMessageRow.reply_id).where(sent_at(THREAD, "p1")),
        select(MessageRow.id).where(exchange_at(1, "p1")),
        KNOWN.params(VALUES),
        undelivered("console"),
        newest_said("console"),
        concerning("console", "u1"),
        select(MessageRow.text).where(MessageRow.id.in_(concerning("console", "u1"))),
        asked_by("console", "u1"),
        select(RatingRow.value).where(rated_by("console", "u1")),
        newest("console", "u1").limit(10),
    ],
    ids=[
        *["newest reply", "entry", "answered", "waiting", "find", "shown", "exchange", "known"],
        *["undelivered", "newest said", "concerning", "messages of", "asked", "rated"],
        "saved words",
    ],
)
async def test_other_look_ups_scan_no_table(database: Database, statement: Select[Any]) -> None:
    """Each step is a search by a key or an index."""
    steps = await plan(database, statement)
    scans = {step for step in steps if step.startswith("SCAN") and "CONSTANT" not in step}
    assert scans <= {"SCAN always"}  # a row that stands in the statement itself


async def test_what_is_undelivered_is_found_without_looking_at_what_was_delivered(
    database: Database,
) -> None:
    """A start takes no longer after a million replies."""
    steps = await plan(database, undelivered("discord"))
    assert [step for step in steps if "ix_replies_undelivered" in step]


@pytest.mark.parametrize("times", [1, 30])
async def test_storing_a_message_takes_as_many_queries_in_a_long_conversation(
    database: Database, times: int
) -> None:
    """One: insert the message where its conversation is there and it is not."""
    history = SqlStore(database)
    for number in range(times):
        await history.add_message(incoming(f"m{number}"))
    with queries(database) as ran:
        await history.add_message(incoming("new"))
    assert len(ran) == 1


async def test_a_reply_takes_a_query_at_its_begin_and_three_at_its_end(
    database: Database,
) -> None:
    """Write the entry; and look, insert the message, write the entry."""
    store = SqlStore(database)
    stored = await store.add_message(incoming("m1"))
    with queries(database) as ran:
        reply = await store.start_reply(stored.conversation_id, stored.message_id)
    assert reply is not None
    assert len(ran) == 1
    with queries(database) as ran:
        await store.finish_reply(reply.id, "はい。", FinishReason.END)
    assert len(ran) == 3


@pytest.mark.parametrize(
    "statement",
    [
        remembered(1, 2).limit(3),
        newest_reply(1),
        waiting("slack"),
        undelivered("slack"),
        newest_said("slack"),
        concerning("slack", "u1"),
    ],
)
def test_the_queries_can_be_said_in_postgresql(statement: Any) -> None:
    """Nothing in them is SQLite's own."""
    dialect = make_url("postgresql://").get_dialect()()
    assert "SELECT" in str(statement.compile(dialect=dialect))


async def test_a_page_of_saved_words_is_read_along_the_index(database: Database) -> None:
    """However many a person has; nothing is sorted."""
    steps = await plan(database, newest("console", "u1").limit(10))
    assert [step for step in steps if "ix_saved_words_platform_user_id_id" in step]
    assert not [step for step in steps if "TEMP B-TREE" in step]
