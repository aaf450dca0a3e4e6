"""The replies that are on their way, over any platform."""

from __future__ import annotations

import asyncio

import pytest

from adapters import delivery, streaming
from adapters.delivery import Deliveries
from adapters.outlet import Refused, TryAgain
from bot.chat import Chat
from bot.errors import BotError, GenerationFailed
from storage.store import SqlStore
from tests.adapters.test_streaming import until
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL, incoming
from tests.fakes.outlet import FakeOutlet


@pytest.fixture
def deliveries(chat: Chat) -> Deliveries:
    """Nothing is on its way yet."""
    return Deliveries(chat, 0.001)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails is tried again at once, and nobody is waited for long."""
    monkeypatch.setattr(streaming, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(delivery, "LAST_SECONDS", 0.1)


async def test_a_message_is_being_written_until_its_reply_is_complete(
    deliveries: Deliveries, chat: Chat, generator: FakeGenerator
) -> None:
    """That is known of the replies that are on their way, and of no others."""
    end, outlet = asyncio.Event(), FakeOutlet()
    generator.script = [["はい", end]]
    deliveries.start(deliveries.show(CHANNEL, chat.respond(incoming("m1")), outlet))
    await until(lambda: outlet.texts == ["はい"])
    (id,) = outlet.messages
    assert deliveries.answering() == [CHANNEL]
    assert deliveries.is_written(CHANNEL, id)
    assert not deliveries.is_written(CHANNEL, "another")
    end.set()
    await until(lambda: outlet.left == [False])
    assert not deliveries.is_written(CHANNEL, id) and deliveries.answering() == []


@pytest.mark.parametrize(
    "error", [BotError("no", "いいえ"), RuntimeError("boom"), TryAgain("503"), Refused("400")]
)
async def test_whatever_happens_to_a_reply_its_place_is_left(
    deliveries: Deliveries, chat: Chat, generator: FakeGenerator, error: Exception
) -> None:
    """So that nothing waits there for ever, and nothing is remembered of it."""
    outlet = FakeOutlet(indicator=error)
    generator.script = [["はい"]]
    await deliveries.show(CHANNEL, chat.respond(incoming("m1")), outlet)
    assert outlet.left == [False] and deliveries.answering() == []


async def test_a_reply_that_nobody_foresaw_to_fail_is_told_to_have_failed(
    deliveries: Deliveries, chat: Chat, generator: FakeGenerator
) -> None:
    """Silence is no answer."""
    outlet = FakeOutlet(indicator=RuntimeError("boom"))
    await deliveries.show(CHANNEL, chat.respond(incoming("m1")), outlet)
    assert outlet.said == [(GenerationFailed().english, False)]


async def test_the_end_of_the_process_leaves_a_place_as_cut_off(
    deliveries: Deliveries, chat: Chat, generator: FakeGenerator, store: SqlStore
) -> None:
    """It may have promised an answer."""
    outlet = FakeOutlet()
    generator.script = [[asyncio.Event()]]
    deliveries.start(deliveries.show(CHANNEL, chat.respond(incoming("m1")), outlet))
    await until(lambda: outlet.busy == 1)
    await deliveries.wind_down(0.0)
    assert outlet.left == [True]


async def test_a_stored_reply_leaves_its_place_too(
    deliveries: Deliveries, chat: Chat, generator: FakeGenerator, store: SqlStore
) -> None:
    """Whether or not it could be shown."""
    broken, outlet = FakeOutlet(faults=[TryAgain("503")] * 100), FakeOutlet()
    generator.script = [["はい"]]
    await deliveries.show(CHANNEL, chat.respond(incoming("m1")), broken)
    (missing,) = await store.undelivered("console")
    broken.faults = [Refused("400")] * 100
    await deliveries.show_stored(missing, broken)
    await deliveries.show_stored(missing, outlet)
    assert broken.left == [False, False] and outlet.left == [False]
    assert outlet.texts == ["はい"]
