"""English as learners type it, folded: plurals, articles, British spelling, and small slips.

Knows words, no dictionary: whether a slip makes another word is asked of its caller.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

# Whether what was typed is a word of its own, beside the right one.
IsOther = Callable[[str, str], bool]

ONE_SLIP, TWO_SLIPS = 5, 9  # letters of a word from which on so many edits are forgiven

_ASIDE = re.compile(r"\([^()]*\)")
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_DROPPED = {"a", "an", "the"}
# What stands for somebody or something in glosses; people leave it out, or say it otherwise.
_ANYBODY = {
    *("one's", "ones", "oneself", "your", "yourself", "my", "someone", "somebody", "something"),
    *("sb", "sth"),
}
# Whose s is no plural's: without it they are other words.
_NO_PLURALS = {
    *("arms", "glasses", "clothes", "news", "goods", "customs", "manners", "means", "pants"),
    *("spirits", "woods", "his", "this", "its", "always", "yes", "gas", "bus", "lens", "christmas"),
    *("does", "has", "was", "is", "us", "thus", "plus", "politics", "physics", "perhaps"),
}
_IRREGULAR = {
    "men": "man", "women": "woman", "children": "child", "teeth": "tooth", "feet": "foot",
    "mice": "mouse", "geese": "goose", "oxen": "ox", "knives": "knife", "wives": "wife",
    "lives": "life", "leaves": "leaf", "wolves": "wolf", "halves": "half", "shelves": "shelf",
    "thieves": "thief", "loaves": "loaf", "shoes": "shoe", "toes": "toe", "movies": "movie",
    "cookies": "cookie", "ties": "tie", "pies": "pie", "lies": "lie", "buses": "bus",
    "gases": "gas", "potatoes": "potato", "tomatoes": "tomato", "heroes": "hero",
}  # fmt: skip
_AMERICAN = {
    "centre": "center", "theatre": "theater", "metre": "meter", "litre": "liter",
    "fibre": "fiber", "kilometre": "kilometer", "centimetre": "centimeter", "grey": "gray",
    "tyre": "tire", "cheque": "check", "programme": "program", "aeroplane": "airplane",
    "storey": "story", "plough": "plow", "sceptical": "skeptical", "defence": "defense",
    "offence": "offense", "licence": "license", "practise": "practice", "pyjama": "pajama",
    "jewellery": "jewelry", "mould": "mold", "moustache": "mustache", "kerb": "curb",
    "draught": "draft", "maths": "math", "mum": "mom", "manoeuvre": "maneuver",
    "skilful": "skillful", "fulfil": "fulfill", "enrol": "enroll", "ageing": "aging",
    "catalogue": "catalog", "dialogue": "dialog", "analogue": "analog", "doughnut": "donut",
    "analyse": "analyze", "paralyse": "paralyze", "encyclopaedia": "encyclopedia",
    "anaesthetic": "anesthetic", "judgement": "judgment", "travelling": "traveling",
    "traveller": "traveler", "travelled": "traveled", "cancelled": "canceled",
    "cancelling": "canceling", "woollen": "woolen", "marvellous": "marvelous",
    "levelled": "leveled", "counsellor": "counselor", "spectre": "specter", "sombre": "somber",
}  # fmt: skip
_OUR = re.compile(
    r"(col|hon|fav|flav|hum|lab|neighb|rum|vap|harb|behavi|endeav|arm|parl|sav|clam|od|tum)our"
)


def plain(text: str) -> str:
    """A text in small letters, without accents; its dashes are spaces."""
    bare = unicodedata.normalize("NFKD", text.replace("’", "'").replace("ʼ", "'"))
    bare = "".join(each for each in bare if not unicodedata.combining(each))
    return re.sub(r"[-‐-―_/]", " ", bare.casefold())


@lru_cache(4_096)
def ways(gloss: str) -> tuple[tuple[str, ...], ...]:
    """The words that may be typed for a gloss: with and without what stands in parentheses."""
    found: list[tuple[str, ...]] = []
    without = plain(gloss)
    while (shorter := _ASIDE.sub(" ", without)) != without:
        without = shorter
    for text in (without, plain(gloss)):
        words = tuple(map(american, _WORD.findall(text)))
        found += [words, _bare(words)]
    return tuple(way for way in dict.fromkeys(found) if way)


def typed(text: str) -> tuple[str, ...]:
    """The words that somebody typed, without those that carry nothing."""
    return _bare(tuple(map(american, _WORD.findall(plain(text)))))


def _bare(words: tuple[str, ...]) -> tuple[str, ...]:
    """Without articles and "to", and without what stands for anybody."""
    kept = [word for word in words if word not in _DROPPED]
    for first in ("to", "be"):
        if len(kept) > 1 and kept[0] == first:
            kept = kept[1:]
    sure = [word for word in kept if word not in _ANYBODY]
    return tuple(sure or kept)


def american(word: str) -> str:
    """A word in the spelling of the United States, which is as good as any."""
    for ending in ("", "s", "d"):
        stem = word.removesuffix(ending) if ending else word
        if stem in _AMERICAN and stem + ending == word:
            return _AMERICAN[stem] + ending
    word = _OUR.sub(r"\1or", word)
    if len(word) >= 6:
        word = re.sub(r"is(e|ed|er|ing|ation)(s?)$", r"iz\1\2", word)
    return word


def singular(word: str) -> str:
    """A word without its plural's s."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _NO_PLURALS or len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("ches", "shes", "sses", "xes", "zzes")):
        return word[:-2]
    return word.removesuffix("s")


def same(given: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Whether words are the same but for plurals, and for where they are joined."""
    first, second = list(map(singular, given)), list(map(singular, wanted))
    return first == second or "".join(first) == "".join(second)


def slipped(given: tuple[str, ...], wanted: tuple[str, ...], is_other: IsOther) -> bool:
    """Whether words are the same but for small slips, none of which makes another word."""
    if len(given) != len(wanted):
        joined = "".join(given), "".join(wanted)
        return len(given) + len(wanted) <= 3 and _slip(*joined, is_other)
    return all(
        singular(one) == singular(other) or _slip(one, other, is_other)
        for one, other in zip(given, wanted, strict=True)
    )


def _slip(given: str, wanted: str, is_other: IsOther) -> bool:
    if given.isdigit() or wanted.isdigit():
        return False
    allowed = 2 if len(wanted) >= TWO_SLIPS else 1 if len(wanted) >= ONE_SLIP else 0
    if not allowed or min(given[:1], wanted[:1]) == "":
        return False
    near = edits(given, wanted, allowed) <= allowed
    near = near or edits(singular(given), singular(wanted), allowed) <= allowed
    return near and not is_other(given, wanted)


def edits(one: str, other: str, most: int) -> int:
    """How many letters are put in, left out, changed, or change places; `most` + 1 where it is
    more than that."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, there in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return min(row[-1], most + 1)
