"""Where a verb or adjective begins: its plain form, its class, and its own stem.

Knows what UniDic calls words; what is attached to them is attached.py's, nouns are nouns.py's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.study.analysis import Token, tokens
from bot.study.forms import endings as E
from bot.study.forms.endings import Ending
from bot.study.forms.word_class import GODAN_ROWS, WordClass, by_unidic
from bot.study.forms.word_lists import OWN_ASU, RARE
from bot.study.kana import hiragana

U_BY_E = {row[3]: row[2] for row in GODAN_ROWS.values()}
U_BY_I = {row[1]: row[2] for row in GODAN_ROWS.values()}
U_BY_A = {row[0]: row[2] for row in GODAN_ROWS.values()}

# What MeCab takes for the end of its text, or cannot be given: control characters, surrogates.
_UNREADABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

Piece = tuple[str, Ending]


@dataclass(frozen=True, slots=True)
class Head:
    """A word's beginning: the pieces of its `used` tokens. `verbal`: its last token is a verb
    or adjective, not a noun."""

    plain: str
    word_class: WordClass
    pieces: tuple[Piece, ...]
    used: int
    verbal: bool = True


def readable(text: str) -> str:
    """The text with a space for each character that ends it for MeCab; as long as before."""
    return _UNREADABLE.sub(" ", text)


def joined(words: Sequence[Token], at: int) -> bool:
    """Whether there is a word at `at` that follows the one before it without a space."""
    return 0 < at < len(words) and words[at - 1].end == words[at].start


def potential(token: Token) -> tuple[str, WordClass, Ending] | None:
    """The plain form, its class, and the name of a potential (読める: 読む); None for others."""
    base, lemma = token.base, token.lemma
    if not token.conjugation_type.startswith("下一段") or len(base) < 2 or base[-1] != "る":
        return None
    last = U_BY_E.get(base[-2])
    if last is None or lemma[-1] != last or lemma[-2:] == base[-2:]:
        return None
    plain = base[:-2] + last
    found = verb(plain)
    if found is None:
        return None
    without_ra = found in (WordClass.ICHIDAN, WordClass.KURU)
    return plain, found, E.RA_LESS if without_ra else E.POTENTIAL


@lru_cache(4096)
def verb(plain: str) -> WordClass | None:
    """The class of a plain form, where UniDic takes it for one verb."""
    words = tokens(plain)
    if len(words) != 1 or words[0].pos[0] != "動詞" or words[0].base != plain:
        return None
    return by_unidic(words[0])


def others(token: Token, plain: str) -> tuple[str, ...]:
    """The plain forms of other verbs that are written alike in this form: 通った is one of 通る and
    of 通う, 降ります of 降る and 降りる, 切れる of 切る, too."""
    surface, form, base = token.surface, token.conjugation_form, token.base
    if token.pos[0] != "動詞" or potential(token) is not None:
        return ()
    found: list[str] = []
    if form == "連用形-促音便":
        found = [surface[:-1] + end for end in "うつる"]
    elif form == "連用形-撥音便":
        found = [surface[:-1] + end for end in "ぬぶむ"]
    elif form == "連用形-一般" and surface[-1] in U_BY_I:
        found = [surface + "る", surface[:-1] + U_BY_I[surface[-1]]]
    elif base[-1] == "る" and base[-2:-1] in U_BY_E and not form.startswith("仮定形"):
        found = [base[:-2] + U_BY_E[base[-2]], base]
    ichidan = (WordClass.ICHIDAN, WordClass.KURERU)
    return tuple(
        one
        for one in found
        if one != plain and len(one) > 1 and one not in RARE and (kind := verb(one)) is not None
        if kind.is_godan or (kind in ichidan and one in (base, surface + "る"))
    )


@lru_cache(4096)
def reading(plain: str) -> str:
    """A word's kana as UniDic reads it, hiragana; good enough for verbs and adjectives.

    言う is ユウ in UniDic, as it is spoken; its kana are いう.
    """
    kana = "".join(hiragana(token.kana or token.surface) for token in tokens(plain))
    return kana[:-2] + "いう" if plain.endswith("言う") and kana.endswith("ゆう") else kana


def verb_head(token: Token) -> Head | None:
    """A verb, as far as its own token goes."""
    found = potential(token)
    if found is not None:
        plain, word_class, name = found
        return Head(plain, word_class, inflected(token, name), 1)
    word_class_or_none = by_unidic(token)
    if word_class_or_none is None:
        return None
    if (short := _short_causative(token)) is not None:
        return short
    return Head(token.base, word_class_or_none, _bases(token, word_class_or_none), 1)


def _short_causative(token: Token) -> Head | None:
    base = token.base
    if token.conjugation_type != "五段-サ行" or len(base) < 3 or base in OWN_ASU:
        return None
    plain = base[:-2] + U_BY_A.get(base[-2], "\0")
    word_class = verb(plain) if plain[-1] != "\0" else None
    if word_class is None or not word_class.is_godan:
        return None
    stem = len(base) - 1
    pieces = ((token.surface[:stem], E.BASES["未然形"]), (token.surface[stem:], E.SHORT_CAUSATIVE))
    return Head(plain, word_class, pieces, 1)


def _bases(token: Token, word_class: WordClass) -> tuple[Piece, ...]:
    form = token.conjugation_form
    if form.startswith(("意志推量形", "命令形", "仮定形-融合")):
        stem = E.BASES["意志推量形"] if word_class.is_godan else E.STEM
        return inflected(token, stem)
    name = E.BASES.get(form) or E.BASES.get(form.partition("-")[0]) or E.UNKNOWN
    godan = word_class.is_godan
    if word_class is WordClass.HONORIFIC and form == "連用形-イ音便":
        name = E.BASES["連用形-一般"]  # くださいます
    if not godan and form.startswith(("未然形", "連用形")):
        name = E.STEM
    return ((token.surface, name),)


def inflected(token: Token, name: Ending) -> tuple[Piece, ...]:
    """The pieces of a verb, or of an auxiliary that inflects as one, called `name`."""
    surface, form = token.surface, token.conjugation_form
    godan = token.conjugation_type.startswith("五段")
    own = name in (E.STEM, E.BASES["意志推量形"])
    if form.startswith("意志推量形"):
        will = E.PRESUMPTIVE if token.lemma == "有る" else E.VOLITIONAL  # であろう
        cut = 2 if surface.endswith("よう") and not godan else 1
        if surface[-1] in "うっよ" and len(surface) > cut:
            return ((surface[:-cut], name), (surface[-cut:], will))
        return ((surface, will),)
    if form.startswith("命令形"):
        if surface[-1] in "ろよ" and len(surface) > 1 and not godan:
            return ((surface[:-1], name), (surface[-1], E.IMPERATIVE))
        return ((surface, E.IMPERATIVE if own else name.with_note("imperative", "命令形")),)
    if form == "仮定形-融合":
        fused = E.SPOKEN_BA if own else name.with_note("spoken conditional", "条件形の縮約")
        return ((surface, fused),)
    return ((surface, name),)


def adjective_head(token: Token) -> Head | None:
    """An adjective, as far as its own token goes."""
    word_class = by_unidic(token)
    if word_class is None:
        return None
    form = token.conjugation_form
    if form == "仮定形-融合":
        name = E.SPOKEN_BA
    else:
        name = E.ADJECTIVE_BASES.get(form) or E.ADJECTIVE_BASES.get(
            form.partition("-")[0], E.UNKNOWN
        )
    if name is E.PLAIN and token.surface != token.base:
        name = name.with_note("rough", "くだけた形")
    return Head(token.base, word_class, ((token.surface, name),), 1)


def mended_head(words: Sequence[Token], at: int) -> Head | None:
    """Heads that UniDic cuts wrongly where they stand alone: 来さ・せる (as 来す), 軽そう (as
    軽躁), 白・すぎる, まず・そう (as an adverb)."""
    token = words[at]
    after = words[at + 1] if joined(words, at + 1) else None
    if token.lemma == "来す" and after is not None and after.lemma == "せる":
        (text, name), *rest = inflected(after, E.CAUSATIVE)
        stem, sa = token.surface[:-1], token.surface[-1]
        return Head("来る", WordClass.KURU, ((stem, E.STEM), (sa + text, name), *rest), 2)
    if token.surface == "来そう":
        return Head("来る", WordClass.KURU, (("来", E.STEM), ("そう", E.APPEARANCE)), 1)
    if token.conjugation_type == "文語サ行変格":  # すべき
        return Head("する", WordClass.SURU, ((token.surface, E.PLAIN),), 1)
    if token.pos[0] not in ("名詞", "副詞", "接頭辞"):
        return None
    stem = token.surface.removesuffix("そう")
    seeming = after is not None and after.surface == "そう"
    too_much = after is not None and after.lemma == "過ぎる"
    if stem == token.surface and not seeming and not too_much:
        return None
    word_class = adjective(stem + "い") if stem else None
    if word_class is None:
        return None
    pieces: list[Piece] = [(stem, E.STEM)]
    if stem != token.surface or seeming:
        pieces.append(("そう", E.APPEARANCE))
    return Head(stem + "い", word_class, tuple(pieces), 1 + (stem == token.surface and seeming))


@lru_cache(4096)
def adjective(plain: str) -> WordClass | None:
    """The class of a plain form, where UniDic takes it for one い-adjective."""
    words = tokens(plain)
    if len(words) != 1 or words[0].pos[0] != "形容詞" or words[0].base != plain:
        return None
    return by_unidic(words[0])
