"""/review: saved words, one card at a time, to who asks for it alone.

A button names the word, the card's turn and the answer: pressed twice, or delivered twice, it
counts once.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime

from bot.chat import Chat
from bot.command import Answer
from bot.errors import BotError, repeated
from bot.learning import calendar
from bot.learning.calendar import Days, days_of
from bot.learning.ports.reviews import Counts, Rating, WordCard
from bot.learning.profile import checked_zone
from bot.learning.review import scheduling
from bot.learning.review.reviewing import LEECH, is_leech, reviewed
from bot.notices import Notice, Offer
from bot.ports import Caller
from bot.study_commands import review_cards as cards
from bot.study_commands.given import REVIEWS
from bot.study_commands.words import LONGEST_NUMBER

NEW_CARDS = "new_cards"  # a setting of members: how many new words a day
DEFAULT_NEW, MOST_NEW = 10, 999
_NUMBER = rf"\d{{1,{LONGEST_NUMBER}}}"
_PRESSED = re.compile(rf"=({_NUMBER})\.({_NUMBER})(?:\.([1-4]))?")
_SUSPENDS = re.compile(rf"=(suspend|unsuspend)\.({_NUMBER})")
_JAPANESE = {"予定": "due", "取り消し": "undo", "新規": "new", "地域": "zone", "苦手": "hard"}


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody's reviews at a moment."""

    chat: Chat
    who: tuple[str, str]
    days: Days
    limit: int  # new words a day
    at: datetime

    async def counts(self) -> Counts:
        """How many words wait today."""
        today = self.days.day(self.at)
        until = self.days.ends(today)
        return await self.chat.store.count_cards(*self.who, until=until, day=today)

    def new(self, counts: Counts) -> int:
        """How many new words may still be asked today."""
        return max(0, min(counts.new, self.limit - counts.introduced))

    async def next(self, counts: Counts) -> WordCard | None:
        """What is asked now."""
        until = self.days.ends(self.days.day(self.at))
        new = self.new(counts) > 0
        return await self.chat.store.next_card(*self.who, now=self.at, until=until, new=new)


async def review(chat: Chat, caller: Caller, argument: str) -> Answer:
    """The next card; or what a button or an option says."""
    await asyncio.to_thread(scheduling.prepare)
    who = (caller.platform, caller.user_id)
    settings = await chat.store.member_settings(*who)
    limit = _limit(settings.get(NEW_CARDS, ""))
    session = Session(chat, who, days_of(settings), limit, calendar.now())
    argument = argument.strip()
    if (pressed := _PRESSED.fullmatch(argument)) is not None:
        id, turn = int(pressed[1]), int(pressed[2])
        if pressed[3] is None:
            yield await _back(session, id, turn)
        else:
            yield await _answer(session, id, turn, Rating(int(pressed[3])))
        return
    if (suspends := _SUSPENDS.fullmatch(argument)) is not None:
        yield await _suspend(session, int(suspends[2]), suspended=suspends[1] == "suspend")
        return
    option, _, value = argument.partition(" ")
    match _JAPANESE.get(option, option.lower()):
        case "":
            yield await _next(session)
        case "due":
            yield await _due(session)
        case "undo":
            yield await _undo(session)
        case "new":
            yield await _set_new(session, value.strip())
        case "zone":
            yield await _set_zone(session, value.strip())
        case "hard":
            yield cards.troublesome(await chat.store.troublesome(*who, LEECH))
        case _:
            raise BotError(
                f"I do not know that: {repeated(argument)!r}. /review alone begins; after it may "
                f"stand {', '.join(REVIEWS)}.",
                f"「{repeated(argument)}」は使えません。/review だけで始まります。"
                f"うしろには {'、'.join(REVIEWS)} が使えます。",
            )


async def _next(session: Session, said: tuple[str, str] = ("", ""), *undo: Offer) -> Notice:
    """The next card's front, after what is `said`; or that nothing is due."""
    counts = await session.counts()
    found = await session.next(counts)
    if found is not None:
        return cards.front(found, counts, session.new(counts), said, undo)
    due = await session.chat.store.next_due(*session.who)
    limited = counts.new > 0 and session.new(counts) == 0
    return cards.nothing(counts, due, session.at, session.days, said, undo, limited=limited)


async def _back(session: Session, id: int, turn: int) -> Notice:
    found = await session.chat.store.word_card(*session.who, id)
    if found is None:
        return await _next(session, cards.GONE)
    if found.card.turn != turn:
        return await _answered_before(session, found, turn)
    return cards.back(found, session.at, session.days)


async def _answer(session: Session, id: int, turn: int, rating: Rating) -> Notice:
    store = session.chat.store
    found = await store.word_card(*session.who, id)
    if found is None:
        return await _next(session, cards.GONE)
    if found.card.turn != turn:
        return await _answered_before(session, found, turn)
    given, after = reviewed(found.card, rating, session.at, session.days)
    if not await store.answer_card(*session.who, id, given, after):
        again = await store.word_card(*session.who, id)
        if again is None:
            return await _next(session, cards.GONE)
        return await _answered_before(session, again, turn)
    said = cards.said(found.word.text.word, given, after, session.at, session.days)
    offers = [cards.UNDO]
    if is_leech(after) and after.lapses > found.card.lapses:
        named = cards.leech(found.word.text.word, after.lapses)
        said = (f"{said[0]} {named[0]}", f"{said[1]}{named[1]}")
        offers.append(cards.suspending(id))
    return await _next(session, said, *offers)


async def _answered_before(session: Session, found: WordCard, turn: int) -> Notice:
    """A button of an earlier turn: what it did then, and nothing more."""
    given = await session.chat.store.review_of(*session.who, found.word.id, turn)
    return cards.answered_before(found, given, session.at, session.days)


async def _undo(session: Session) -> Notice:
    undone = await session.chat.store.undo_review(*session.who)
    if undone is None:
        return Notice(
            "There is no answer to take back.", "取り消せる回答はありません。", offers=(cards.NEXT,)
        )
    word = undone.word.text.word
    said = (
        f"Took back your last answer, to {word}.",
        f"「{word}」への最後の回答を取り消しました。",
    )
    counts = await session.counts()
    return cards.front(undone, counts, session.new(counts), said, (cards.UNDO,))


async def _due(session: Session) -> Notice:
    counts = await session.counts()
    due = await session.chat.store.next_due(*session.who)
    return cards.waiting(counts, session.new(counts), due, session.at, session.days)


async def _suspend(session: Session, id: int, *, suspended: bool) -> Notice:
    found = await session.chat.store.suspend_card(*session.who, id, suspended)
    if found is None:
        return await _next(session, cards.GONE)
    word = found.word.text.word
    if suspended:
        return Notice(
            f"{word} rests: it is not asked until you take it up again.",
            f"「{word}」を休ませました。再開するまで出題しません。",
            offers=(cards.resuming(id), cards.NEXT),
        )
    return Notice(
        f"{word} is asked again.",
        f"「{word}」の出題を再開しました。",
        offers=(cards.NEXT, cards.suspending(id)),
    )


async def _set_new(session: Session, value: str) -> Notice:
    if not value:
        return Notice(
            f"At most {session.limit} new words a day. /review new 5 changes that.",
            f"新しい言葉は1日{session.limit}語までです。/review new 5 のように変えられます。",
        )
    if not (value.isdecimal() and len(value) <= 3):
        raise BotError(
            f"New words a day: a number from 0 to {MOST_NEW}, like /review new 5",
            f"1日の新しい言葉の数を0から{MOST_NEW}で指定してください。例：/review new 5",
        )
    limit = int(value)
    await session.chat.store.set_member_setting(*session.who, NEW_CARDS, str(limit))
    return Notice(
        f"From now on at most {limit} new words a day.",
        f"これから、新しい言葉は1日{limit}語までにします。",
        offers=(cards.NEXT,),
    )


async def _set_zone(session: Session, value: str) -> Notice:
    begins = calendar.DAY_BEGINS
    if not value:
        zone = session.days.zone.key
        return Notice(
            f"Your days are those of {zone}; they change at {begins} in the morning. "
            "/review zone Europe/Berlin changes that.",
            f"1日は{zone}の時刻で、朝{begins}時に切り替わります。"
            "/review zone Europe/Berlin のように変えられます。",
        )
    named = await asyncio.to_thread(checked_zone, value)
    await session.chat.store.set_member_setting(*session.who, calendar.ZONE, named)
    return Notice(
        f"Your days are those of {named} now; they change at {begins} in the morning.",
        f"これから、1日は{named}の時刻で、朝{begins}時に切り替わります。",
        offers=(cards.NEXT,),
    )


def _limit(kept: str) -> int:
    return int(kept) if kept.isdecimal() and len(kept) <= 3 else DEFAULT_NEW
