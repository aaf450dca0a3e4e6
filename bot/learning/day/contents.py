"""What a channel is given on a day: chosen by the dictionary, and what does not come again soon.

The same for the same channel and day, whichever process chooses it.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.learning.day.topics import TOPICS
from bot.notices import Notice, Offer, Span, Style, bold, lines, spans
from bot.study.levels import Level, above
from bot.study.lexicon.dictionary import Dictionary
from bot.study.lexicon.entries import Entry, Example

REMEMBERED = 200  # posts that do not come again
_TRIES = 60  # words that are looked at for a sentence that will do
_LONGEST = 40  # characters of a day's sentence


@dataclass(frozen=True, slots=True)
class Post:
    """What is said. `what` names it, so that it does not come again soon."""

    what: str
    notice: Notice


def post(kind: str, level: str, dictionary: Dictionary, before: Collection[str], seed: str) -> Post:
    """The post of a kind (plan.KINDS) for a level. `before`: what was given; `seed`: of the
    channel and day. Takes some milliseconds, and the first of a level 50. Raises BotError where
    the dictionary cannot be read."""
    dice = random.Random(seed)
    if kind == "topic":
        return _topic(level, before, dice)
    words = _words(Level[level.upper()], dictionary, before, dice)
    return _sentence(level, words, dictionary) if kind == "sentence" else _word(level, words[0])


def _topic(level: str, before: Collection[str], dice: random.Random) -> Post:
    all_of_them = TOPICS[level]
    fresh = [topic for topic in all_of_them if topic.japanese not in before] or all_of_them
    topic = dice.choice(fresh)
    notice = Notice(
        f"Today's topic ({level.upper()}): {topic.english}",
        f"今日の話題（{level.upper()}）：{topic.japanese}",
        offers=(Offer("Readings", "読み", "furigana", f"hidden {topic.japanese}"),),
    )
    return Post(topic.japanese, notice)


def _words(
    level: Level, dictionary: Dictionary, before: Collection[str], dice: random.Random
) -> Sequence[Entry]:
    """Words of a level in the order in which they are tried, those that were given last."""
    ranks = list(dictionary.stored.listed(level))
    dice.shuffle(ranks)
    some = [dictionary.stored.entry(rank) for rank in ranks[: REMEMBERED + _TRIES]]
    return sorted(some, key=lambda entry: str(entry.id) in before)


def _word(level: str, entry: Entry) -> Post:
    read = f"【{entry.reading}】" if entry.reading != entry.headword else ""
    notice = Notice(
        f"Today's word ({level.upper()}):",
        f"今日の言葉（{level.upper()}）：",
        spans(
            bold(entry.headword),
            f"{read}\n",
            Span("; ".join(entry.senses[0].glosses[:3]), Style.HIDDEN),
        ),
        offers=_offers(entry),
    )
    return Post(str(entry.id), notice)


def _sentence(level: str, words: Sequence[Entry], dictionary: Dictionary) -> Post:
    """A sentence with one of the words, and none above the level where there is such one."""
    otherwise: Post | None = None
    for entry in words[:_TRIES]:
        for example in dictionary.examples(entry, 5):
            if len(example.japanese) > _LONGEST:
                continue
            found = Post(str(entry.id), _said(level, entry, example))
            if not above(example.japanese, Level[level.upper()], dictionary):
                return found
            otherwise = otherwise or found
    return otherwise or _word(level, words[0])


def _said(level: str, entry: Entry, example: Example) -> Notice:
    readings = Offer("Readings", "読み", "furigana", f"hidden {example.japanese}")
    return Notice(
        f"Today's sentence ({level.upper()}):",
        f"今日の文（{level.upper()}）：",
        lines([spans(bold(example.japanese)), (Span(example.english, Style.HIDDEN),)]),
        offers=(readings, *_offers(entry)),
    )


def _offers(entry: Entry) -> tuple[Offer, ...]:
    return (
        Offer(entry.headword, entry.headword, f"jisho ={entry.id}"),
        Offer("Save", "保存", "save", f"={entry.id}"),
    )
