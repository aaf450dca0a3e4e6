"""A text as an analyser wants it, and where each of its characters comes from.

Composed, without what has no width and without variants' selectors; half-width katakana,
full-width digits, radicals, squared words and kanji of compatibility as the usual characters;
𠮟 剝 頰 塡 as 叱 剥 頬 填, which dictionaries have.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.study.kana import seen

# A character with all that belongs to it: marks above it, selectors, what has no width.
_CLUSTER = re.compile(
    "(?:[^\n]|\n)[\u3099\u309a\uff9e\uff9f\u0300-\u036f\u00ad\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff"
    "\U000e0100-\U000e01ef]*"
)
_FOLDED = re.compile(
    "[\u2460-\u24ff\u2e80-\u2fdf\u3200-\u33ff\uf900-\ufaff\uff01-\uff9f\U0002f800-\U0002fa1f]"
)
# Kanji as they were before 1946, with those of today; of the common ones.
_OLD = "國學體會氣舊圖單寫實廣應戰數樂發眞變讀賣轉醫鐵關靜驛黨櫻壽榮來兩萬圓當點獨營勞觀驗險鹽"
_NEW = "国学体会気旧図単写実広応戦数楽発真変読売転医鉄関静駅党桜寿栄来両万円当点独営労観験険塩"
_VARIANTS = str.maketrans(
    {"𠮟": "叱", "剝": "剥", "頰": "頬", "塡": "填", "㈱": "株式会社", "㈲": "有限会社"}
    | dict(zip(_OLD, _NEW, strict=True))
)
_HALF = re.compile("[\ud800-\udfff]")
# Nothing of that is in it; the rule, so it is worth a look.
_PLAIN = re.compile("[\u3001-\u3098\u309d-\u30ff\u4e00-\u9fff\n 0-9A-Za-z]*")


@dataclass(frozen=True, slots=True)
class Clean:
    """`text[i]` comes from `original[starts[i]:starts[i + 1]]`; every character of the original
    belongs to some. Where one became several, all but the last of them are empty there."""

    original: str
    text: str
    starts: tuple[int, ...]

    def slice(self, start: int, end: int) -> str:
        """What stands in the original for `text[start:end]`."""
        return self.original[self.starts[start] : self.starts[end]]


def clean(original: str) -> Clean:
    """A text as an analyser wants it. An empty `text` has no place for the original."""
    if _PLAIN.fullmatch(original) and original == original.translate(_VARIANTS):
        return Clean(original, original, tuple(range(len(original) + 1)))
    characters: list[str] = []  # half of a surrogate pair is no character
    starts: list[int] = []
    for match in _CLUSTER.finditer(original):
        plain = _HALF.sub("\ufffd", seen(match[0])).translate(_VARIANTS)
        if _FOLDED.search(plain):
            plain = unicodedata.normalize("NFKC", plain)
        characters += plain
        starts += [match.start()] * len(plain)
    if starts:
        starts[0] = 0
    first = starts[:1]
    return Clean(original, "".join(characters), (*first, *starts[1:], len(original)))
