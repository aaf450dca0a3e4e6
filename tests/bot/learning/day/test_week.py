"""What a group did in a week."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.learning.day.week import streak, summary
from bot.learning.ports.quizzes import Attempt, Step
from bot.messages import ConversationKey
from storage.store import SqlStore

CHANNEL = ConversationKey("console", "home", "general")
DAY = date(2026, 11, 30)
TOKYO = ZoneInfo("Asia/Tokyo")


async def quiz(store: SqlStore, at: datetime, channel: ConversationKey = CHANNEL) -> None:
    """A quiz of one question, which 田中 got right and 鈴木 did not."""
    begun = await store.begin_quiz(channel, "home", "u1", "", [(1, "q")], at)
    assert begun is not None
    assert await store.claim(begun.id, 0, Step.ASK, at)
    await store.asked(begun.id, 0, at + timedelta(seconds=20))
    people = (("u1", "田中", True), ("u2", "鈴木", False))
    await store.answer(
        [
            Attempt(begun.id, 0, "console", user, name, "a", right, True, at)
            for user, name, right in people
        ]
    )
    await store.end_quiz(begun.id, at)


def moment(day: int, hour: int) -> datetime:
    """A moment in November."""
    return datetime(2026, 11, day, hour, tzinfo=UTC)


async def test_a_week_has_its_words_its_quizzes_and_who_did_best(store: SqlStore) -> None:
    """Of the channel alone, and the days in a row are those of the zone."""
    await store.note_looked_up("console", "home", "猫", DAY)
    for at in (moment(20, 9), moment(28, 9), moment(28, 16), moment(29, 9)):
        await quiz(store, at)
    await quiz(store, moment(27, 9), ConversationKey("console", "home", "other"))
    told = await summary(store, CHANNEL, DAY, TOKYO)
    assert told is not None
    assert told.in_one(japanese=False).splitlines() == [
        "This group's week:",
        "📖 Looked up: 猫",
        "🏆 3 quizzes",
        "  1. 田中  9 points",
        "🔥 2 days in a row with a quiz",
    ]
    assert await summary(store, ConversationKey("console", "x", "y"), DAY, TOKYO) is None


def test_a_streak_stands_until_a_day_has_passed_without() -> None:
    """The day itself may yet come."""
    days = {date(2026, 11, 28), date(2026, 11, 29)}
    assert streak(days, date(2026, 11, 29)) == streak(days, date(2026, 11, 30)) == 2
    assert streak(days, date(2026, 12, 1)) == 0
