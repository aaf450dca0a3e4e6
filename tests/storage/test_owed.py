"""What the database could not take at once is written before what comes after it."""

from __future__ import annotations

import pytest

from bot.messages import FinishReason
from storage import owed
from storage.errors import busy
from storage.ledger import SqlLedger
from storage.owed import Owed
from storage.store import SqlStore
from tests.storage.steps import answer, begin, id_of, say, texts


async def test_the_reply_whose_end_is_owed_is_the_one_that_is_taken_back(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not the one before it."""
    await answer(store, await say(store, "q1"), "a1")
    reply = await begin(store, await say(store, "q2"))
    whole = SqlLedger.finish_reply
    full = [True]

    async def finish(self: SqlLedger, id: int, text: str, reason: FinishReason) -> int | None:
        if full.pop() if full else False:
            raise busy()
        return await whole(self, id, text, reason)

    monkeypatch.setattr(SqlLedger, "finish_reply", finish)
    assert await store.finish_reply(reply.id, "a2", FinishReason.END) is None
    assert await store.discard_reply(await id_of(store)) is not None
    assert await texts(store) == ["q1", "a1", "q2"]


async def test_what_is_dropped_while_it_is_written_takes_no_other_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The oldest goes where there are too many; the one behind it is still to be written."""
    monkeypatch.setattr(owed, "MOST", 2)
    notes, written = Owed(), list[str]()

    async def first() -> None:
        written.append("first")
        notes.add(third)

    async def second() -> None:
        written.append("second")

    async def third() -> None:
        written.append("third")

    notes.add(first)
    notes.add(second)
    await notes.settle()
    assert written == ["first", "second", "third"]
    await notes.aclose()
