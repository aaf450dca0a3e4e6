"""Words that begin as somebody has typed so far, in kanji, kana or romaji."""

from __future__ import annotations

from bot.study.kana import has_japanese, has_kanji
from bot.study.lexicon.entries import Entry
from bot.study.lexicon.folding import folded, plain
from bot.study.lexicon.stored import Stored
from bot.study.romaji import spellings

_ROWS = {
    "k": "かきくけこ",
    "s": "さしすせそ",
    "sh": "し",
    "t": "たちつてと",
    "c": "ち",
    "ch": "ち",
    "ts": "つ",
    "n": "なにぬねのん",
    "h": "はひふへほ",
    "f": "ふ",
    "m": "まみむめも",
    "y": "やゆよ",
    "r": "らりるれろ",
    "w": "わ",
    "g": "がぎぐげご",
    "z": "ざずぜぞじ",
    "j": "じ",
    "d": "だでどぢづ",
    "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
    "v": "ゔ",
    **{f"{letter}y": kana for letter, kana in zip("kgnhbpmr", "きぎにひびぴみり", strict=True)},
}
_MOST_WAYS = 16
_LONGEST = 60  # characters of what is typed


def completions(typed: str, limit: int, stored: Stored) -> tuple[str, ...]:
    """Headwords, the likeliest first, each once; none for nothing."""
    prefix = plain(typed).strip()
    if not prefix or len(prefix) > _LONGEST:
        return ()
    ways = [folded(prefix)] if has_japanese(prefix) else openings(prefix.casefold())
    found: list[tuple[int, int]] = []
    for way in ways:
        found += stored.beginning(way, 3 * limit)
    found.sort()
    words: dict[str, None] = {}
    for rank in dict.fromkeys(rank for _, rank in found):
        if len(words) == limit:
            break
        words[_written(stored.entry(rank), ways[0])] = None
    return tuple(words)


def _written(entry: Entry, beginning: str) -> str:
    """As it is usually written; with kanji, where such were typed."""
    if not has_kanji(beginning):
        return entry.headword
    forms = [form.text for form in entry.writings if folded(form.text).startswith(beginning)]
    return forms[0] if forms else entry.headword


def openings(romaji: str) -> list[str]:
    """The kana with which a word can begin whose romaji begins so: tab たば たび たぶ たべ たぼ."""
    found = list(spellings(romaji))
    for length in (1, 2, 3):
        head, tail = romaji[:-length], romaji[-length:]
        doubled = "っ" if len(tail) > 1 and tail[0] == tail[1] else ""
        row = _ROWS.get(tail[1:] if doubled else tail, "")
        heads = spellings(head) if head else ("",)
        found += [start + doubled + kana for start in heads[:4] for kana in row]
    return list(dict.fromkeys(folded(kana) for kana in found))[:_MOST_WAYS]
