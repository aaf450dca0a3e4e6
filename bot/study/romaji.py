"""Kana to romaji (Hepburn) and back, by one table.

It knows sounds, no words: は as a particle must come as わ, and おう where two words meet (思う)
is a long vowel like any other; furigana.py, which sees words, takes care of both. Romaji says
less than kana: ō is おう, おお or おー, ji じ or ぢ, ti ち or ティ. `to_kana` takes what is
likelier, `spellings` gives all, and `is_unambiguous` says where there is nothing to choose.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from itertools import islice, pairwise, product

from bot.study.kana import hiragana


class LongVowels(StrEnum):
    """How romaji writes a long vowel: kōhī and tōkyō, or koohii and toukyou, as kana do."""

    MACRONS = "macrons"
    DOUBLED = "doubled"


MOST_SPELLINGS = 64

_ROWS = {
    "": "あいうえお", "k": "かきくけこ", "g": "がぎぐげご", "s": "さ すせそ", "z": "ざ ずぜぞ",
    "t": "た  てと", "d": "だ  でど", "n": "なにぬねの", "h": "はひ へほ", "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ", "m": "まみむめも", "y": "や ゆ よ", "r": "らりるれろ", "w": "わ    ",
}  # fmt: skip
_YOON = {
    "ky": "き", "gy": "ぎ", "sh": "し", "j": "じ", "ch": "ち", "ny": "に", "hy": "ひ", "by": "び",
    "py": "ぴ", "my": "み", "ry": "り",
}  # fmt: skip
# What loanwords need besides, a consonant with the kana that small vowels follow.
_FOREIGN = {"f": "ふ", "v": "ゔ", "ts": "つ", "kw": "く", "gw": "ぐ"}
_SMALL = dict(zip("aiueo", "ぁぃぅぇぉ", strict=True))
_ROMAJI: dict[str, str] = {
    "し": "shi", "じ": "ji", "ち": "chi", "つ": "tsu", "ふ": "fu", "ゔ": "vu",
    "ぢ": "ji", "づ": "zu", "ぢゃ": "ja", "ぢゅ": "ju", "ぢょ": "jo",
    "ゐ": "i", "ゑ": "e", "を": "o",
    "てぃ": "ti", "でぃ": "di", "とぅ": "tu", "どぅ": "du", "てゅ": "tyu", "でゅ": "dyu",
    "すぃ": "si", "ずぃ": "zi", "ほぅ": "hu", "ふゅ": "fyu", "ゔゅ": "vyu",
    "うぃ": "wi", "うぇ": "we", "うぉ": "wo", "いぇ": "ye", "くゎ": "kwa", "ぐゎ": "gwa",
    "ヷ": "va", "ヸ": "vi", "ヹ": "ve", "ヺ": "vo", "ゕ": "ka", "ゖ": "ke", "ゎ": "wa",
    "ゃ": "ya", "ゅ": "yu", "ょ": "yo", "ん": "n", "ゟ": "yori", "ヿ": "koto",
}  # fmt: skip
for _consonant, _row in _ROWS.items():
    _ROMAJI |= {k: _consonant + v for k, v in zip(_row, "aiueo", strict=True) if k != " "}
for _consonant, _kana in _YOON.items():
    _ROMAJI |= {_kana + k: _consonant + v for k, v in zip("ゃゅょぇ", "auoe", strict=True)}
for _consonant, _kana in _FOREIGN.items():
    _ROMAJI |= {_kana + _SMALL[v]: _consonant + v for v in "aieo"}
_ROMAJI |= {small: vowel for vowel, small in _SMALL.items()}

_MACRON = dict(zip("aiueo", "āīūēō", strict=True))
_PLAIN = {macron: vowel for vowel, macron in _MACRON.items()}
# Where two kana in a row are two vowels: 場合, 湖.
_APART = re.compile("(?<=ば)あ(?=い)|(?<=みず)う(?=み)")

# To kana: Hepburn, then what the official spelling (kunrei) and keyboards write otherwise.
_KANA = {romaji: kana for kana, romaji in reversed(_ROMAJI.items()) if kana not in "ゎゕゖゃゅょ"}
_KANA |= {"ji": "じ", "zu": "ず", "ja": "じゃ", "ju": "じゅ", "jo": "じょ", "i": "い", "e": "え"}
_KANA |= {"o": "お", "wo": "を", "va": "ゔぁ", "vi": "ゔぃ", "ve": "ゔぇ", "vo": "ゔぉ"}
_KANA |= {"kwa": "くぁ", "gwa": "ぐぁ"} | dict(zip("aiueo", "あいうえお", strict=True))
_KANA |= {"si": "し", "zi": "じ", "ti": "ち", "di": "ぢ", "tu": "つ", "du": "づ", "hu": "ふ"}
_KANA |= {"dzi": "ぢ", "dji": "ぢ", "dzu": "づ"}
for _consonant, _kana in {
    "sy": "し", "ty": "ち", "cy": "ち", "zy": "じ", "jy": "じ", "dj": "ぢ",
}.items():  # fmt: skip
    _KANA |= {_consonant + v: _kana + k for k, v in zip("ゃゅょ", "auo", strict=True)}
_ALSO = {
    "ji": "ぢ", "zu": "づ", "ja": "ぢゃ", "ju": "ぢゅ", "jo": "ぢょ", "ti": "てぃ", "tu": "とぅ",
    "di": "でぃ", "du": "どぅ", "tyu": "てゅ", "si": "すぃ", "zi": "ずぃ", "wo": "うぉ",
}  # fmt: skip
_FOREIGN_FIRST = {"ti", "di", "tu", "du", "tyu", "wo"}

_LONGER = {"a": "あー", "i": "いー", "u": "うー", "e": "えーい", "o": "うおー"}
_WORD = re.compile("[a-zāīūēō'’]+")
_N = re.compile("n'|nn(?![aiueoyāīūēō'])|n(?![aiueoyāīūēō])|m(?=[bmp])")
_DOUBLE = re.compile(r"([bcdfghjklpqrstvwyz])(?=\1)|t(?=ch)")
_SYLLABLE = re.compile(r"([^aiueoāīūēō']{0,3})([aiueoāīūēō])")
# Long a, i and e are written ー but for these words, so that a word with one is a loanword.
_NATIVE = re.compile("o?(?:[kb]ā|nē|[nj]ī)(?:san|sama|chan)|(?:[smnhjw]|)ā|[nmhj]?ē")
_LOAN = re.compile("[āīē]")
_UNCLEAR = re.compile(
    "[ーぢづをゐゑゕゖゎヷヸヹヺゝゞゟヿㇰ-ㇿ]|[てで]ぃ|[とど]ぅ|てゅ|[すず]ぃ|ほぅ|うぉ|んん"
    "|っ(?![かきくけこがぎぐげごさしすせそざじずぜぞたちつてとだでどはひふへほばびぶべぼ"
    "ぱぴぷぺぽやゆよらりるれろわゔ])"
)


def to_romaji(kana: str, long: LongVowels = LongVowels.MACRONS) -> str:
    """Kana in Hepburn: しんよう shin'yō, まっちゃ matcha, コーヒー kōhī, せんせい sensei, いい ii.

    を is o. A っ that nothing follows is an apostrophe. All else stays as it is.
    """
    written = _without_marks_of_repetition(hiragana(kana))
    out: list[str] = []
    doubled = False  # a っ stands before
    at = 0
    while at < len(written):
        pair = written[at : at + 2]
        piece = pair if pair in _ROMAJI else written[at]
        sound = _ROMAJI.get(piece, piece)
        before = out[-1][-1] if out else ""
        if piece == "っ":
            out += ["'"] if doubled else []
            doubled = True
        elif piece == "ー" and before in _MACRON and not doubled:
            out[-1] = _longer(out[-1], before, long)
        elif not doubled and _lengthens(before, sound) and not _APART.match(written, at):
            out[-1] = _longer(out[-1], sound if long is LongVowels.DOUBLED else before, long)
        else:
            if doubled:
                clear = sound[0].isascii() and sound[0].isalpha() and sound[0] not in "aiueo"
                sound = ("t" if sound.startswith("ch") else sound[0] if clear else "'") + sound
            elif before == "n" and piece != "ん" and out[-1] == "n" and sound[0] in "aiueoy":
                sound = "'" + sound
            out.append(sound)
        doubled = piece == "っ"
        at += len(piece)
    return "".join(out) + ("'" if doubled else "")


def _lengthens(before: str, vowel: str) -> bool:
    return before + vowel in ("aa", "uu", "ee", "oo", "ou")


def _longer(sound: str, vowel: str, long: LongVowels) -> str:
    return sound + vowel if long is LongVowels.DOUBLED else sound[:-1] + _MACRON[vowel]


def _without_marks_of_repetition(kana: str) -> str:
    for at in [i for i, mark in enumerate(kana) if mark in "ゝゞ" and i]:
        plain = unicodedata.normalize("NFD", kana[at - 1])[0]
        voiced = unicodedata.normalize("NFC", plain + "\u3099")
        again = voiced if kana[at] == "ゞ" and len(voiced) == 1 else plain
        kana = kana[:at] + again + kana[at + 1 :]
    return kana


def to_kana(romaji: str) -> str:
    """Romaji of any common spelling as hiragana; a word that is none stays as it is.

    Takes macrons and circumflexes, doubled vowels, n' nn mb mp, matcha and maccha, si ti tu hu,
    and capitals: konnichiwa こんにちわ, Tōkyō とうきょう, rāmen らーめん, okāsan おかあさん.
    """
    return _WORD.sub(lambda word: _first(word[0]), _folded(romaji))


def spellings(romaji: str) -> tuple[str, ...]:
    """Every kana spelling that a word in romaji can be, the likeliest first; none: no romaji.

    For looking up: kōhī こーひー こーひい こうひー …, konnichiwa also こんにちは. At most 64.
    """
    units = _units(_folded(romaji))
    return tuple("".join(way) for way in islice(product(*units), MOST_SPELLINGS)) if units else ()


def is_unambiguous(kana: str, long: LongVowels = LongVowels.MACRONS) -> bool:
    """Whether romaji of this kana can be read as nothing else.

    It cannot where these are in it: ー; ああ, ええ and おお (with macrons); ぢ づ を ゐ ゑ, ヷ to
    ヺ; ティ トゥ ディ ドゥ テュ スィ ズィ ホゥ ウォ; small kana and っ where they do not belong;
    んん; and marks of repetition. Script is not counted: カ and か are the same.
    """
    written = hiragana(kana)
    if _UNCLEAR.search(written):
        return False
    sounds = []
    at = 0
    while at < len(written):
        pair = written[at : at + 2]
        piece = pair if pair in _ROMAJI else written[at]
        if piece in "ぁぃぅぇぉゃゅょ":
            return False
        sounds.append(_ROMAJI.get(piece, piece))
        at += len(piece)
    if long is LongVowels.DOUBLED:
        return True
    return not any(b in ("a", "e", "o") and a[-1] == b for a, b in pairwise(sounds))


def _folded(romaji: str) -> str:
    """In small letters, with macrons where there were circumflexes."""
    plain = unicodedata.normalize("NFD", romaji.lower()).replace("\u0302", "\u0304")
    return unicodedata.normalize("NFC", plain)


def _first(word: str) -> str:
    units = _units(word)
    return "".join(unit[0] for unit in units) if units else word


def _units(word: str) -> list[tuple[str, ...]]:
    """A word's pieces, each with its kana spellings; empty if it cannot be read."""
    word = word.replace("’", "'")
    loan = _LOAN.search(word) is not None and not _NATIVE.fullmatch(word)
    units: list[tuple[str, ...]] = []
    at = 0
    vowel = ""  # that the last syllable ended with, if it was short
    while at < len(word):
        if match := _N.match(word, at):
            units.append(("ん",))
            vowel = ""
        elif (match := _DOUBLE.match(word, at)) or (match := re.compile("'").match(word, at)):
            units.append(("っ",))
            vowel = ""
        elif match := _SYLLABLE.match(word, at):
            plain = _PLAIN.get(match[2], match[2])
            kana = _KANA.get(match[1] + plain)
            if kana is None:
                return []
            ways = (kana, *filter(None, [_ALSO.get(match[1] + plain)]))
            if match[0] == vowel:  # a doubled vowel may be meant for ー
                ways = (kana, "ー")
            elif loan and match[1] + plain in _FOREIGN_FIRST:
                ways = ways[::-1]
            elif match[0] == "wa" and match.end() == len(word) and units:
                ways = (kana, "は")
            units.append(ways)
            if match[2] in _PLAIN:
                longer = _LONGER[plain]
                units.append(tuple(sorted(longer, key=lambda way: way != "ー") if loan else longer))
            vowel = plain if match[2] not in _PLAIN and match[0] != vowel else ""
        else:
            return []
        at = match.end()
    return units
