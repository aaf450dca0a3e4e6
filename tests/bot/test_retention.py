"""How long messages are kept: what a channel may set, who is told, and that it is enforced."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot import commands
from bot.chat import Chat
from bot.errors import BotError
from bot.forgetting import forget_old, forgetting
from bot.notices import Notice
from bot.ports import Caller
from bot.retention import RETENTION, BadRetention, Retention
from storage.store import SqlStore
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL, incoming

ADMINISTRATOR = Caller(CHANNEL, "u1", administrator=True)
NOW = datetime.now(UTC)


async def told(chat: Chat, text: str, caller: Caller = ADMINISTRATOR) -> Notice:
    """What a command answers."""
    answer = commands.command(chat, caller, text)
    assert answer is not None
    (notice,) = [each async for each in answer if isinstance(each, Notice)]
    return notice


@pytest.mark.parametrize(
    ("days", "longer", "wish", "kept"),
    [
        (None, False, None, None),
        (None, False, "7", 7),
        (None, False, "forever", None),
        (30, False, None, 30),
        (30, False, "7", 7),
        (30, False, "90", 30),
        (30, False, "forever", 30),
        (30, True, "90", 90),
        (30, True, "forever", None),
    ],
)
def test_a_channel_keeps_for_as_long_as_it_wants_within_what_the_operator_allows(
    days: int | None, longer: bool, wish: str | None, kept: int | None
) -> None:
    """Also where the operator's setting became shorter since."""
    settings = {} if wish is None else {RETENTION: wish}
    assert Retention(days, longer).of(settings) == kept
    before = Retention(days, longer).before(wish, NOW)
    assert before == (None if kept is None else NOW - timedelta(days=kept))


@pytest.mark.parametrize(
    "wish", ["0", "-1", "1.5", "soon", "36501", "9" * 50, "１０", "²", "0" * 8 + "10000000"]
)
def test_what_is_no_number_of_days_is_refused(wish: str) -> None:
    """With what would be right."""
    with pytest.raises(BadRetention, match="from 1 to 36,500, forever or default"):
        Retention().checked(wish)


async def test_administrators_set_it_everybody_sees_it(chat: Chat) -> None:
    """By /retention, in both languages, and in /privacy and /context too."""
    anybody = Caller(CHANNEL, "u2")
    assert "until somebody deletes" in (await told(chat, "/retention", anybody)).english
    with pytest.raises(BotError, match="Only administrators"):
        commands.command(chat, anybody, "/retention 7")
    assert "for 7 days" in (await told(chat, "/retention 07")).english
    assert "7日間" in (await told(chat, "/保存期間")).japanese
    await chat.respond(incoming("m1")).aclose()
    for command in ("/privacy", "/context"):
        notice = await told(chat, command, anybody)
        assert "for 7 days" in notice.english and "7日間" in notice.japanese
    assert "until somebody" in (await told(chat, "/retention default")).english


async def test_no_channel_keeps_longer_than_the_operator_allows(chat: Chat) -> None:
    """It is told so, and nothing is changed."""
    chat.retention = Retention(30)
    for wish in ("31", "forever"):
        with pytest.raises(BadRetention, match="at most 30 days"):
            await told(chat, f"/retention {wish}")
    assert await chat.store.settings(CHANNEL) == {}
    assert "for 30 days" in (await told(chat, "/retention 30")).english


async def test_what_is_too_old_is_forgotten_everywhere_and_by_the_engine_too(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """At start, by itself, and not what is newer."""
    for id, days in (("old", 8), ("new", 6)):
        await store.add_message(incoming(id, sent_at=NOW - timedelta(days=days)))
    await told(chat, "/retention 7")
    async with forgetting(chat), asyncio.timeout(20):
        while not generator.forgotten:  # noqa: ASYNC110, no event
            await asyncio.sleep(0.001)
    assert generator.forgotten == [None]
    assert [message.text for _, message in await store.messages_of("console", "u1")] == ["new"]
    assert [turn.text for turn in (await chat.context(CHANNEL)).prompt.turns][-1] == "new"


async def test_where_nothing_is_too_old_nothing_is_touched(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """The cache stays; without any retention no message is looked at."""
    await store.add_message(incoming("a", sent_at=NOW - timedelta(days=4000)))
    assert await forget_old(chat, NOW) == 0
    chat.retention = Retention(5000)
    assert await forget_old(chat, NOW) == 0
    assert generator.forgotten == []
    assert await forget_old(chat, NOW + timedelta(days=2000)) == 1


async def test_an_error_ends_neither_the_bot_nor_the_forgetting(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and tried again."""
    monkeypatch.setattr("bot.forgetting.AGAIN_SECONDS", 0.001)
    tries: list[BaseException] = [ValueError("a fault"), BotError("is locked", "ロック中")]
    done = asyncio.Event()

    async def retentions(*, every: bool) -> list[object]:
        if tries:
            raise tries.pop()
        done.set()
        return []

    monkeypatch.setattr(chat.store, "retentions", retentions)
    async with forgetting(chat), asyncio.timeout(20):
        await done.wait()
    assert "is locked" in caplog.text and "a fault" in caplog.text
