"""What a group did in a week: words looked up, quizzes, streaks."""

from __future__ import annotations

from datetime import date, timedelta

from bot.learning.group import group_of
from bot.messages import ConversationKey
from bot.notices import Notice, Span, bold, either, lines
from bot.ports import Store

DAYS = 7
MOST_WORDS = 10


async def summary(store: Store, channel: ConversationKey, day: date) -> Notice | None:
    """The week before a day; None where nothing happened. Names only what a group did together,
    and of people how they did in quizzes."""
    since = day - timedelta(days=DAYS)
    looked_up = await store.looked_up_since(channel.platform, group_of(channel), since, MOST_WORDS)
    shown: list[tuple[Span, ...]] = []
    if looked_up:
        words = "、".join(f"{word}×{times}" if times > 1 else word for word, times in looked_up)
        shown.append((bold("📖 "), either("Looked up", "調べた言葉"), Span(f": {words}")))
    if not shown:
        return None
    return Notice("This group's week:", "この1週間：", lines(shown))
