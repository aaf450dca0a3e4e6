"""Entries for English words, and for romaji: text without a Japanese character may be either."""

from __future__ import annotations

import re
from itertools import chain, zip_longest

from bot.study.lexicon import japanese
from bot.study.lexicon.evidence import Kind
from bot.study.lexicon.expressions import Candidate
from bot.study.lexicon.folding import folded
from bot.study.lexicon.glosses import bare
from bot.study.lexicon.stored import Stored
from bot.study.romaji import spellings

_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 8
_NO_VERB = 300  # of weight, for what is no verb after "to"
_SURE = 3  # meanings that may be the romaji too
_COMMON = 6_000  # the rank up to which an exact meaning is thought of before romaji


def ranks(text: str, stored: Stored, limit: int) -> list[int]:
    """The ranks of entries for a plain text in Latin letters, the likeliest first.

    What is a meaning of a common word is English first (ten: 十, then 点); what only is romaji,
    romaji. Entries that mention all the words follow those that mean exactly them.
    """
    meant = _meaning(text, stored)
    said = _said(text, stored, spoken=not meant)
    english_first = bool(meant) and (not said or meant[0] <= _COMMON)
    pair = (meant, said) if english_first else (said, meant)
    best = [rank for rank in said[:1] if rank in meant[:_SURE]]  # sake: 酒; but sun is not 寸
    mixed = chain(best, chain.from_iterable(zip_longest(*pair)))
    found = list(dict.fromkeys(rank for rank in mixed if rank is not None))
    words = _WORD.findall(text.casefold())[: _MOST_WORDS + 1]
    if len(found) < limit and words and len(words) <= _MOST_WORDS:
        words = words[1:] if words[0] == "to" and len(words) > 1 else words
        found += stored.mentioning(words, limit)
    return list(dict.fromkeys(found))


def _meaning(text: str, stored: Stored) -> list[int]:
    def weight(candidate: Candidate) -> tuple[int, int]:
        verb = not text.casefold().startswith("to ") or candidate.kinds & Kind.VERB
        return candidate.weight + (0 if verb else _NO_VERB), candidate.rank

    found = sorted(stored.meaning(bare(text)), key=weight)
    return [candidate.rank for candidate in found]


def _said(text: str, stored: Stored, *, spoken: bool) -> list[int]:
    """As romaji: words spelled so; where there is none and it is no English (orange), what a form
    of it may be. What begins with "to" is English, and to ride no 砦."""
    if text.casefold().startswith("to "):
        return []
    ways = spellings("".join(text.split()).casefold().replace("-", ""))
    found = sorted(
        candidate._replace(weight=candidate.weight + 5 * place)
        for place, kana in enumerate(ways)
        for candidate in stored.find(folded(kana))
    )
    if found or not ways or not spoken:
        return list(dict.fromkeys(candidate.rank for candidate in found))
    return japanese.inflected(ways[0], stored)
