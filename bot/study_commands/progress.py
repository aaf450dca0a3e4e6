"""/progress: how far one has come, in lines and as a picture, to who asks for it alone."""

from __future__ import annotations

from bot.chat import Chat
from bot.command import Answer
from bot.language import reads_japanese
from bot.learning import calendar
from bot.learning.calendar import days_of
from bot.learning.progress import AHEAD, BACK, Progress, Stage, progress
from bot.learning.progress_picture import progress_picture
from bot.notices import File, Notice, Offer, Span, either, lines, spans
from bot.ports import Caller
from bot.study.levels import Level

_STAGES = {
    Stage.NEW: ("new", "新規"),
    Stage.LEARNING: ("learning", "学習中"),
    Stage.REVIEW: ("review", "復習"),
    Stage.KNOWN: ("known well", "定着"),
    Stage.SUSPENDED: ("resting", "休み"),
}
_OFFERS = (Offer("Review", "復習", "review"), Offer("My words", "単語帳", "words"))


async def progress_of(chat: Chat, caller: Caller, argument: str) -> Answer:
    """What is due, what was remembered, days in a row, and where the words stand."""
    who = (caller.platform, caller.user_id)
    days = days_of(await chat.store.member_settings(*who))
    standings = await chat.store.standings(*who)
    tallies = await chat.store.tallies(*who)
    at = calendar.now()
    japanese = bool(await reads_japanese(chat.store, caller))

    def drawn() -> tuple[Progress, bytes]:
        entries = {each.entry for each in standings if each.entry is not None}
        levels = chat.study.dictionary.levels(entries) if entries else {}
        found = progress(standings, tallies, levels, at, days)
        return found, progress_picture(found, japanese=japanese)

    if not standings:
        yield Notice(
            "You have saved no words yet. /save 食べる saves one; /review then asks it.",
            "まだ言葉を保存していません。/save 食べる のように保存すると、/review で復習できます。",
        )
        return
    found, picture = await chat.study.ask(drawn)
    yield Notice(
        *_sentences(found),
        lines(_detail(found)),
        file=File("progress.png", picture),
        offers=_OFFERS,
    )


def _sentences(found: Progress) -> tuple[str, str]:
    words = "word" if found.words == 1 else "words"
    english = (
        f"{found.words:,} {words}; {found.due[0]:,} due today, {sum(found.due):,} in {AHEAD} days."
    )
    japanese = (
        f"保存した言葉{found.words:,}語。今日の復習は{found.due[0]:,}語、{AHEAD}日間で"
        f"{sum(found.due):,}語です。"
    )
    if found.retention is not None:
        english += f" In the last {BACK} days you remembered {found.retention:.0%} of what was due."
        japanese += f"この{BACK}日間は、復習の{found.retention:.0%}を覚えていました。"
    if found.streak:
        days = "day" if found.streak == 1 else "days"
        english += f" {found.streak:,} {days} in a row."
        japanese += f"{found.streak:,}日連続です。"
    return english, japanese


def _detail(found: Progress) -> list[tuple[Span, ...]]:
    stages: list[str | Span] = []
    for stage, names in _STAGES.items():
        if count := found.stages.get(stage, 0):
            stages += [*(["・"] if stages else []), either(*names), f" {count:,}"]
    levels: list[str | Span] = []
    for level in (*Level, None):
        if count := found.levels.get(level, 0):
            named = either("unlisted", "リスト外") if level is None else level.name
            levels += [*(["・"] if levels else []), named, f" {count:,}"]
    week = "・".join(f"{count:,}" for count in found.due[:7])
    return [
        spans(either("By stage: ", "段階："), *stages),
        spans(either("By level (unofficial): ", "レベル（非公式）："), *levels),
        spans(either("Due in the next 7 days: ", "7日間の復習："), week),
    ]
