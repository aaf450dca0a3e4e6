"""What a turn costs, counted in the database's transactions and statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import event

from bot.chat import Chat
from bot.messages import ReplyStart
from storage.store import SqlStore
from tests.bot.test_chat import read, say
from tests.fakes.incoming import incoming

T = TypeVar("T")


@contextmanager
def counted(store: SqlStore) -> Iterator[list[str]]:
    """The transactions and statements that are begun meanwhile."""
    database, seen = store._database, list[str]()
    engine, whole = database.engine.sync_engine, (database.read, database.write)

    def begun(of: Callable[[], T]) -> Callable[[], T]:
        def begin() -> T:
            seen.append("transaction")
            return of()

        return begin

    def ran(connection: object, cursor: object, statement: str, *_: object) -> None:
        seen.append("statement")

    database.read, database.write = map(begun, whole)  # type: ignore[method-assign]
    event.listen(engine, "before_cursor_execute", ran)
    yield seen
    database.read, database.write = whole  # type: ignore[method-assign]
    event.remove(engine, "before_cursor_execute", ran)


async def test_a_question_and_its_answer_take_five_transactions(
    chat: Chat, store: SqlStore
) -> None:
    """Known, stored, begun, read, ended; and two for showing it."""
    await say(chat, "m0")
    with counted(store) as seen:
        start, *_ = await read(chat.respond(incoming("m1")))
    assert isinstance(start, ReplyStart)
    assert seen.count("transaction") == 5
    assert seen.count("statement") == 7
    with counted(store) as seen:
        await store.record_sent(start.reply_id, ["p1"])
        await store.mark_delivered(start.reply_id)
    assert seen.count("transaction") == 2


async def test_what_is_not_the_bots_takes_one_transaction(chat: Chat, store: SqlStore) -> None:
    """Most of what a bot hears is said to others."""
    with counted(store) as seen:
        assert await say(chat, "m1", addressed=False) == ""
    assert seen == ["transaction", "statement"]


async def test_what_was_delivered_before_takes_two(chat: Chat, store: SqlStore) -> None:
    """One to know it, and one to see that it is answered."""
    await say(chat, "m1")
    with counted(store) as seen:
        assert await say(chat, "m1") == ""
    assert seen.count("transaction") == 2
