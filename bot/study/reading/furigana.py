"""A text with its readings, in the forms that a chat can show. Pure text; no platform's marks.

What was gone around stays as it stands in each form: Latin words, links, mentions, code, emoji.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from bot.study.reading.characters import clean
from bot.study.reading.okurigana import Ruby
from bot.study.reading.words import Word
from bot.study.romaji import LongVowels, to_romaji

Wanted = Callable[[Word], bool]


def every(word: Word) -> bool:
    """All words are to have their readings."""
    return True


def inline(words: Sequence[Word], wanted: Wanted = every) -> str:
    """今日(きょう)は 食(た)べる: each reading in brackets behind its kanji."""
    return "".join(
        f"{piece.text}({piece.reading})" if piece.reading else piece.text
        for piece in hidden(words, wanted)
    )


def hidden(words: Sequence[Word], wanted: Wanted = every) -> tuple[Ruby, ...]:
    """The text in pieces, each with its reading or "", for a platform to hide the readings."""
    out: list[Ruby] = []
    for word in words:
        for piece in word.ruby if wanted(word) else (Ruby(word.text),):
            if out and not piece.reading and not out[-1].reading:
                out[-1] = Ruby(out[-1].text + piece.text)
            else:
                out.append(piece)
    return tuple(out)


def kana(words: Sequence[Word]) -> str:
    """The text in kana, as it is written: きょうは コーヒーを のむ, without the spaces."""
    return "".join(
        piece.reading or (clean(piece.text).text if word.reading else piece.text)
        for word in words
        for piece in word.ruby
    )


def romaji(words: Sequence[Word], long: LongVowels = LongVowels.MACRONS) -> str:
    """Hepburn with a space between words: Kyō wa Tanaka-san to kōhī o nomimashita.

    Endings of verbs and adjectives are joined to them, particles and the copula are words; names
    and beginnings of sentences have capitals.
    """
    out = ""
    start = True  # of a sentence
    opened: set[str] = set()  # marks of bold text and the like, which come in pairs
    for group in _groups(_with_whole_marks(words)):
        first = group[0]
        if _MARKS.fullmatch(first.text):
            opens = first.text not in opened
            opened ^= {first.text}
            out = _spaced(out, first.text + "\0") if opens else out + first.text
            continue
        if not first.reading:
            text = (
                "".join(_LATIN.get(c, c) for c in first.text)
                if _is_punctuation(first)
                else first.text
            )
            out = out + text if _is_punctuation(first) else _spaced(out, text)
            start = (start and _is_punctuation(first)) or bool(_ENDS.search(first.text))
            start = start and first.text[-1:] not in "」』"
            continue
        text = _written(group, long)
        if start or first.detail == "固有名詞":
            text = text[:1].upper() + text[1:]
        out = _spaced(out, text)
        start = False
    out = out.replace("\0", "")
    return re.sub(r" +(?=[,.!?:;)”\n])|(?<=[(“\n]) +|^ +| +$|(?<= ) +", "", out)


# Japanese punctuation, and what Latin script has for it; spaces too many are taken out after.
_LATIN = {
    "、": ", ", "。": ". ", "，": ", ", "．": ". ", "！": "! ", "？": "? ", "「": " “", "」": "” ",
    "『": " “", "』": "” ", "（": " (", "）": ") ", "(": " (", ")": ") ", "・": " ", "　": " ",
    "…": "...", "〜": "~", "～": "~", "：": ": ", "；": "; ", "【": " [", "】": "] ", "‥": "..",
}  # fmt: skip
_MARKS = re.compile(r"\*{1,3}|_{1,2}|~~|\|\|")
_ENDS = re.compile("[。！？!?\n]$")
_TITLES = {
    "さん",
    "くん",
    "君",
    "ちゃん",
    "様",
    "さま",
    "氏",
    "殿",
    "都",
    "府",
    "県",
    "市",
    "区",
    "町",
    "村",
    "郡",
}
_JOINED_PARTICLES = {"て", "で", "ば", "ながら", "たり", "だり", "ちゃ", "じゃ", "つつ", "たって"}
_JOINED_VERBS = {"てる", "でる", "ちゃう", "じゃう", "とく", "どく", "ちまう", "たげる", "とる"}
_OF_THEIR_OWN = {"です", "だ", "らしい", "ようだ", "みたいだ", "じゃ", "である", "や"}
_INFLECTED = ("動詞", "形容詞", "助動詞")


def _is_punctuation(word: Word) -> bool:
    return not any(character.isalnum() for character in word.text) and len(word.text) < 4


def _with_whole_marks(words: Sequence[Word]) -> list[Word]:
    """The words, with ** as one of them."""
    out: list[Word] = []
    for word in words:
        if out and word.text in ("*", "_", "~", "|") and set(out[-1].text) == {word.text}:
            out[-1] = Word(out[-1].text + word.text)
        else:
            out.append(word)
    return out


def _groups(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Words that are written together."""
    group: list[Word] = []
    for word in words:
        if group and not (word.reading and group[-1].reading and _joins(group[-1], word)):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _joins(before: Word, word: Word) -> bool:
    inflected = before.pos in _INFLECTED or before.base in ("て", "で")
    return (
        before.pos == "接頭詞"
        or (word.pos == "助動詞" and inflected and word.base not in _OF_THEIR_OWN)
        or (word.pos == "動詞" and word.detail == "接尾")
        or (word.pos == "動詞" and word.base in _JOINED_VERBS and inflected)
        or (word.pos == "助詞" and word.text in _JOINED_PARTICLES and before.pos in _INFLECTED)
        or (word.pos in ("名詞", "形容詞") and word.detail == "接尾" and before.pos != "助詞")
    )


def _written(group: Sequence[Word], long: LongVowels) -> str:
    """One group in romaji. う that ends a verb is a sound of its own: 思う omou."""
    out = ""
    waiting = ""  # kana that may run on into the next word: いっ|た, たべよ|う
    for number, word in enumerate(group):
        if number and word.text in _TITLES and group[number - 1].detail == "固有名詞":
            out += to_romaji(waiting, long) + "-"
            waiting = ""
        waiting += word.spoken
        if word.pos == "動詞" and word.spoken.endswith("う") and len(word.spoken) > 1:
            out += to_romaji(waiting[:-1], long)
            waiting = "う"
    return out + to_romaji(waiting, long)


def _spaced(out: str, text: str) -> str:
    """With a space between, unless a bracket or a mark was opened (\\0 stands behind that)."""
    if out.endswith("\0"):
        return out[:-1] + text
    return f"{out} {text}" if out and not out[-1].isspace() and out[-1] not in "(“[" else out + text
