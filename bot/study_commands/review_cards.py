"""What /review shows: the two sides of a card, what waits, what an answer did. It decides
nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.learning.calendar import Days
from bot.learning.ports.reviews import Card, Counts, Rating, Review, WordCard
from bot.learning.review.reviewing import LEECH, is_leech, prospects
from bot.notices import Notice, Offer, Span, bold, lines, spans

MOST_LISTED = 10
NAMES = {
    Rating.AGAIN: ("Again", "もう一度"),
    Rating.HARD: ("Hard", "難しい"),
    Rating.GOOD: ("Good", "普通"),
    Rating.EASY: ("Easy", "簡単"),
}
NEXT = Offer("Next card", "次のカード", "review")
UNDO = Offer("Undo", "取り消し", "review undo")
_LIST = Offer("My words", "単語帳", "words")
_PROGRESS = Offer("Progress", "進み具合", "progress")
GONE = (
    "That word is not among yours (any more).",
    "その言葉は単語帳にありません（もう削除されています）。",
)
Both = tuple[str, str]  # English, Japanese


def suspending(id: int) -> Offer:
    """The button by which a word rests."""
    return Offer("Suspend", "休ませる", f"review =suspend.{id}")


def resuming(id: int) -> Offer:
    """The button by which it is asked again."""
    return Offer("Resume", "再開", f"review =unsuspend.{id}")


def when(due: datetime, at: datetime, days: Days) -> Both:
    """When a word comes, as one says it: in minutes, or on a day."""
    ahead = max(due - at, timedelta())
    minutes = -(-ahead // timedelta(minutes=1))
    if minutes < 60:
        return f"{minutes} min", f"{minutes}分"
    day, today = days.day(due), days.day(at)
    if day == today:
        return f"{minutes // 60} h", f"{minutes // 60}時間"
    year = (f" {day.year}", f"{day.year}年") if day.year != today.year else ("", "")
    return f"{day:%b} {day.day}{year[0]}", f"{year[1]}{day.month}月{day.day}日"


def then(due: datetime, at: datetime, days: Days) -> Both:
    """When a word comes, in a sentence."""
    english, japanese = when(due, at, days)
    soon = days.day(due) == days.day(at) or due - at < timedelta(hours=1)
    return (f"in {english}", f"{japanese}後") if soon else (f"on {english}", japanese)


def waits(counts: Counts, new: int) -> Both:
    """How many words wait."""
    return (
        f"New {new} · learning {counts.learning} · due {counts.due}",
        f"新規{new}・学習中{counts.learning}・復習{counts.due}",
    )


def front(found: WordCard, counts: Counts, new: int, said: Both, offers: Sequence[Offer]) -> Notice:
    """The word, and where it stood."""
    english, japanese = waits(counts, new)
    show = Offer("Show", "答え", f"review ={found.word.id}.{found.card.turn}")
    text = found.word.text
    shown = [spans(bold(text.word))]
    shown += [spans(f"　{text.sentence}")] if text.sentence else []
    return Notice(
        f"{said[0]} Do you remember it? ({english})".strip(),
        f"{said[1]}覚えていますか。（{japanese}）",
        lines(shown),
        offers=(show, *offers),
    )


def back(found: WordCard, at: datetime, days: Days) -> Notice:
    """What it means and how it is read; how well it was remembered, each with its next date."""
    text, id, turn = found.word.text, found.word.id, found.card.turn
    reading = f"【{text.reading}】" if text.reading != text.word else ""
    shown: list[tuple[Span, ...]] = [spans(bold(text.word), reading), spans(text.meaning)]
    shown += [spans(f"　{text.sentence}")] if text.sentence else []
    offers = []
    for rating, due in prospects(found.card, at, days).items():
        english, japanese = NAMES[rating]
        date = when(due, at, days)
        offers.append(
            Offer(
                f"{english} · {date[0]}",
                f"{japanese}・{date[1]}",
                f"review ={id}.{turn}.{int(rating)}",
            )
        )
    english, japanese = "How well did you know it?", "どのくらい覚えていましたか。"
    if is_leech(found.card):
        named = leech(text.word, found.card.lapses)
        english, japanese = f"{named[0]} {english}", f"{named[1]}{japanese}"
        offers.append(suspending(id))
    return Notice(english, japanese, lines(shown), offers=tuple(offers))


def said(word: str, given: Review, after: Card, at: datetime, days: Days) -> Both:
    """What an answer did."""
    english, japanese = NAMES[given.rating]
    date = then(after.due, at, days)
    if not given.counted:
        return (
            f"{word} was asked early, so this does not count; it comes as before, {date[0]}.",
            f"「{word}」はまだ予定前なので、この回答は数えません。予定はそのままです"
            f"（次は{date[1]}）。",
        )
    return f"{word}: {english}, next {date[0]}.", f"「{word}」：{japanese}（次は{date[1]}）。"


def answered_before(found: WordCard, given: Review | None, at: datetime, days: Days) -> Notice:
    """A button of a turn that is over."""
    word = found.word.text.word
    if given is None:
        return Notice(
            f"That card of {word} is over: its answer was taken back, or another came since.",
            f"「{word}」のこのカードは終わっています（回答が取り消されたか、別の回答がありました）。",
            offers=(NEXT,),
        )
    english, japanese = NAMES[given.rating]
    date = then(found.card.due, at, days)
    return Notice(
        f"You answered that already: {word}, {english}. It comes again {date[0]}. Nothing was "
        "counted twice.",
        f"もう回答しています：「{word}」は{japanese}（次は{date[1]}）。二重には数えていません。",
        offers=(NEXT, UNDO),
    )


def nothing(
    counts: Counts,
    due: datetime | None,
    at: datetime,
    days: Days,
    said: Both,
    offers: Sequence[Offer],
    *,
    limited: bool,
) -> Notice:
    """That nothing is to be asked now, and when something is. `limited`: new words wait for
    another day."""
    english, japanese = f"{said[0]} Nothing is due now.".strip(), f"{said[1]}今は復習がありません。"
    if due is not None:
        date = then(due, at, days)
        english += f" The next comes {date[0]}."
        japanese += f"次は{date[1]}です。"
    if limited:
        english += f" {counts.new} new words wait for tomorrow; /review new N sets how many a day."
        japanese += f"新しい言葉{counts.new}語は明日以降です（1日の数は /review new 数）。"
    if due is None and not limited and not counts.new:
        english += " /save 食べる saves a word to be asked."
        japanese += "/save 食べる のように保存した言葉を出題します。"
    return Notice(english, japanese, offers=(*offers, _LIST, _PROGRESS))


def waiting(counts: Counts, new: int, due: datetime | None, at: datetime, days: Days) -> Notice:
    """What waits today, and when the next comes."""
    english, japanese = waits(counts, new)
    english, japanese = f"{english}.", f"{japanese}。"
    if due is not None and due > at:
        date = then(due, at, days)
        english, japanese = f"{english} The next comes {date[0]}.", f"{japanese}次は{date[1]}です。"
    return Notice(english, japanese, offers=(NEXT, _PROGRESS))


def leech(word: str, lapses: int) -> Both:
    """What to do about a word that was forgotten so often."""
    return (
        f"{word} was forgotten {lapses} times. Try a picture or a story for it, save it with "
        "another sentence, or let it rest.",
        f"「{word}」は{lapses}回忘れています。語呂や絵で覚える、別の文と一緒に保存する、"
        "しばらく休ませるなどを試してみてください。",
    )


def troublesome(found: Sequence[WordCard]) -> Notice:
    """What is forgotten again and again, and what rests."""
    if not found:
        return Notice(
            f"No word was forgotten {LEECH} times, and none rests.",
            f"{LEECH}回以上忘れた言葉も、休ませている言葉もありません。",
            offers=(NEXT,),
        )
    shown, offers = [], []
    for each in found[:MOST_LISTED]:
        word, card = each.word.text, each.card
        rests = "　💤" if card.suspended else ""
        shown.append(spans(bold(word.word), f"  ×{card.lapses}{rests}  {word.meaning}"))
        named = word.word[:20]
        if card.suspended:
            offers.append(
                Offer(f"Resume {named}", f"{named}を再開", f"review =unsuspend.{each.word.id}")
            )
        else:
            offers.append(
                Offer(f"Suspend {named}", f"{named}を休ませる", f"review =suspend.{each.word.id}")
            )
    if len(found) > MOST_LISTED:
        shown.append(spans(f"… +{len(found) - MOST_LISTED}"))
    return Notice(
        "Words that are forgotten again and again (× times), or rest (💤). A picture, a story or "
        "another sentence may help.",
        "何度も忘れている言葉（×回数）と、休ませている言葉（💤）。絵や語呂、別の文が役に立つことも"
        "あります。",
        lines(shown),
        offers=(*offers, NEXT),
    )
