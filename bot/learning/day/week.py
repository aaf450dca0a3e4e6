"""What a group did in a week: words looked up, quizzes and who did best in them, days in a row."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta, tzinfo

from bot.learning.group import group_of
from bot.learning.ports.quizzes import Score
from bot.messages import ConversationKey
from bot.notices import Notice, Span, either, lines, spans
from bot.ports import Store

DAYS = 7
MOST_WORDS, MOST_PEOPLE = 10, 5
LONGEST_STREAK = 366  # days that are looked at


async def summary(store: Store, channel: ConversationKey, day: date, zone: tzinfo) -> Notice | None:
    """The seven days up to a day, which begins in this zone; None where nothing happened.

    Of people it names those who did best in quizzes that all could see.
    """
    since = day - timedelta(days=DAYS)
    words = await store.looked_up_since(channel.platform, group_of(channel), since, MOST_WORDS)
    begins = datetime.combine(since, time(), zone)
    scores = await store.scores(channel, begins, MOST_PEOPLE)
    before = datetime.combine(day - timedelta(days=LONGEST_STREAK), time(), zone)
    began = await store.quizzes_since(channel, before)
    quizzes = sum(moment >= begins for moment in began)
    shown = [*_words(words), *_quizzes(quizzes, scores)]
    if not shown:
        return None
    days = streak({moment.astimezone(zone).date() for moment in began}, day)
    if days > 1:
        shown.append(
            (Span("🔥 "), either(f"{days} days in a row with a quiz", f"{days}日連続でクイズ"))
        )
    return Notice("This group's week:", "この1週間：", lines(shown))


def streak(days: Collection[date], day: date) -> int:
    """How many days in a row there were, up to a day or the one before it."""
    last = day if day in days else day - timedelta(days=1)
    length = 0
    while last - timedelta(days=length) in days:
        length += 1
    return length


def _words(looked_up: Collection[tuple[str, int]]) -> list[tuple[Span, ...]]:
    if not looked_up:
        return []
    named = "、".join(f"{word}×{times}" if times > 1 else word for word, times in looked_up)
    return [spans("📖 ", either("Looked up", "調べた言葉"), f": {named}")]


def _quizzes(count: int, scores: Collection[Score]) -> list[tuple[Span, ...]]:
    if not count:
        return []
    counted = either(f"{count} quizzes" if count > 1 else "1 quiz", f"クイズ{count}回")
    best = [
        spans(
            f"  {place}. {score.name or '—'}  ",
            either(f"{score.points} points", f"{score.points}点"),
        )
        for place, score in enumerate(scores, 1)
        if score.points
    ]
    return [(Span("🏆 "), counted), *best]
