"""/correct: the model's rewrite of a learner's text, as what it would change."""

from __future__ import annotations

from collections.abc import Sequence

from bot.chat import Chat
from bot.command import Answer
from bot.notices import Notice, Offer, Span, Style, lines, spans
from bot.ports import Caller
from bot.study.correction import rewriting
from bot.study.correction.differences import Change, check, differences, is_same
from bot.study.correction.rewriting import Preset
from bot.study_commands import given

MOST_TOKENS = 512
_LABELS = {
    Preset.CORRECT: ("Correct", "直す"),
    Preset.POLITE: ("Polite", "ていねいに"),
    Preset.CASUAL: ("Casual", "くだけた形に"),
}


async def correct(chat: Chat, caller: Caller, argument: str) -> Answer:
    """The model's rewrite of a text, labelled a suggestion."""
    chosen, text = given.option(argument, given.PRESETS, Preset.CORRECT)
    preset = Preset(chosen)
    text = given.japanese(text, "/correct 昨日、映画を見るました。", given.LONGEST_SENTENCE)
    if (lacking := chat.study.lacking()) is not None:
        raise lacking
    turns = rewriting.turns(text, preset)
    reply = await chat.aside(caller, turns, max_new_tokens=MOST_TOKENS)
    rewritten = rewriting.cleaned(reply, text)
    offers = tuple(
        Offer(*_LABELS[other], f"correct {other}", text) for other in Preset if other is not preset
    )
    if rewritten is None:
        yield Notice(
            "The model had no usable suggestion for that. It may be too small for this, or the "
            "text too unusual.",
            "モデルからは使える提案が得られませんでした。モデルが小さいか、文が特殊なのかもしれません。",
            offers=offers,
        )
        return
    if is_same(text, rewritten):
        yield Notice(
            "No change: the model would leave it as it is. That is a suggestion, not a teacher's "
            "word.",
            "変更なし：モデルはこのままでよいと見ています（提案であり、先生の判断ではありません）。",
            offers=offers,
        )
        return
    changes = await chat.study.ask(_checked, chat, text, rewritten)
    yield Notice(
        "The model's suggestion; it may be wrong.",
        "モデルの提案です。間違っていることもあります。",
        lines([_marked(changes), spans(f"→ {rewritten}"), *_unknown(changes)]),
        offers=offers,
    )


def _checked(chat: Chat, before: str, after: str) -> tuple[Change, ...]:
    return check(differences(before, after), chat.study.dictionary.knows)


def _marked(changes: Sequence[Change]) -> tuple[Span, ...]:
    found: list[Span] = []
    for change in changes:
        if change.is_kept:
            found.append(Span(change.after))
            continue
        found += [Span(change.before, Style.REMOVED)] if change.before else []
        found += [Span(change.after, Style.ADDED)] if change.after else []
    return tuple(found)


def _unknown(changes: Sequence[Change]) -> list[tuple[Span, ...]]:
    words = dict.fromkeys(word for change in changes for word in change.unknown)
    if not words:
        return []
    return [spans(f"⚠ 辞書にない言葉 / not in the dictionary: {'、'.join(words)}")]
