"""The text that bytes hold, by their content: which of the encodings in use it is in, if any.

Knows no names of files and no types that somebody claims. Every encoding that fits is tried, and
the one whose characters a person would most likely have written wins.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from functools import lru_cache

_MARKS = (  # utf-32's begins with utf-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY = (b"%PDF-", b"\x89PNG", b"PK\x03\x04", b"\xff\xd8\xff", b"\x7fELF", b"GIF8", b"\x1f\x8b")
_JIS = re.compile(rb"\x1b[$(][@BJ]")  # what ISO-2022-JP begins its Japanese with
# Control characters, but for those of texts such as coloured logs.
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f-\x9f]")

_BEYOND = re.compile("[\u0800-\U0010ffff]")
_KANA = re.compile("[ぁ-ゖァ-ヺ]")
_USUAL = re.compile(r"[0-9A-Za-z\u0800-\U0010ffff¡-ÿΆ-ώА-яЁё]")  # in what is UTF-8 beyond doubt
# In UTF-16 that is read as something else, kanji and letters alternate without a space.
_MIXED = re.compile("(?<=[一-龠])[0-9A-Za-z]|(?<=[0-9A-Za-z])[一-龠]")
# Half-width kana as words have them: small ones, marks and long vowels after what bears them.
_HALF = re.compile("[\uff61-\uff9f]+")
_HALF_WORDS = re.compile(
    "(?:｢?(?:[ｶ-ﾄﾊ-ﾎｳ]ﾞ|[ﾊ-ﾎ]ﾟ|[ｦｱ-ﾝ])(?:[ｬｭｮｯｰ]|(?<=[ﾞｳﾌﾃｼﾁﾂｸ])[ｧｨｩｪｫ]){0,2}[｡､･｣]?)+"
)
# How odd a character is, from 0. What is odder than `_ODD` on average, nobody wrote.
_ODD = 0.35
_HALF_WORD, _HALF_OTHERS = 0.1, 0.9
_IMPOSSIBLE = {"Cc", "Cn", "Co", "Cs"}


def decoded(raw: bytes, *, cut: bool = False) -> str | None:
    """A text in UTF-8, UTF-16, Shift_JIS, EUC-JP or ISO-2022-JP; None where it is none.

    `cut`: bytes are missing at the end, perhaps in the middle of a character.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _clean(_strictly(raw[len(mark) :], encoding, cut))
    if raw.startswith(_BINARY):
        return None
    if _JIS.search(raw):
        return _clean(_strictly(raw, "iso2022_jp", cut))
    text = _clean(_strictly(raw, "utf-8", cut))
    if text is None or not _USUAL.search(text):
        return text if text is not None and text.isascii() else _likeliest(raw, text, cut)
    return (None if _BEYOND.search(text) else _kana_in_letters(raw, cut)) or text


def _kana_in_letters(raw: bytes, cut: bool) -> str | None:
    """Kana in UTF-16 without a mark, which look like letters: "あいう" is "B0D0F0"."""
    if raw.count(b"0") * 4 < len(raw):
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        text = _clean(_strictly(raw, encoding, cut)) or ""
        kana = len(_KANA.findall(text))
        if kana >= 3 and kana * 2 >= len(text) and _oddity(text) <= 0.2 * len(text):
            return text
    return None


def _likeliest(raw: bytes, utf_8: str | None, cut: bool) -> str | None:
    texts = [utf_8]
    for encoding in ("cp932", "euc_jp", "utf-16-le", "utf-16-be"):
        texts.append(_clean(_strictly(raw, encoding, cut)))
    odd = [(_oddity(text), text) for text in texts if text]
    oddity, text = min(odd, default=(0.0, ""), key=lambda each: each[0])
    return text if text and oddity <= _ODD * len(text) else None


def _strictly(raw: bytes, encoding: str, cut: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(raw, final=not cut)
    except UnicodeDecodeError:
        return None


def _clean(text: str | None) -> str | None:
    return None if text is None or _CONTROL.search(text) else text


def _oddity(text: str) -> float:
    """How unlikely it is that somebody wrote this: the sum over its characters."""
    odd = sum(times * _odd(character) for character, times in Counter(text).items())
    odd += 0.3 * len(_MIXED.findall(text))
    for run in _HALF.findall(text):
        odd += len(run) * (_HALF_WORD if _HALF_WORDS.fullmatch(run) else _HALF_OTHERS)
    return odd


@lru_cache(maxsize=4_096)
def _odd(character: str) -> float:
    """Of one character; half-width kana count by how they follow each other."""
    code = ord(character)
    kind = unicodedata.category(character)
    if code < 0x80 or 0xFF61 <= code <= 0xFF9F:
        return 0.0
    if kind in _IMPOSSIBLE:
        return 1_000.0
    if 0x3000 <= code < 0x3100 or 0xFF01 <= code <= 0xFF5E:  # kana, punctuation, wide letters
        return 0.0
    if 0x4E00 <= code < 0xA000:
        return _odd_kanji(character)
    if kind[0] in "PSZ":
        return 0.3
    return 0.3 if code < 0x500 or 0xAC00 <= code < 0xD7A4 else 0.7


def _odd_kanji(character: str) -> float:
    """By JIS X 0208: its first level has what is in everyday use."""
    try:
        row = character.encode("euc_jp")
    except UnicodeEncodeError:
        return 0.7
    return 0.2 if len(row) == 2 and row[0] < 0xD0 else 0.5
