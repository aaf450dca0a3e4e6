"""English meanings as they are searched for and compared: without what only explains."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ASIDE = re.compile(r"\s*\([^()]*\)\s*")
_BEFORE = re.compile(r"^(?:to be|to|a|an|the) (?=\S)")
_WORD = re.compile(r"[a-z]{2,}")
_EMPTY = """
a an and as at be by esp etc for from in into is it not of off on one oneself or out over someone
something sth that the to up used with
"""


def bare(gloss: str) -> str:
    """A gloss, or what somebody types to find one: `to eat (a meal)` is `eat`."""
    without = gloss
    while "(" in without and (shorter := _ASIDE.sub(" ", without)) != without:
        without = shorter  # one stood in another, perhaps
    whole = " ".join(without.casefold().split()).strip(" .!?…")
    return _BEFORE.sub("", whole)


def content(glosses: Iterable[str]) -> set[str]:
    """The words of glosses that carry meaning, without their plural's s."""
    words = _WORD.findall(" ".join(glosses).casefold())
    return {word.removesuffix("s") for word in words if word not in _EMPTY_WORDS}


_EMPTY_WORDS = frozenset(_EMPTY.split())
