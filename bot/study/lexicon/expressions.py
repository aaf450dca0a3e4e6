"""The words of a text as a dictionary has them: longer than an analyser's, and in plain form.

UniDic cuts 日本語 into 日本 and 語, and 気にしないで into five. Here the longest run that the
dictionary has is one word. Knows an index of forms, and no entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from bot.study.analysis import Token
from bot.study.kana import has_kanji, is_kana
from bot.study.levels import Level
from bot.study.lexicon.evidence import Kind, fitting
from bot.study.lexicon.folding import folded


class Candidate(NamedTuple):
    """An entry that a form may mean. `weight`: less is likelier; ten are what a step in
    commonness is. `rank`: the entry's place by commonness."""

    weight: int
    rank: int
    kinds: int
    level: int  # 0: unlisted


class Forms(Protocol):
    """Finds the entries with a form."""

    def find(self, form: str) -> Sequence[Candidate]:
        """For a folded form; the likeliest first."""
        ...


@dataclass(frozen=True, slots=True)
class Expression:
    """One word or fixed expression, at `text[start:end]`, without the endings that follow.

    `candidates`: the entries that it may be, the likeliest first; none: not in the dictionary.
    """

    start: int
    end: int
    token: Token
    candidates: tuple[Candidate, ...]

    @property
    def level(self) -> Level | None:
        """That of the likeliest."""
        number = self.candidates[0].level if self.candidates else 0
        return Level(number) if number else None


# Particles of several words, of which the verb is none of its own, up to て.
_PARTICLES = {"に つい て", "に とっ て", "に よっ て", "に おい て", "に わたっ て", "を もっ て"}
LONGEST = 6  # tokens
_RARE = 480  # weight, of what has twelve points
OTHER_KIND = 90  # what is lost by being another kind of word than the sentence has
_ONLY_LEMMA = 150  # ... by being only what UniDic takes the word for, in another spelling
_OTHER_VERB = 60  # ... by being a verb that UniDic did not choose, in kana
_MERGED = {"促音便": "うつる", "撥音便": "むぶぬ"}  # endings that are one before た
_LEMMA = -25  # what is gained by being what UniDic takes it for


def expressions(
    text: str, words: Sequence[Token], forms: Forms, *, listed: bool = False
) -> list[Expression]:
    """The content words among the tokens of a text, in order.

    `listed`: of runs, take only those that are on a list of levels or common, so that words a
    learner knows are not hidden in rare compounds of them.
    """
    found = []
    at = 0
    while at < len(words):
        length, candidates = _longest(text, words, at, forms, listed)
        token = words[at]
        if candidates or (length and token.is_content):
            end = words[at + length - 1].end
            found.append(Expression(token.start, end, token, candidates))
        at += length or 1
    return found


def meant(token: Token, forms: Forms) -> tuple[Candidate, ...]:
    """The entries that one token may be: by its plain form as written, then by its lemma."""
    base, lemma = folded(token.base), folded(token.lemma)
    fits = fitting(token)
    by_lemma = forms.find(lemma) if lemma != base else ()
    agreeing = {candidate.rank for candidate in by_lemma}
    found = [
        _moved(candidate, fits, _LEMMA if candidate.rank in agreeing else 0)
        for candidate in forms.find(base)
    ]
    # What is written in kana is said so: the lemma 居る is おる as well, and is not meant.
    if not found or not is_kana(token.base):
        known = {candidate.rank for candidate in found}
        least = min((c.weight + 1 for c in found if c.kinds & fits), default=0)
        for candidate in by_lemma:
            if candidate.rank not in known:
                moved = _moved(candidate, fits, _ONLY_LEMMA if found else 0)
                found.append(moved._replace(weight=max(moved.weight, least)))
    found += _same_sounds(token, {candidate.rank for candidate in found}, forms)
    found = found or [_moved(c, fits, 0) for c in forms.find(folded(token.surface))]
    if not found and base.endswith("と"):  # さっさと: JMdict has such adverbs without it
        found = list(forms.find(base[:-1]))
    return tuple(sorted(found))


def _same_sounds(token: Token, known: set[int], forms: Forms) -> list[Candidate]:
    """Verbs whose form is the same: いった is of 行く, and of 言う; 行った of 行う as well."""
    for change, endings in _MERGED.items():
        if change in token.conjugation_form:
            lost = _OTHER_VERB if is_kana(token.surface) else _ONLY_LEMMA
            return [
                _moved(candidate, Kind.VERB, lost)
                for ending in endings
                for candidate in forms.find(folded(token.surface[:-1] + ending))
                if candidate.rank not in known and candidate.kinds & Kind.VERB
            ]
    return []


def _moved(candidate: Candidate, fits: int, change: int) -> Candidate:
    other = 0 if candidate.kinds & fits else OTHER_KIND
    return candidate._replace(weight=candidate.weight + change + other)


def _longest(
    text: str, words: Sequence[Token], at: int, forms: Forms, listed: bool
) -> tuple[int, tuple[Candidate, ...]]:
    """How many tokens the word that begins here has, and what it may be; 0: none begins."""
    first = words[at]
    number = first.pos[1] == "数詞"
    if not (number or first.is_content or first.pos[0] == "接頭辞") or helps(words, at):
        return 0, ()
    most = 1
    while most < LONGEST and at + most < len(words) and _joins(words, at + most):
        most += 1
    phrase: tuple[int, tuple[Candidate, ...]] = (0, ())
    for length in range(most, 1, -1):
        last = words[at + length - 1]
        head = text[first.start : last.start]
        causes = last.lemma in ("せる", "させる")  # 知らせて is 知らせる before it is 知らせ
        endings = (last.base, last.surface) if causes else (last.surface, last.base)
        for ending in dict.fromkeys(endings):
            candidates = forms.find(folded(head + ending))
            if not candidates or not _is_one(head + ending, last, number, candidates[0]):
                continue
            if listed and not candidates[0].level and candidates[0].weight > _RARE:
                continue
            if last.pos[0] != "助動詞":
                return length, tuple(candidates)
            as_it_is = ending == last.surface and _is_phrase(candidates[0])
            if as_it_is or (causes and candidates[0].level):
                phrase = phrase if phrase[0] else (length, tuple(candidates))
    if phrase[0]:
        return phrase
    return (0, ()) if number else (1, meant(first, forms))


def _joins(words: Sequence[Token], at: int) -> bool:
    """Whether a token can be part of the word before it."""
    return words[at - 1].end == words[at].start and words[at].pos[0] != "補助記号"


def _is_one(form: str, last: Token, number: bool, likeliest: Candidate) -> bool:
    """Whether several tokens are rather one word than several that happen to spell one."""
    if last.pos[1] == "係助詞" and has_kanji(form):  # 今日は is not こんにちは
        return False
    if number or last.pos[0] == "助詞":
        return bool(likeliest.level)
    return has_kanji(form) or len(form) > 3 or not is_kana(form)


def _is_phrase(likeliest: Candidate) -> bool:
    """Whether what ends like a form is said as it is: 行ってきます, but not 食べられる."""
    said = likeliest.kinds & (Kind.INTERJECTION | Kind.EXPRESSION)
    return bool(said or likeliest.level)


def helps(words: Sequence[Token], at: int) -> bool:
    """Whether a verb only helps the one before: 食べて**いる**, 勉強**する**, 高く**ない**; or is
    a piece of a particle: それに**つい**て."""
    token = words[at]
    if at == 0 or words[at - 1].end != token.start:
        return False
    before = words[at - 1]
    if before.pos[0] == "助詞" and token.pos[0] == "動詞":
        after = words[at + 1].surface if at + 1 < len(words) else ""
        if f"{before.surface} {token.surface} {after}" in _PARTICLES:
            return True
    if token.pos[1] != "非自立可能":
        return False
    after_te = before.pos[1] == "接続助詞" and before.surface in ("て", "で")
    after_noun = token.lemma == "為る" and "可能" in before.pos[2]
    after_adjective = token.lemma == "無い" and before.pos[0] in ("形容詞", "助動詞")
    return after_te or after_noun or after_adjective
