"""A text with its readings above it, as pieces for a page.

Each word that a dictionary may know leads to its card. Knows the analyser, and no HTML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.chat import Chat
from bot.errors import BotError
from bot.ports import Caller
from bot.study.kana import has_japanese
from bot.study.levels import Level
from bot.study.reading.okurigana import Ruby
from bot.study_commands import given

LONGEST = 4_000  # characters of a text that is analysed; more stands there as it is
_WORDS = ("名詞", "動詞", "形容詞", "副詞", "連体詞", "接続詞", "感動詞")
_NO_ENTRY = ("数", "接尾", "非自立", "固有名詞")


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, or what stands between words. `ruby`: its parts, each with what stands above;
    `look_up`: as a dictionary has it, or empty; `japanese`: and in which language."""

    ruby: tuple[Ruby, ...]
    look_up: str = ""
    japanese: bool = True


async def pieces(chat: Chat, caller: Caller, text: str, readings: str) -> Sequence[Piece]:
    """A text in pieces; `readings`: which words have them, one of visitor.READINGS.

    Where nothing can be analysed, now or at all, it is one piece.
    """
    plain = (Piece((Ruby(text),), japanese=has_japanese(text)),)
    if not has_japanese(text) or len(text) > LONGEST or chat.study.lacking() is not None:
        return plain
    try:
        place = caller.place
        kept = await chat.store.corrections(place.platform, given.group(place))
        corrections = {word: correction.reading for word, correction in kept.items()}
        return await chat.study.ask(_analysed, chat, text, corrections, readings)
    except BotError:
        return plain


def _analysed(
    chat: Chat, text: str, corrections: Mapping[str, str], readings: str
) -> Sequence[Piece]:
    from bot.study.levels import placed
    from bot.study.reading.readings import read

    known: list[tuple[int, int]] = []
    if readings not in ("all", "off"):
        upto = Level[readings.upper()]
        known = [
            (start, end)
            for start, end, level in placed(text, chat.study.dictionary)
            if level is not None and level <= upto
        ]
    found: list[Piece] = []
    at = 0
    for word in read(text, corrections):
        end = at + len(word.text)
        hidden = any(start <= at < stop for start, stop in known)
        ruby = (Ruby(word.text),) if hidden or not word.ruby else word.ruby
        linked = word.pos in _WORDS and word.detail not in _NO_ENTRY
        look_up = (word.base or word.text) if linked else ""
        japanese = has_japanese(word.text) or not word.text.isascii()
        last = found[-1] if found else None
        if last and not look_up and not last.look_up and last.japanese == japanese:
            found[-1] = Piece((*last.ruby, *ruby), "", japanese)
        else:
            found.append(Piece(ruby, look_up, japanese))
        at = end
    return found
