"""A form taken apart: 食べ・させ・られ・た is causative, passive, past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.study.analysis import Token, tokens
from bot.study.forms import endings as E
from bot.study.forms.attached import Attached
from bot.study.forms.heads import (
    Head,
    Piece,
    adjective_head,
    mended_head,
    others,
    potential,
    readable,
    reading,
    verb_head,
)
from bot.study.forms.nouns import noun_head, respectful_head
from bot.study.forms.word_class import WordClass
from bot.study.forms.word_lists import KEIGO

_BEFORE_VERB = ("を", "に")
# What UniDic takes for nouns where they stand alone: 白, 使用.
_OF_SURU = {"しろ": E.IMPERATIVE, "しよう": E.VOLITIONAL}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an inflected word, and what it is called. An explanation may be empty.

    `known` is False for what no table names; its name then says so. `says_form`: it is no mere
    stem, noun or plain form (読め of 読めない is a potential).
    """

    text: str
    name_english: str
    name_japanese: str
    explanation_english: str = ""
    explanation_japanese: str = ""
    known: bool = True
    says_form: bool = True


@dataclass(frozen=True, slots=True)
class Chain:
    """An inflected word at `text[start:end]`; its parts' texts join to `surface`.

    `plain` is the form that dictionaries list (食べる), `kana` its reading in hiragana, or empty.
    The first part is the word's own stem. `also`: the plain forms of other verbs whose form may
    be written alike (通った: 通う beside 通る).
    """

    surface: str
    start: int
    end: int
    plain: str
    kana: str
    word_class: WordClass
    parts: tuple[Part, ...]
    also: tuple[str, ...] = ()


def chain(text: str) -> tuple[Chain, ...]:
    """The inflected words of a form or a sentence, in order; none where there is none.

    Verbs and adjectives in any form, nouns with する and with the copula. Where words begin and
    end is UniDic's to say; what the pieces are called is endings.py's.
    """
    clean = readable(text)
    found = _chains(text, tokens(clean))
    begins = len(clean) - len(clean.lstrip())
    if found and found[0].start == begins:
        return found
    # Alone, UniDic takes the stem of 調べなかった for a noun; after を it sees the verb.
    for before in _BEFORE_VERB:
        shift = len(before)
        shifted = [
            replace(word, start=word.start - shift, end=word.end - shift)
            for word in tokens(clean[:begins] + before + clean[begins:])
            if word.start >= begins + shift
        ]
        again = _chains(text, shifted)
        if again and again[0].start == begins and len(again[0].parts) > 1:
            return again
    return found


def _chains(text: str, words: Sequence[Token]) -> tuple[Chain, ...]:
    words = [part for word in words for part in _without_yo(word)]
    found = []
    at = 0
    while at < len(words):
        start = _head(words, at)
        if start is None:
            at += 1
            continue
        attached = Attached(words, start, at + start.used)
        end = at + start.used + attached.read()
        alone = end == at + 1
        pieces = _merged([*start.pieces, *attached.pieces])
        if alone and len(pieces) == 1 and pieces[0][1] is E.POTENTIAL and not _is_plain(words[at]):
            pieces = [(pieces[0][0], E.IMPERATIVE)]  # 書け alone, where UniDic sees 書ける
        found.append(
            Chain(
                text[words[at].start : words[end - 1].end],
                words[at].start,
                words[end - 1].end,
                start.plain,
                "" if start.word_class is WordClass.NOUN else reading(start.plain),
                start.word_class,
                _parts(pieces, start.plain),
                others(words[at], start.plain),
            )
        )
        at = end
    return tuple(found)


def _without_yo(word: Token) -> tuple[Token, ...]:
    """言え・よ, where UniDic sees a form of 言える."""
    found = potential(word)
    if found is None or found[2] is not E.POTENTIAL or word.surface[-1] != "よ":
        return (word,)
    cut = word.end - 1
    order = replace(word, surface=word.surface[:-1], end=cut, conjugation_form="連用形-一般")
    particle = ("助詞", "終助詞", "*", "*")
    return order, Token("よ", cut, word.end, "よ", "よ", particle, "*", "*", "ヨ")


def _head(words: Sequence[Token], at: int) -> Head | None:
    token = words[at]
    kind = token.pos[0]
    mended = mended_head(words, at)
    if mended is not None:
        return mended
    if kind == "動詞":
        return verb_head(token)
    if kind == "形容詞":
        return adjective_head(token)
    if token.pos[0] == "名詞" and token.surface in _OF_SURU and len(words) == 1:
        ending = _OF_SURU[token.surface]
        return Head("する", WordClass.SURU, (("し", E.STEM), (token.surface[1:], ending)), 1)
    if (kind == "接頭辞" and token.lemma == "御") or (
        kind == "名詞" and token.surface[0] in "おご御"
    ):
        respectful = respectful_head(words, at)
        if respectful is not None:
            return respectful
    if kind in ("名詞", "代名詞", "形状詞") and token.pos[1] != "助動詞語幹":
        return noun_head(words, at)
    return None


def _is_plain(token: Token) -> bool:
    return token.conjugation_form.startswith(("終止形", "連体形", "仮定形"))


def _merged(pieces: list[Piece]) -> list[Piece]:
    """書か・さ・れ as 書か・され: the short causative-passive is one piece."""
    for at in range(1, len(pieces)):
        (text, name), (after, next_name) = pieces[at - 1 : at + 1]
        if name is E.SHORT_CAUSATIVE and next_name is E.PASSIVE:
            both = (text + after, E.SHORT_CAUSATIVE_PASSIVE)
            return [*pieces[: at - 1], both, *pieces[at + 1 :]]
    return pieces


def _parts(pieces: Sequence[Piece], plain: str) -> tuple[Part, ...]:
    """The pieces as parts; a word of respect is explained at its stem."""
    keigo = KEIGO.get(plain, ("", ""))
    return tuple(
        Part(
            text,
            name.english,
            name.japanese,
            name.why_english if at else keigo[0] or name.why_english,
            name.why_japanese if at else keigo[1] or name.why_japanese,
            not name.english.startswith(E.UNKNOWN.english),
            name not in E.MERE,
        )
        for at, (text, name) in enumerate(pieces)
    )
