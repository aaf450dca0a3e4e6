"""What look-ups cost on PostgreSQL: they run along an index, whatever a table's size.

The plans of SQLite are in test_queries.py. PostgreSQL's planner goes by statistics, so there are
as many rows here as make it worth its while to use an index.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import make_url, select

from storage.database import Database
from storage.members import asked_by, concerning
from storage.reply_statements import (
    answered,
    entry_of,
    exchange_at,
    newest_reply,
    undelivered,
    waiting,
)
from storage.schema import MessageRow, SentMessageRow
from storage.statements import remembered, sent_at
from tests.fakes.incoming import CHANNEL
from tests.postgres import execute
from tests.storage.test_queries import KNOWN, VALUES

CONVERSATIONS, MESSAGES = 400, 40_000  # and as many more in the first one
FILL = (
    "INSERT INTO conversations (platform, workspace, channel, thread, parent_id,"
    f" branch_message_id, memory_from) SELECT 'console', 'home', 'c' || n, '', NULL, 0, 0"
    f" FROM generate_series(1, {CONVERSATIONS}) n",
    "INSERT INTO messages (conversation_id, role, author_id, author_name, text, platform_id,"
    f" addressed, partial, created_at) SELECT 1 + n % {CONVERSATIONS},"
    f" CASE WHEN n / {CONVERSATIONS} % 2 = 0 THEN 'user' ELSE 'assistant' END, 'u' || n % 500,"
    f" 'u', repeat('text ', 20), 'm' || n, n / {CONVERSATIONS} % 2 = 0, false, now()"
    f" FROM generate_series(1, {MESSAGES}) n",
    "INSERT INTO messages (conversation_id, role, author_id, author_name, text, addressed, partial,"
    " created_at) SELECT 1, 'user', 'u', 'u', 'text', false, false, now()"
    f" FROM generate_series(1, {MESSAGES}) n",
    "INSERT INTO replies (conversation_id, trigger_message_id, message_id, asker_id, status,"
    f" started_at, ended_at, delivered_at) SELECT conversation_id, id, id + {CONVERSATIONS},"
    " author_id, 'done', now(), now(), now() FROM messages WHERE role = 'user'"
    f" AND id < {MESSAGES - CONVERSATIONS}",
    "INSERT INTO sent_messages (conversation_id, platform_id, reply_id, position)"
    " SELECT conversation_id, 'p' || id, id, 0 FROM replies",
    "ANALYZE",
)
LOOK_UPS = {
    "history": remembered(1, each=20).limit(20),
    "history up to": remembered(1, MESSAGES - 5_000, each=20).limit(20),
    "newest reply": newest_reply(1),
    "entry": entry_of(1),
    "answered": select(answered(1, 2)),
    "waiting": waiting("console", "postgresql"),
    "undelivered": undelivered("console"),
    "known": KNOWN.params(VALUES),
    "shown": select(SentMessageRow.reply_id).where(sent_at(CHANNEL, "p1")),
    "exchange": select(MessageRow.id).where(exchange_at(1, "p1")),
    "concerning": concerning("console", "u1"),
    "asked": asked_by("console", "u1"),
}
DIALECT = make_url("postgresql://").get_dialect()()
LARGE = ("messages", "replies", "sent_messages")


@pytest.fixture(scope="module")
def filled_url(new_postgres: Callable[[], str]) -> str:
    """A database in which much was said."""
    return new_postgres()


@pytest.fixture
async def filled(filled_url: str) -> AsyncIterator[Database]:
    """It, open."""
    async with await Database.open(filled_url) as database:
        if not execute(filled_url, "SELECT 1 FROM conversations LIMIT 1")[0]:
            execute(filled_url, *FILL)
        yield database


async def plan(database: Database, statement: Any) -> list[str]:
    """PostgreSQL's plan for a statement, a line for each step."""
    compiled = statement.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
    async with database.read() as connection:
        return list((await connection.exec_driver_sql(f"EXPLAIN {compiled}")).scalars())


async def test_look_ups_read_no_large_table_as_a_whole(filled: Database) -> None:
    """Also where the planner might think that most rows are wanted."""
    whole = {
        name: [
            step.strip()
            for step in await plan(filled, statement)
            if any(f"Seq Scan on {table}" in step for table in LARGE)
        ]
        for name, statement in LOOK_UPS.items()
    }
    assert {name: steps for name, steps in whole.items() if steps} == {}


@pytest.mark.parametrize("conversation", [1, 7])
async def test_the_newest_of_a_history_are_read_without_sorting_it(
    filled: Database, conversation: int
) -> None:
    """As they stand in an index, the newest first, and no further than they are wanted."""
    steps = await plan(filled, remembered(conversation, each=20).limit(20))
    assert len([step for step in steps if "Index Scan Backward" in step]) == 4
    assert not [step for step in steps if "->  Sort " in step]


async def test_a_plan_that_reads_everything_would_be_seen(filled: Database) -> None:
    """What is said of most rows is not looked up in an index."""
    everything = await plan(filled, select(MessageRow.id).where(MessageRow.addressed))
    assert any("Seq Scan on messages" in step for step in everything)
