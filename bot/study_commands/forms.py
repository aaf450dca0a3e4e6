"""Forms of words: /conjugate."""

from __future__ import annotations

from bot.chat import Chat
from bot.command import Answer
from bot.errors import BotError
from bot.notices import Notice, Offer, Span, bold, lines, spans
from bot.ports import Caller
from bot.study.forms.conjugation import Chain, chain
from bot.study.forms.paradigm import Paradigm, Row, paradigms
from bot.study_commands import given

MOST_CHAINS, MOST_TABLES = 8, 2


async def conjugate(chat: Chat, caller: Caller, argument: str) -> Answer:
    """A form taken apart; for a word alone, all its forms."""
    text = given.japanese(argument, "/conjugate 食べさせられた", given.LONGEST_SENTENCE)
    chains = await chat.study.ask(chain, text)
    tables = await chat.study.ask(paradigms, text)
    if not chains and not tables:
        raise BotError(
            "I find no verb or adjective in that. Like this: /conjugate 食べさせられた",
            "動詞や形容詞が見つかりません。例：/conjugate 食べさせられた",
        )
    if len(chains) == 1 and tables and text not in {table.word for table in tables}:
        tables = ()  # the form was asked for; the table is a button away
    shown: list[tuple[Span, ...]] = []
    for found in chains[:MOST_CHAINS]:
        if len(found.parts) > 1 or not tables:
            shown += _taken_apart(found)
    for table in tables[:MOST_TABLES]:
        shown += _table(table)
    words = dict.fromkeys(found.plain for found in chains[:MOST_CHAINS])
    offers = tuple(Offer(f"All of {word}", f"{word}の活用表", "conjugate", word) for word in words)
    yield Notice("Forms", "活用", lines(shown), offers=() if tables else offers)


def _taken_apart(found: Chain) -> list[tuple[Span, ...]]:
    kind = found.word_class
    read = f"【{found.kana}】" if found.kana and found.kana != found.plain else ""
    head = spans(
        bold("・".join(part.text for part in found.parts)),
        f"  ← {found.plain}{read}  {kind.japanese} / {kind.english}",
    )
    parts = [
        spans(
            f"　{part.text}：{part.name_japanese} / {part.name_english}"
            + (f"（{part.explanation_japanese}）" if part.explanation_japanese else "")
        )
        for at, part in enumerate(found.parts)
        if at or part.says_form or len(found.parts) == 1
    ]
    return [head, *parts]


def _table(table: Paradigm) -> list[tuple[Span, ...]]:
    kind = table.word_class
    read = f"【{table.kana}】" if table.kana and table.kana != table.word else ""
    head = spans(bold(table.word), f"{read}  {kind.japanese} / {kind.english}")
    return [head, *map(_row, table.rows)]


def _row(row: Row) -> tuple[Span, ...]:
    forms = [form.text for form in (*row.plain, *row.polite)]
    return spans(f"{row.name_japanese} / {row.name_english}：", bold("、".join(forms) or "—"))
