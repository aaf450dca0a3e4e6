"""What every HistoryStore must do where a channel's message is answered in a thread of its own."""

from __future__ import annotations

from dataclasses import replace

from storage.store import SqlStore
from tests.fakes.incoming import CHANNEL, incoming
from tests.storage.steps import answer, id_of, say, texts


async def ask(store: SqlStore, id: str) -> int:
    """Open a thread with a question; the question's id in the store."""
    thread = replace(CHANNEL, thread=id)
    stored = await store.add_message(incoming(id, conversation=thread, opens_thread=True))
    return stored.message_id


async def asked(store: SqlStore, id: str) -> None:
    """Open a thread with a question, and answer it there."""
    await answer(store, await ask(store, id), f"re {id}", at=replace(CHANNEL, thread=id))


async def test_a_later_question_in_the_channel_sees_the_exchanges_before(store: SqlStore) -> None:
    """Though each was answered in a thread of its own."""
    await asked(store, "a")
    await asked(store, "b")
    await ask(store, "c")
    assert await texts(store, replace(CHANNEL, thread="c")) == ["a", "re a", "b", "re b", "c"]
    assert await texts(store) == ["a", "re a", "b", "re b"]


async def test_what_follows_in_the_thread_is_the_threads_alone(store: SqlStore) -> None:
    """The channel keeps the question and its first answer."""
    thread = replace(CHANNEL, thread="a")
    await asked(store, "a")
    await answer(store, await say(store, "more", at=thread), "re more", at=thread)
    await ask(store, "b")
    assert await texts(store, thread) == ["a", "re a", "more", "re more"]
    assert await texts(store, replace(CHANNEL, thread="b")) == ["a", "re a", "b"]


async def test_questions_at_the_same_time_do_not_see_each_other(store: SqlStore) -> None:
    """Each is answered by itself; afterwards the channel has one exchange after the other."""
    first, second = await ask(store, "a"), await ask(store, "b")
    assert await texts(store, replace(CHANNEL, thread="b")) == ["b"]
    await answer(store, second, "re b", at=replace(CHANNEL, thread="b"))
    await answer(store, first, "re a", at=replace(CHANNEL, thread="a"))
    assert await texts(store) == ["a", "re a", "b", "re b"]
    assert await texts(store, replace(CHANNEL, thread="b")) == ["b", "re b"]


async def test_the_newest_exchanges_are_those_that_fit(store: SqlStore) -> None:
    """A limit counts from the end, and leaves no answer without its question."""
    for name in "abc":
        await asked(store, name)
    assert await texts(store, limit=3) == ["c", "re c"]
    assert await texts(store, limit=4) == ["b", "re b", "c", "re c"]


async def test_a_reset_of_the_channel_hides_the_exchanges(store: SqlStore) -> None:
    """A thread that was opened before goes on as it was."""
    await asked(store, "a")
    assert await store.reset(CHANNEL) == 2
    await asked(store, "b")
    assert await texts(store) == ["b", "re b"]
    assert await texts(store, replace(CHANNEL, thread="b")) == ["b", "re b"]
    assert await texts(store, replace(CHANNEL, thread="a")) == ["a", "re a"]


async def test_a_deleted_question_takes_its_exchange_from_the_channel(store: SqlStore) -> None:
    """An answer without its question says nothing there."""
    await asked(store, "a")
    await asked(store, "b")
    assert await store.delete_message(replace(CHANNEL, thread="a"), "a") is not None
    assert await texts(store) == ["b", "re b"]


async def test_a_message_at_which_a_thread_begins_is_found_from_there(store: SqlStore) -> None:
    """Whether the thread was opened to answer it or it stands in the channel only."""
    stands = await say(store, "a")
    opened = await ask(store, "b")
    for id, message in (("a", stands), ("b", opened)):
        thread = replace(CHANNEL, thread=id)
        known = (await store.known(incoming(id, conversation=thread))).stored
        assert known is not None and known.message_id == message
        again = await store.add_message(incoming(id, conversation=thread, opens_thread=True))
        assert (again.message_id, again.is_new) == (message, False)
        assert await store.edit_message(incoming(id, "new", conversation=thread)) == message
    elsewhere = incoming("b", conversation=replace(CHANNEL, thread="a"))
    assert (await store.known(elsewhere)).stored is None


async def test_a_thread_under_an_ordinary_message_continues_behind_it(store: SqlStore) -> None:
    """With the exchanges before it, and not those after."""
    await asked(store, "a")
    await say(store, "talk")
    await asked(store, "b")
    thread = replace(CHANNEL, thread="talk")
    await say(store, "what do you think?", at=thread, root="talk")
    assert await texts(store, thread) == ["a", "re a", "talk", "what do you think?"]


async def test_a_regenerated_answer_takes_the_place_of_the_first(store: SqlStore) -> None:
    """In the channel as in the thread."""
    thread = replace(CHANNEL, thread="a")
    await asked(store, "a")
    trigger = await store.discard_reply(await id_of(store, thread))
    assert trigger is not None
    assert await texts(store) == []
    await answer(store, trigger, "better", at=thread)
    assert await texts(store) == ["a", "better"]


async def test_a_channel_is_forgotten_with_the_threads_that_answer_it(store: SqlStore) -> None:
    """A thread under an ordinary message is a conversation of its own."""
    await asked(store, "a")
    await say(store, "talk")
    await say(store, "reply", at=replace(CHANNEL, thread="talk"), root="talk")
    assert await store.forget(await id_of(store)) == 3
    assert await store.find(CHANNEL) is None
    assert await store.find(replace(CHANNEL, thread="a")) is None
    assert await texts(store, replace(CHANNEL, thread="talk")) == ["reply"]
