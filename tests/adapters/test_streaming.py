from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Callable

import pytest

from adapters import streaming
from adapters.outlet import Form, Refused, Unchangeable
from adapters.splitting import utf16_length
from adapters.streaming import Delivery, NotShown, Outlet, State, TryAgain, deliver, show_again
from bot.chat import Chat
from bot.errors import BotError, EngineBusy, GenerationFailed, OptedOut
from bot.messages import (
    FinishReason,
    Queued,
    ReplyEnd,
    ReplyEvent,
    ReplyRestart,
    ReplyStart,
    TextDelta,
    Thinking,
)
from storage.store import SqlStore
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL, incoming
from tests.fakes.outlet import FakeOutlet

NEVER = 3_600.0  # seconds that no test waits
AT_ONCE = 0.001

Step = ReplyEvent | Exception | asyncio.Event


class Events:
    """A reply's events. For an `asyncio.Event` among them it waits; an error is raised."""

    def __init__(self, *steps: Step) -> None:
        self.steps = steps
        self.closed = False

    async def __call__(self) -> AsyncGenerator[ReplyEvent, None]:
        """Go through the steps."""
        try:
            for step in self.steps:
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, Exception):
                    raise step
                else:
                    yield step
        finally:
            self.closed = True


async def opened(store: SqlStore, id: str = "m1") -> ReplyStart:
    """A message that is stored, and the begin of the reply to it."""
    stored = await store.add_message(incoming(id))
    reply = await store.start_reply(stored.conversation_id, stored.message_id)
    assert reply is not None
    return ReplyStart(reply.id, reply.trigger, reply.platform_ids)


async def finished(store: SqlStore, text: str, *platform_ids: str) -> ReplyStart:
    """A reply that is stored, and of which the platform has these messages."""
    start = await opened(store)
    await store.record_sent(start.reply_id, platform_ids)
    await store.finish_reply(start.reply_id, text, FinishReason.END)
    return ReplyStart(start.reply_id, start.trigger, platform_ids)


def words(*texts: str) -> list[TextDelta]:
    """Pieces of a reply."""
    return [TextDelta(text) for text in texts]


def end(text: str, reason: FinishReason = FinishReason.END) -> ReplyEnd:
    """The end of a reply."""
    return ReplyEnd(text, reason)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that has no event of its own."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


@pytest.fixture
def outlet() -> FakeOutlet:
    """An empty place."""
    return FakeOutlet()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a reply is tried again at once; an interval is as long as a test says."""
    monkeypatch.setattr(streaming, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(streaming, "SLOWEST", NEVER)


def test_the_fake_is_an_outlet(outlet: FakeOutlet) -> None:
    """A type checker holds the two together."""
    assert isinstance(outlet, FakeOutlet)
    place: Outlet = outlet
    assert place.limit == 2_000


# What is shown, and when


async def test_the_first_words_are_shown_as_soon_as_they_exist(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """However long the pause between edits is; and the end does not wait for it either."""
    gate = asyncio.Event()
    events = Events(await opened(store), *words("はい"), gate, *words("。"), end("はい。"))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=NEVER))
    await until(lambda: outlet.texts == ["はい"])
    assert outlet.states == [State.WRITING]
    gate.set()
    await delivery
    assert list(outlet.messages.values()) == [("はい。", State.DONE)]
    assert outlet.log == ["はい", "はい。"]


async def test_the_place_in_the_queue_does_not_hold_the_first_words_back(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """Where nothing was shown, nothing has to be waited for."""
    gates = [asyncio.Event() for _ in range(2)]
    start = await opened(store)
    events = Events(start, Queued(1, 1.0), gates[0], *words("はい"), gates[1], end("はい"))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=NEVER))
    for _ in range(20):
        await asyncio.sleep(0)
    gates[0].set()
    await until(lambda: outlet.texts == ["はい"])
    gates[1].set()
    await delivery


async def test_a_reply_grows_in_one_message(store: SqlStore, outlet: FakeOutlet) -> None:
    """Each state that can be read is a beginning of the reply."""
    gates = [asyncio.Event() for _ in range(2)]
    events = Events(
        await opened(store),
        *words("今日は"),
        gates[0],
        *words("いい"),
        gates[1],
        *words("天気です。"),
        end("今日はいい天気です。"),
    )
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    for gate, shown in zip(gates, ("今日は", "今日はいい"), strict=True):
        await until(lambda shown=shown: outlet.texts == [shown])  # type: ignore[misc]
        gate.set()
    await delivery
    assert outlet.log == ["今日は", "今日はいい", "今日はいい天気です。"]


async def test_a_platform_is_not_asked_once_for_each_piece(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """What comes within the interval is shown together."""
    start = await opened(store)

    async def events() -> AsyncGenerator[ReplyEvent, None]:
        yield start
        for number in range(30):
            yield TextDelta(f"{number}、")
            await asyncio.sleep(0.002)
        yield end("".join(f"{number}、" for number in range(30)))

    await deliver(events(), outlet, store, interval=NEVER)
    assert outlet.texts == ["".join(f"{number}、" for number in range(30))]
    assert outlet.calls == 2


async def test_the_platform_is_told_that_the_bot_is_busy_until_there_are_words(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """No longer, and also no longer than the reply."""
    gates = [asyncio.Event() for _ in range(2)]
    events = Events(await opened(store), gates[0], *words("はい"), gates[1], end("はい"))
    delivery = asyncio.create_task(deliver(events(), outlet, store))
    await until(lambda: outlet.busy == 1)
    gates[0].set()
    await until(lambda: outlet.texts == ["はい"])
    assert outlet.busy == 0
    gates[1].set()
    await delivery
    await deliver(Events(await opened(store, "m2"), EngineBusy(1))(), outlet, store)
    assert outlet.busy == 0


async def test_an_indicator_that_cannot_be_shown_does_not_cost_the_answer(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """The words are what matters."""
    outlet.indicator = TryAgain("unavailable")
    await deliver(Events(await opened(store), end("はい"))(), outlet, store)
    assert outlet.texts == ["はい"]


async def test_a_stopped_reply_says_so(store: SqlStore, outlet: FakeOutlet) -> None:
    """Below what there is of it; where there is nothing, alone."""
    start = await opened(store)
    await deliver(Events(start, end("途中", FinishReason.STOPPED))(), outlet, store)
    await deliver(Events(start, end("", FinishReason.STOPPED))(), FakeOutlet(), store)
    (text,) = outlet.texts
    assert text.startswith("途中\n") and "stopped" in text


async def test_a_stopped_reply_says_so_outside_its_code(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """An open block is closed first."""
    start = await opened(store)
    await deliver(Events(start, end("```\ncode", FinishReason.STOPPED))(), outlet, store)
    (text,) = outlet.texts
    assert text.startswith("```\ncode\n```\n") and text.count("```") == 2


async def test_what_is_blank_is_not_sent(store: SqlStore, outlet: FakeOutlet) -> None:
    """A platform would refuse it."""
    await deliver(Events(await opened(store), *words("\n", " "))(), outlet, store)
    assert outlet.calls == 0


async def test_a_reply_of_chats_is_shown_and_noted(
    chat: Chat, store: SqlStore, generator: FakeGenerator, outlet: FakeOutlet
) -> None:
    """The ledger knows which messages show it, and that the platform has it."""
    generator.script = [["はい、", "そうです。"]]
    await deliver(chat.respond(incoming("m1")), outlet, store, interval=AT_ONCE)
    assert outlet.texts == ["はい、そうです。"]
    assert await store.undelivered("console") == []
    (shown,) = outlet.messages
    reply = await store.reply_at(CHANNEL, shown)
    assert reply is not None
    await deliver(chat.regenerate(CHANNEL, reply), outlet, store)
    assert list(outlet.messages) == [shown]
    assert outlet.texts == ["m1"]


# Long replies


async def test_a_long_reply_arrives_whole_and_in_order(store: SqlStore, outlet: FakeOutlet) -> None:
    """Ten thousand characters of everything, while they are written and in the end."""
    code = "```python\nfor 猫 in range(3):\n    print(猫)  # 👨‍👩‍👧\n```"
    text, number = "", 0
    while len(text) < 10_000:
        number += 1
        text += f"{number}番目。猫は窓のそばで眠っています😀。The rain fell on 🇯🇵.\n\n{code}\n\n"
    text = text.strip()
    pieces = words(*(text[at : at + 37] for at in range(0, len(text), 37)))
    stops: list[Step] = []
    for piece in pieces:
        stops += [piece, asyncio.Event()]
    events = Events(await opened(store), *stops, end(text))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=0.0))
    for step in stops:
        if isinstance(step, asyncio.Event):
            step.set()
            await asyncio.sleep(0)
    await delivery
    assert 5 < len(outlet.messages) < 12
    assert outlet.states == [State.CONTINUED] * (len(outlet.messages) - 1) + [State.DONE]
    for shown in [*outlet.log, *outlet.texts]:
        assert 0 < utf16_length(shown) <= 2_000
        assert shown.count("```") % 2 == 0
    assert bare("\n".join(outlet.texts)) == bare(text)
    parts = await store.start_reply(await conversation(store), 1)
    assert parts is not None and parts.platform_ids == tuple(outlet.messages)


def bare(text: str) -> str:
    """A text without white space and code blocks' marks, which splitting may add."""
    return re.sub(r"```(python)?|\s", "", text)


async def conversation(store: SqlStore) -> int:
    """The id of the channel's conversation."""
    found = await store.find(CHANNEL)
    assert found is not None
    return found


async def test_a_message_that_is_full_is_not_touched_again(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """Once its buttons are gone, only the last message is edited."""
    gates = [asyncio.Event() for _ in range(3)]
    outlet.limit = 40
    texts = ["あ" * 30, "あ" * 40 + "い" * 10, "あ" * 40 + "い" * 20]
    deltas = words(texts[0], "あ" * 10 + "い" * 10, "い" * 10)
    steps = [step for pair in zip(deltas, gates, strict=True) for step in pair]
    events = Events(await opened(store), *steps, end(texts[-1]))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    for gate, text in zip(gates, texts, strict=True):
        await until(lambda text=text: "".join(outlet.texts) == text)  # type: ignore[misc]
        gate.set()
    await delivery
    assert outlet.log.count("あ" * 40) == 1
    assert outlet.states == [State.CONTINUED, State.DONE]


# Waiting


async def test_a_long_wait_is_told_where_the_reply_will_stand(
    store: SqlStore, outlet: FakeOutlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the place and, if it is known, the time; the reply takes its place."""
    monkeypatch.setattr(streaming, "QUEUE_PATIENCE", 0.01)
    gates = [asyncio.Event() for _ in range(3)]
    events = Events(
        await opened(store),
        Queued(3, 42.4),
        gates[0],
        Queued(2, None),
        gates[1],
        *words("はい"),
        gates[2],
        end("はい"),
    )
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    await until(
        lambda: outlet.texts == ["⏳ 順番待ちです（3番目、約42秒） / In line: 3, about 42 s"]
    )
    gates[0].set()
    await until(lambda: outlet.texts == ["⏳ 順番待ちです（2番目） / In line: 2"])
    gates[1].set()
    await until(lambda: outlet.texts == ["はい"])
    gates[2].set()
    await delivery
    assert list(outlet.messages.values()) == [("はい", State.DONE)]


async def test_a_reply_that_is_thought_about_says_so_until_its_first_words(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """In the message that becomes the reply; nothing of the thought is shown."""
    gates = [asyncio.Event() for _ in range(2)]
    start = await opened(store)
    events = Events(start, Thinking(), gates[0], *words("はい"), gates[1], end("はい"))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    await until(lambda: outlet.texts == ["💭 考えています… / Thinking…"])
    gates[0].set()
    await until(lambda: outlet.texts == ["はい"])
    gates[1].set()
    await delivery
    assert list(outlet.messages.values()) == [("はい", State.DONE)]


@pytest.mark.parametrize(("patience", "seconds"), [(NEVER, 2 * NEVER), (0.01, 0.005)])
async def test_a_short_wait_is_not_worth_a_word(
    store: SqlStore,
    outlet: FakeOutlet,
    monkeypatch: pytest.MonkeyPatch,
    patience: float,
    seconds: float,
) -> None:
    """Neither one that has just begun nor one that is nearly over."""
    monkeypatch.setattr(streaming, "QUEUE_PATIENCE", patience)
    gates, last = [asyncio.Event() for _ in range(2)], Queued(1, seconds)
    start = await opened(store)
    events = Events(start, Queued(2, seconds), gates[0], last, gates[1], end("はい"))
    delivery = Delivery(outlet, store, AT_ONCE)
    showing = asyncio.create_task(delivery.show(events()))
    if patience != NEVER:
        await until(lambda: 0 < delivery.began < time.monotonic() - patience)
    gates[0].set()
    await until(lambda: delivery.queued is last and not delivery.changed.is_set())  # it was seen
    gates[1].set()
    await showing
    assert outlet.log == ["はい"]


# A platform that fails


async def test_a_platform_that_fails_is_asked_again(store: SqlStore, outlet: FakeOutlet) -> None:
    """While the reply is written: the words come, once."""
    outlet.faults = [TryAgain("503")]
    gate = asyncio.Event()
    events = Events(await opened(store), *words("はい"), gate, end("はい。"))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    await until(lambda: outlet.texts == ["はい"])
    gate.set()
    await delivery
    assert outlet.texts == ["はい。"]


async def test_a_part_that_was_sent_twice_shows_the_newest_words(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """The platform showed it and did not say so; asked again, it shows the old words."""
    outlet.late = [TryAgain("the answer was lost")]
    gate = asyncio.Event()
    events = Events(await opened(store), *words("はい"), gate, end("はい、そうです。"))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=NEVER))
    await until(lambda: outlet.texts == ["はい"])
    gate.set()
    await delivery
    assert list(outlet.messages.values()) == [("はい、そうです。", State.DONE)]


async def test_a_part_that_is_complete_when_it_is_sent_twice_shows_all_of_it(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """Also a part that is never edited again because another follows."""
    outlet.limit = 40
    outlet.late = [TryAgain("the answer was lost")]
    gate = asyncio.Event()
    text = "あ" * 40 + "い"
    events = Events(await opened(store), *words("あ" * 20), gate, end(text))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=NEVER))
    await until(lambda: outlet.texts == ["あ" * 20])
    gate.set()
    await delivery
    assert outlet.texts == ["あ" * 40, "い"]


async def test_the_end_of_a_reply_always_arrives(store: SqlStore, outlet: FakeOutlet) -> None:
    """It is tried so often; and what then could not be shown is known to be missing."""
    for faults, shown in ((streaming.LAST_TRIES - 1, ["はい"]), (streaming.LAST_TRIES, [])):
        here, id = FakeOutlet(), f"m{faults}"
        here.faults = [TryAgain("503")] * faults
        start = await opened(store, id)
        await store.finish_reply(start.reply_id, "はい", FinishReason.END)
        await deliver(Events(start, end("はい"))(), here, store)
        assert here.texts == shown
        missing = [reply.trigger for reply in await store.undelivered("console")]
        assert missing == ([] if shown else [id])


async def test_a_call_in_flight_is_not_cut_off_by_the_end(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """What it shows would not be known: the reply would stand there twice, or half."""
    outlet.gate.clear()
    gate = asyncio.Event()
    events = Events(await opened(store), *words("はい"), gate, end("はい。"))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    await until(lambda: outlet.calls == 1)
    gate.set()
    await until(lambda: events.closed)
    for _ in range(20):
        await asyncio.sleep(0)
    assert outlet.calls == 1
    outlet.gate.set()
    await delivery
    assert outlet.log == ["はい", "はい。"]
    assert len(outlet.messages) == 1


async def test_a_reply_whose_message_was_deleted_ends(store: SqlStore, outlet: FakeOutlet) -> None:
    """The model stops, nothing more is sent, and it is not shown again after a restart."""
    gates = [asyncio.Event() for _ in range(2)]
    start = await opened(store)
    await store.finish_reply(start.reply_id, "はい", FinishReason.STOPPED)
    never = asyncio.Event()
    events = Events(start, *words("はい"), gates[0], *words("、"), gates[1], *words("そ"), never)
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    await until(lambda: outlet.texts == ["はい"])
    outlet.messages.clear()
    gates[0].set()
    await until(lambda: outlet.calls == 2)  # the edit that finds nothing
    gates[1].set()
    await delivery
    assert events.closed and outlet.messages == {}
    assert await store.undelivered("console") == []


async def test_a_message_that_is_deleted_before_the_last_edit_is_not_sent_again(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """Who deleted it has seen enough."""
    gate = asyncio.Event()
    start = await opened(store)
    await store.finish_reply(start.reply_id, "はい。", FinishReason.END)
    events = Events(start, *words("はい"), gate, end("はい。"))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=NEVER))
    await until(lambda: outlet.texts == ["はい"])
    outlet.messages.clear()
    gate.set()
    await delivery
    assert outlet.messages == {}
    assert await store.undelivered("console") == []


async def test_a_place_where_the_bot_may_not_write_is_the_callers_to_tell(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """The model stops; the error comes out."""
    outlet.faults = [BotError("I may not write here.", "書き込めません。")]
    gate = asyncio.Event()
    events = Events(await opened(store), *words("はい"), gate, *words("。"), end("はい。"))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    await until(lambda: outlet.calls == 1)
    gate.set()
    with pytest.raises(BotError, match="may not write"):
        await delivery
    assert events.closed and outlet.messages == {}


# What is refused


@pytest.mark.parametrize("fault", [Refused("400"), Unchangeable("old"), BotError("no", "いいえ")])
async def test_no_refused_edit_ends_a_reply_that_is_being_written(
    store: SqlStore, outlet: FakeOutlet, fault: Exception
) -> None:
    """It is left out, and the next one shows all."""
    gates = [asyncio.Event() for _ in range(3)]
    deltas = words("一", "二", "三")
    steps = [step for pair in zip(deltas, gates, strict=True) for step in pair]
    events = Events(await opened(store), *steps, end("一二三"))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    await until(lambda: outlet.texts == ["一"])
    outlet.faults = [fault]
    gates[0].set()
    await until(lambda: outlet.calls == 2)
    assert outlet.texts == ["一"]
    gates[1].set()
    await until(lambda: outlet.texts == ["一二三"])
    gates[2].set()
    await delivery
    assert list(outlet.messages.values()) == [("一二三", State.DONE)]
    assert await store.undelivered("console") == []


async def test_first_words_that_are_refused_are_shown_with_the_next(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """And nothing is sent twice."""
    outlet.faults = [Refused("400")]
    gate = asyncio.Event()
    events = Events(await opened(store), *words("一"), gate, *words("二"), end("一二"))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    await until(lambda: outlet.calls == 1)
    gate.set()
    await delivery
    assert list(outlet.messages.values()) == [("一二", State.DONE)]


async def test_what_is_refused_as_it_is_is_not_tried_again_while_the_reply_is_written(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """A full message of which the platform dislikes something; those behind it are written on."""
    outlet.limit = 40
    outlet.rejects = {"♨"}
    full = "♨" + "あ" * 39
    gates = [asyncio.Event() for _ in range(4)]
    deltas = words("あ", full[1:], "い", "う")
    outlet.messages["old"] = ("…", State.WAITING)
    start = await opened(store)
    start = ReplyStart(start.reply_id, start.trigger, ("old",))
    steps = [step for pair in zip(deltas, gates, strict=True) for step in pair]
    events = Events(start, TextDelta("♨"), *steps, end(full + "あいう"))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    for gate, text in zip(gates[1:], ["あ", "あい", "あいう"], strict=True):
        gates[0].set()
        await until(lambda text=text: outlet.texts[1:] == [text])  # type: ignore[misc]
        calls = outlet.calls
        gate.set()
    assert outlet.texts[0] == "…" and calls <= 6  # five that show more, and one that is refused
    await delivery
    assert outlet.texts == [full, "あいう"]
    assert outlet.written_as["old"] is Form.PLAIN


@pytest.mark.parametrize(("accepted", "form"), [(1, Form.BARE), (2, Form.PLAIN)])
async def test_an_end_that_is_refused_is_shown_in_a_poorer_form(
    store: SqlStore, outlet: FakeOutlet, accepted: int, form: Form
) -> None:
    """First without its buttons, then as plain text; in the same message."""
    gate = asyncio.Event()
    events = Events(await opened(store), *words("はい"), gate, end("はい"))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    await until(lambda: outlet.texts == ["はい"])
    outlet.faults = [Refused("400")] * accepted
    gate.set()
    await delivery
    ((id, shown),) = outlet.messages.items()
    assert shown == ("はい", State.DONE) and outlet.written_as[id] is form


async def test_an_end_that_is_refused_in_every_form_is_shown_in_other_messages(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """In their order, with the ledger knowing them; the old ones go."""
    outlet.limit = 40
    gate = asyncio.Event()
    text = "あ" * 40 + "い" * 40 + "う"
    events = Events(await opened(store), *words(text), gate, end(text + "う"))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    await until(lambda: len(outlet.messages) == 3)
    first, *old = outlet.messages
    outlet.frozen = {old[0], old[1]}
    outlet.faults = [None, TryAgain("503")]  # the first part stays; its successor is asked twice
    gate.set()
    await delivery
    assert outlet.texts == ["あ" * 40, "い" * 40, "うう"]
    assert set(outlet.messages) & {first, *old} == {first, old[0]}
    again = await store.start_reply(await conversation(store), 1)
    assert again is not None and again.platform_ids == tuple(outlet.messages)


async def test_a_middle_part_that_cannot_be_changed_takes_those_behind_it_along(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """What is read must stand in its order."""
    outlet.limit = 40
    for number in range(3):
        outlet.messages[f"old{number}"] = ("古い", State.DONE)
    outlet.frozen = {"old1"}
    start = await opened(store)
    start = ReplyStart(start.reply_id, start.trigger, tuple(outlet.messages))
    text = "あ" * 40 + "い" * 40 + "う"
    await deliver(Events(start, end(text))(), outlet, store)
    assert outlet.texts == ["あ" * 40, "い" * 40, "う"]
    assert next(iter(outlet.messages)) == "old0" and "old2" not in outlet.messages


async def test_a_reply_that_is_taken_in_no_form_is_kept_and_told_to_be_missing(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """The next start tries again."""
    outlet.faults = [Refused("teapot")] * 100
    start = await opened(store)
    await store.finish_reply(start.reply_id, "はい", FinishReason.END)
    with pytest.raises(NotShown, match="teapot"):
        await deliver(Events(start, end("はい"))(), outlet, store)
    outlet.faults.clear()
    await show_missing(store, outlet)
    assert outlet.texts == ["はい"]


# A question that is deleted


async def test_a_reply_whose_question_is_deleted_before_anybody_could_read_it_is_removed(
    store: SqlStore, outlet: FakeOutlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its place in the queue goes, however the platform fails at first; nothing is left."""
    monkeypatch.setattr(streaming, "QUEUE_PATIENCE", 0.01)
    gate = asyncio.Event()
    start = await opened(store)
    await store.finish_reply(start.reply_id, "", FinishReason.GONE)
    events = Events(start, Queued(1, None), gate, end("", FinishReason.GONE))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    await until(lambda: len(outlet.messages) == 1)
    outlet.faults = [TryAgain("503")]
    gate.set()
    await delivery
    assert outlet.messages == {} and outlet.said == []
    assert await store.undelivered("console") == []


async def test_a_reply_whose_question_is_deleted_before_anything_is_shown_shows_nothing(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """Not even that it was stopped."""
    await deliver(Events(await opened(store), end("", FinishReason.GONE))(), outlet, store)
    assert outlet.calls == 0


async def test_a_reply_of_which_something_could_be_read_is_left_as_stopped(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """Though its question is deleted."""
    gate = asyncio.Event()
    events = Events(await opened(store), *words("途中"), gate, end("途中", FinishReason.GONE))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    await until(lambda: outlet.texts == ["途中"])
    gate.set()
    await delivery
    assert list(outlet.messages.values()) == [("途中\n\n(stopped)", State.DONE)]


# Nothing for nothing


async def test_where_nothing_has_changed_nothing_is_asked_of_the_platform_nor_counted(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """A place in the queue that is told again and again, behind words that stand there."""
    gates = [asyncio.Event() for _ in range(2)]
    more = [Queued(1, 1.0)] * 50
    events = Events(await opened(store), *words("はい"), gates[0], *more, gates[1], end("はい"))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=0.0))
    await until(lambda: outlet.texts == ["はい"])
    counted = outlet.counted
    gates[0].set()
    for _ in range(200):
        await asyncio.sleep(0)
    assert outlet.calls == 1 and outlet.counted == counted
    gates[1].set()
    await delivery


# Errors


@pytest.mark.parametrize(("error", "private"), [(EngineBusy(7), False), (OptedOut(), True)])
async def test_an_error_before_anything_is_shown_is_told(
    store: SqlStore, outlet: FakeOutlet, error: BotError, private: bool
) -> None:
    """To the asker alone, where it concerns them alone; also before the reply has begun."""
    await deliver(Events(error)(), outlet, store)
    await deliver(Events(await opened(store), error)(), outlet, store)
    assert outlet.said == [(error.english, private)] * 2
    assert outlet.messages == {}


async def test_an_error_takes_the_place_where_the_reply_would_have_stood(
    store: SqlStore, outlet: FakeOutlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place in the queue does not stand there for ever."""
    monkeypatch.setattr(streaming, "QUEUE_PATIENCE", 0.01)
    gate = asyncio.Event()
    error = GenerationFailed()
    events = Events(await opened(store), Queued(1, None), gate, error)
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    await until(lambda: len(outlet.messages) == 1)
    gate.set()
    await delivery
    assert list(outlet.messages.values()) == [(error.both(), State.NOTE)]
    assert outlet.said == []


async def test_an_error_leaves_what_there_is_of_a_reply_and_is_told_below(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """All of it: also what was written since the last edit."""
    gate = asyncio.Event()
    events = Events(await opened(store), *words("はい"), gate, *words("、でも"), GenerationFailed())
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=NEVER))
    await until(lambda: outlet.texts == ["はい"])
    gate.set()
    await delivery
    assert list(outlet.messages.values()) == [("はい、でも", State.DONE)]
    assert outlet.said == [(GenerationFailed().english, False)]


async def test_an_error_is_told_also_where_the_message_is_gone(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """Silence is no answer."""
    gate = asyncio.Event()
    events = Events(await opened(store), *words("はい"), gate, ReplyRestart(), EngineBusy(7))
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=NEVER))
    await until(lambda: outlet.texts == ["はい"])
    outlet.messages.clear()
    gate.set()
    await delivery
    assert outlet.said == [(EngineBusy(7).english, False)]


async def test_a_delivery_that_is_cancelled_leaves_the_reply_to_be_shown_again(
    chat: Chat, store: SqlStore, generator: FakeGenerator, outlet: FakeOutlet
) -> None:
    """As when the process ends: nothing runs on, and the next start finds what is missing."""
    generator.script = [["はい", asyncio.Event(), "続き"]]
    before = asyncio.all_tasks()
    delivery = asyncio.create_task(deliver(chat.respond(incoming("m1")), outlet, store))
    await until(lambda: outlet.texts == ["はい"])
    delivery.cancel()
    await asyncio.wait([delivery])
    assert delivery.cancelled() and generator.running == 0
    assert asyncio.all_tasks() <= before
    (missing,) = await store.undelivered("console")
    assert missing.partial
    await show_again(missing, outlet, store)
    assert list(outlet.messages.values()) == [("はい\n\n(stopped)", State.DONE)]
    assert await store.undelivered("console") == []


# Once more


async def test_a_reply_that_begins_anew_stands_in_the_same_messages(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """What was written to the old question is gone, also where it took more of them."""
    outlet.limit = 40
    gates = [asyncio.Event() for _ in range(2)]
    events = Events(
        await opened(store),
        *words("あ" * 100),
        gates[0],
        ReplyRestart(),
        gates[1],
        *words("いい"),
        end("いい"),
    )
    delivery = asyncio.create_task(deliver(events(), outlet, store, interval=AT_ONCE))
    await until(lambda: len(outlet.messages) == 3)
    first, *_ = outlet.messages
    gates[0].set()
    await until(lambda: outlet.texts[0] == "…")
    gates[1].set()
    await delivery
    assert outlet.messages == {first: ("いい", State.DONE)}
    again = await store.start_reply(await conversation(store), 1)
    assert again is not None and again.platform_ids == (first,)


async def test_another_attempt_stands_where_the_first_stood(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """Its messages are edited, not sent again; those that are too many are removed."""
    outlet.limit = 40
    for number in range(3):
        outlet.messages[f"old{number}"] = ("古い", State.DONE)
    start = await opened(store)
    start = ReplyStart(start.reply_id, start.trigger, tuple(outlet.messages))
    outlet.faults = [None, None, TryAgain("503")]  # two parts, and the first removal
    await deliver(Events(start, end("あ" * 40 + "い" * 20))(), outlet, store)
    assert outlet.messages == {
        "old0": ("あ" * 40, State.CONTINUED),
        "old1": ("い" * 20, State.DONE),
    }
    again = await store.start_reply(await conversation(store), 1)
    assert again is not None and again.platform_ids == ("old0", "old1")


async def test_a_surplus_message_that_is_gone_already_is_no_matter(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """Somebody was faster."""
    start = await opened(store)
    outlet.messages["old"] = ("古い", State.DONE)
    start = ReplyStart(start.reply_id, start.trigger, ("old", "gone"))
    await deliver(Events(start, end("はい"))(), outlet, store)
    assert outlet.messages == {"old": ("はい", State.DONE)}
    again = await store.start_reply(await conversation(store), 1)
    assert again is not None and again.platform_ids == ("old",)


async def test_an_earlier_attempts_parts_continue_where_it_was_shorter(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """The rest is sent behind it."""
    outlet.limit = 40
    outlet.messages["old"] = ("古い", State.DONE)
    start = await opened(store)
    start = ReplyStart(start.reply_id, start.trigger, ("old",))
    await deliver(Events(start, end("あ" * 60))(), outlet, store)
    assert outlet.texts == ["あ" * 40, "あ" * 20]
    assert next(iter(outlet.messages)) == "old"


async def show_missing(store: SqlStore, outlet: FakeOutlet) -> None:
    """Show the one reply of which the platform may not have everything."""
    (missing,) = await store.undelivered("console")
    await show_again(missing, outlet, store)


async def test_a_stored_reply_is_shown_again(store: SqlStore, outlet: FakeOutlet) -> None:
    """What the platform has is brought up to date, the rest is sent, and it is noted."""
    outlet.limit = 40
    text = "あ" * 40 + "い" * 20
    outlet.messages["p1"] = ("あ" * 10, State.WRITING)
    await finished(store, text, "p1")
    await show_missing(store, outlet)
    assert list(outlet.messages.values()) == [
        ("あ" * 40, State.CONTINUED),
        ("い" * 20, State.DONE),
    ]
    assert await store.undelivered("console") == []


async def test_a_part_that_was_sent_and_not_noted_is_not_shown_half(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """The process ended in between; the platform takes the second sending for the first."""
    outlet.messages["p1"] = ("は", State.WRITING)
    outlet.sent[0, ""] = "p1"
    await finished(store, "はい。")
    await show_missing(store, outlet)
    assert outlet.messages == {"p1": ("はい。", State.DONE)}


async def test_a_stored_reply_that_was_deleted_is_not_shown_again(
    store: SqlStore, outlet: FakeOutlet
) -> None:
    """And not tried at every start."""
    await finished(store, "はい", "gone")
    await show_missing(store, outlet)
    assert outlet.messages == {}
    assert await store.undelivered("console") == []
