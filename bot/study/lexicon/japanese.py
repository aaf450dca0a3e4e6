"""Entries for Japanese text, inflected or not. Which homograph is meant, by what evidence there is.

Evidence, the strongest first: the kind of word that the sentence has there (UniDic); words that
stand beside it in the example sentences; how common the word is, and whether it is usually
written so; which word UniDic takes it for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.study.analysis import Token, tokens
from bot.study.kana import KANJI, is_kana
from bot.study.lexicon.beside import beside
from bot.study.lexicon.evidence import ANY, Kind, fitting
from bot.study.lexicon.expressions import OTHER_KIND, Candidate, Expression, expressions
from bot.study.lexicon.folding import folded
from bot.study.lexicon.stored import Stored

_CLOSE = 260  # of weight: candidates that far from the likeliest may be meant
_MOST_COMPARED = 6
_MOST_SENTENCES = 40
_COMPANY = 200  # of weight, for a word that stands in all of a candidate's sentences
_MOST_COMPANY = 60
_TYPICAL = 280  # for each word that beside.py has
_UNMISTAKABLE = re.compile(f"{KANJI.pattern}|[ァ-ヺ]")
_PARTICLE = 80  # of weight, that a particle gains where a word in kana stands alone
_SEEN_AS_NOUN = 60  # that a verb loses which the analyser does not see
_TE = re.compile("(.+?)([っんいし])([てでただ])")
_PLAIN = {"って": "うつる", "んで": "むぶぬ", "いて": "く", "いで": "ぐ", "して": "す"}
_CERTAIN = ("助詞", "助動詞")  # kinds that the analyser tells without a sentence
_LONGEST_WORD = 12  # characters, where the analyser finds none


def ranks(text: str, sentence: str, stored: Stored) -> list[int]:
    """The ranks of the entries that a text may be, the likeliest first.

    A phrase gives the likeliest of each of its words in order, and then the others. Both texts
    are plain (folding.py).
    """
    context, words = _in_context(text, sentence)
    around = {folded(word.lemma) for word in tokens(context) if word.is_content}
    found = [_by_company(item, around, stored) for item in expressions(context, words, stored)]
    known = [candidates for candidates in found if candidates]
    alone = context == text and len(words) == 1 and words[0].pos[0] not in _CERTAIN
    exact = _exact(text, words, alone, stored)
    verbs = _verbs(text, stored) if context == text else _plain(words, stored)
    if context != text:
        exact, verbs = (_again(each, around, stored) for each in (exact, verbs))
    if len(known) <= 1 and _is_inflected(words):
        best = {candidate.rank: candidate for candidate in (known[0] if known else ())}
        for candidate in exact:
            other = best.get(candidate.rank, candidate)
            best[candidate.rank] = candidate if alone else min(candidate, other)
        for candidate in verbs:
            best.setdefault(candidate.rank, candidate)
        ordered = [candidate.rank for candidate in sorted(best.values())]
    else:
        ordered = [candidate.rank for candidate in (*exact, *verbs)]
        ordered += [candidates[0].rank for candidates in known]
        ordered += [candidate.rank for candidates in known for candidate in candidates[1:3]]
    return list(dict.fromkeys(ordered)) or _by_characters(text, stored)


def inflected(kana: str, stored: Stored) -> list[int]:
    """The ranks of the entries that one word in kana may be a form of; none for a phrase."""
    found = expressions(kana, tokens(kana), stored)
    single = len(found) == 1 and found[0].start == 0
    return [candidate.rank for candidate in found[0].candidates] if single else []


def _in_context(text: str, sentence: str) -> tuple[str, Sequence[Token]]:
    """The words of a text as they are in the sentence, and the text in which they are counted.

    Alone, where the sentence does not have it, or has it inside other words.
    """
    start = sentence.find(text)
    if start >= 0 and sentence != text:
        end = start + len(text)
        words = [word for word in tokens(sentence) if word.start < end and start < word.end]
        if words and words[0].start == start and words[-1].end <= end:
            return sentence, words
    return text, tokens(text)


def _exact(text: str, words: Sequence[Token], alone: bool, stored: Stored) -> list[Candidate]:
    """The entries that are spelled like the whole text, though it may be a form of another.

    した is する first, then 下 and 舌; but いるか is a dolphin first, and not いる with a か.
    `alone`: nothing tells the analyser of which kind the word is, so it is not believed.
    """
    found = stored.find(folded(text))
    if alone and is_kana(text) and len(text) > 1:  # から is a particle before it is 空
        found = [
            c._replace(weight=c.weight - _PARTICLE) if c.kinds & Kind.PARTICLE else c for c in found
        ]
    fits = fitting(words[0]) if words and not alone and _is_inflected(words) else ANY
    return [c if c.kinds & fits else c._replace(weight=c.weight + OTHER_KIND) for c in found]


def _verbs(text: str, stored: Stored) -> list[Candidate]:
    """The common verbs of which a text in kana may be the て or た form, where the analyser sees a
    noun: しんだ (死ぬ), とって (取る)."""
    match = _TE.fullmatch(folded(text)) if is_kana(text) else None
    if match is None:
        return []
    stem, sound, te = match.groups()
    plains = [stem + last for last in _PLAIN.get(sound + "てで"[te in "でだ"], ())]

    return [
        candidate._replace(weight=candidate.weight + _SEEN_AS_NOUN)
        for plain in plains
        for candidate in stored.find(plain)
        if candidate.level and candidate.kinds & Kind.VERB
    ]


def _plain(words: Sequence[Token], stored: Stored) -> list[Candidate]:
    """The verbs that the analyser sees in a sentence where a noun is spelled so, too: とって."""
    if not words or words[0].pos[0] != "動詞" or not _is_inflected(words):
        return []
    return [c for c in stored.find(folded(words[0].base)) if c.kinds & Kind.VERB]


def _is_inflected(words: Sequence[Token]) -> bool:
    """Whether it is one word with endings, or without."""
    return all(word.pos[0] == "助動詞" or word.pos[1] == "接続助詞" for word in words[1:])


def _by_company(item: Expression, around: set[str], stored: Stored) -> list[Candidate]:
    """The candidates again, those first whose example sentences have the same words beside."""
    others = around - {folded(item.token.lemma)}
    close = [c for c in item.candidates if c.weight - item.candidates[0].weight <= _CLOSE]
    return _again(item.candidates, others, stored) if len(close) > 1 else list(item.candidates)


def _again(candidates: Sequence[Candidate], others: set[str], stored: Stored) -> list[Candidate]:
    """Candidates that are close to the likeliest, with what the words beside say for each."""
    if not candidates or not others:
        return list(candidates)
    likeliest = min(candidates).weight
    close = [c for c in candidates if c.weight - likeliest <= _CLOSE][:_MOST_COMPARED]
    again = {c.rank: c._replace(weight=c.weight - _gain(c.rank, others, stored)) for c in close}
    return sorted(again.get(candidate.rank, candidate) for candidate in candidates)


def _gain(rank: int, others: set[str], stored: Stored) -> int:
    entry = stored.entry(rank)
    forms = [writing.text for writing in entry.writings] or [entry.reading]
    typical = {word for form in forms for word in others & beside(form, entry.reading)}
    sentences = stored.company(rank, _MOST_SENTENCES)
    together = sum(len(others & lemmas) for lemmas in sentences)
    seen = round(_COMPANY * together / (len(sentences) + 3))
    return min(_MOST_COMPANY, seen) + _TYPICAL * len(typical)


def _by_characters(text: str, stored: Stored) -> list[int]:
    """Where the analyser takes a text for a name, or for nothing: the longest words in it that
    are not hiragana alone."""
    found = []
    at = 0
    while at < len(text):
        for end in range(min(len(text), at + _LONGEST_WORD), at, -1):
            candidates = stored.find(folded(text[at:end]))
            if candidates and _UNMISTAKABLE.search(text[at:end]):
                found.append(candidates[0].rank)
                break
        else:
            end = at + 1
        at = end
    return list(dict.fromkeys(found))
