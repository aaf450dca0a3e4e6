"""Each channel is given what it asked for, once a day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.announcing import Announcements
from bot.errors import BotError, EngineBusy
from bot.learning.day.plan import SETTING
from bot.learning.day.running import Days
from bot.messages import ConversationKey
from bot.notices import Notice
from bot.study.study import Study
from storage.store import SqlStore
from tests.bot.study.built import study_file

CHANNEL = ConversationKey("console", "home", "general")
OTHER = ConversationKey("console", "home", "other")
# A Saturday, half past eight in Tokyo.
DUE = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)


class Board:
    """Where it is written what was said. Implements `bot.ports.Announcer`."""

    def __init__(self) -> None:
        self.said: list[tuple[ConversationKey, Notice]] = []
        self.refuses: BotError | None = None

    async def announce(self, conversation: ConversationKey, notice: Notice) -> str:
        """Write it down, or refuse it."""
        if self.refuses is not None:
            raise self.refuses
        self.said.append((conversation, notice))
        return str(len(self.said))


class World:
    """The bot as one process after the other, with a clock that the test sets."""

    def __init__(self, store: SqlStore, study: Study) -> None:
        self.store, self.study = store, study
        self.board = Board()
        self.now = DUE
        self.restart()

    def restart(self) -> None:
        """Another process."""
        self.announcements = Announcements()
        self.days = Days(self.store, self.study, self.announcements, lambda: self.now)

    async def connect(self) -> None:
        """Connect the platform."""
        await self.announcements.connect("console", self.board)

    async def look(self, now: datetime) -> list[str]:
        """Look at the clock; what was said, in English."""
        self.now, before = now, len(self.board.said)
        await self.days.look("console")
        return [notice.english for _, notice in self.board.said[before:]]


@pytest.fixture
async def world(store: SqlStore, study: Study) -> AsyncIterator[World]:
    """A channel that wants a word each day."""
    await store.set_setting(CHANNEL, SETTING, "08:30 Asia/Tokyo n4 word")
    world = World(store, study)
    await world.connect()
    yield world
    world.announcements.disconnect("console")


@pytest.fixture(scope="module")
def study() -> Study:
    """The dictionary."""
    file: Path = study_file()
    return Study(file)


async def test_it_is_given_once_whatever_restarts_and_clock_changes_happen(world: World) -> None:
    """Also where the clock is set back, and another process looks."""
    assert await world.look(DUE - timedelta(minutes=1)) == []
    assert await world.look(DUE) == ["Today's word (N4):"]
    assert await world.look(DUE + timedelta(seconds=20)) == []
    world.restart()
    await world.connect()
    assert await world.look(DUE + timedelta(minutes=1)) == []
    assert await world.look(DUE - timedelta(hours=1)) == []
    assert await world.look(DUE) == []
    (next_day,) = await world.look(DUE + timedelta(days=1))
    assert next_day == "Today's word (N4):"
    first, second = (notice for _, notice in world.board.said)
    assert first.detail != second.detail and first.offers[1].typed.startswith("/save =")


async def test_what_was_missed_in_an_outage_is_not_made_up(world: World) -> None:
    """A restart that takes minutes loses nothing."""
    assert await world.look(DUE + timedelta(hours=1)) == []
    assert await world.look(DUE + timedelta(days=1, minutes=10)) == ["Today's word (N4):"]


async def test_what_is_certainly_not_said_is_said_soon(world: World) -> None:
    """Where the platform is not connected just then; what it refuses is not said again."""
    world.announcements.disconnect("console")
    assert await world.look(DUE) == []
    await world.connect()
    assert await world.look(DUE + timedelta(minutes=1)) == ["Today's word (N4):"]
    world.board.refuses = BotError("No.", "だめです。")
    assert await world.look(DUE + timedelta(days=1)) == []
    world.board.refuses = None
    assert await world.look(DUE + timedelta(days=1, minutes=1)) == []


async def test_one_channel_keeps_no_other_from_its_post(world: World) -> None:
    """Nor does a plan of another version."""
    await world.store.set_setting(OTHER, SETTING, "08:30 Asia/Tokyo n5 topic")
    broken = ConversationKey("console", "home", "broken")
    await world.store.set_setting(broken, SETTING, "at dawn")
    said = await world.look(DUE)
    assert len(said) == 2 and any("Today's topic (N5)" in text for text in said)


async def test_a_sentence_has_no_word_above_the_level(world: World) -> None:
    """And hides what it means."""
    await world.store.set_setting(CHANNEL, SETTING, "08:30 Asia/Tokyo n5 sentence")
    assert await world.look(DUE) == ["Today's sentence (N5):"]
    (_, notice), *_ = world.board.said
    assert notice.offers[0].typed.startswith("/furigana hidden ")


async def test_on_mondays_the_week_is_told_where_there_is_something_to_tell(world: World) -> None:
    """The words that were looked up, of nobody in particular."""
    monday = DUE + timedelta(days=2)
    day = monday.date()
    assert await world.look(monday - timedelta(days=7)) == ["Today's word (N4):"]
    for word in ("猫", "犬", "猫"):
        await world.store.note_looked_up("console", "home", word, day - timedelta(days=2))
    await world.store.note_looked_up("console", "school", "鳥", day)
    assert await world.look(monday) == ["Today's word (N4):", "This group's week:"]
    assert "猫×2、犬" in world.board.said[-1][1].both()
    assert "鳥" not in world.board.said[-1][1].both()


async def test_it_looks_by_itself_while_the_platform_is_connected(world: World) -> None:
    """And ends when it no longer is."""
    (watching,) = world.days._watching.values()
    world.announcements.disconnect("console")
    await asyncio.wait([watching])
    assert world.days._watching == {}


async def test_it_goes_on_looking_where_the_platform_is_connected_again_at_once(
    world: World,
) -> None:
    """Before the one that looked until then has come to its end."""
    await asyncio.sleep(0)  # it begins to wait
    world.announcements.disconnect("console")
    await world.connect()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    (watching,) = world.days._watching.values()
    assert not watching.done() and not watching.cancelling()


async def test_a_dictionary_that_is_busy_loses_no_post(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given at the next look."""

    async def busy(*_: object) -> None:
        raise EngineBusy(1)

    with monkeypatch.context() as patched:
        patched.setattr(world.study, "ask", busy)
        assert await world.look(DUE) == []
    assert await world.look(DUE + timedelta(seconds=20)) == ["Today's word (N4):"]
