"""What kind of word something is, roughly: to tell homographs apart by a sentence's grammar."""

from __future__ import annotations

from enum import IntFlag
from functools import cache

from bot.study.analysis import Token


class Kind(IntFlag):
    """Kinds of words that both JMdict and UniDic tell apart."""

    NOUN = 1
    PRONOUN = 2
    VERB = 4
    I_ADJECTIVE = 8
    NA_ADJECTIVE = 16
    ADVERB = 32
    BEFORE_NOUNS = 64
    CONJUNCTION = 128
    INTERJECTION = 256
    PARTICLE = 512
    AUXILIARY = 1024
    PREFIX = 2048
    SUFFIX = 4096
    NUMBER = 8192
    EXPRESSION = 16384


_OF_CODE = {
    "pn": Kind.PRONOUN,
    "adj-i": Kind.I_ADJECTIVE,
    "adj-ix": Kind.I_ADJECTIVE,
    "adj-na": Kind.NA_ADJECTIVE,
    "adj-t": Kind.NA_ADJECTIVE,
    "adj-nari": Kind.NA_ADJECTIVE,
    "adj-pn": Kind.BEFORE_NOUNS,
    "adj-f": Kind.BEFORE_NOUNS,
    "adj-no": Kind.NOUN,
    "adv": Kind.ADVERB,
    "adv-to": Kind.ADVERB,
    "aux": Kind.AUXILIARY,
    "aux-v": Kind.AUXILIARY,
    "aux-adj": Kind.AUXILIARY,
    "cop": Kind.AUXILIARY,
    "conj": Kind.CONJUNCTION,
    "ctr": Kind.SUFFIX,
    "exp": Kind.EXPRESSION,
    "int": Kind.INTERJECTION,
    "num": Kind.NUMBER,
    "pref": Kind.PREFIX,
    "n-pref": Kind.PREFIX,
    "prt": Kind.PARTICLE,
    "suf": Kind.SUFFIX,
    "n-suf": Kind.SUFFIX,
    "vs": Kind.NOUN | Kind.VERB,  # with する
    "n": Kind.NOUN,
    "n-pr": Kind.NOUN,
}
_OF_TOKEN = {
    "名詞": Kind.NOUN,
    "代名詞": Kind.PRONOUN,
    "動詞": Kind.VERB,
    "形容詞": Kind.I_ADJECTIVE,
    "形状詞": Kind.NA_ADJECTIVE,
    "副詞": Kind.ADVERB,
    "連体詞": Kind.BEFORE_NOUNS,
    "接続詞": Kind.CONJUNCTION,
    "感動詞": Kind.INTERJECTION,
    "助詞": Kind.PARTICLE,
    "助動詞": Kind.AUXILIARY,
    "接頭辞": Kind.PREFIX,
    "接尾辞": Kind.SUFFIX,
}


_NOUNS = Kind.NOUN | Kind.NA_ADJECTIVE | Kind.ADVERB
# What JMdict may call a word that UniDic calls this.
_NEAR = {
    Kind.NOUN: _NOUNS | Kind.PRONOUN | Kind.SUFFIX | Kind.NUMBER,
    Kind.NA_ADJECTIVE: _NOUNS,
    Kind.ADVERB: _NOUNS | Kind.CONJUNCTION | Kind.INTERJECTION,
    Kind.CONJUNCTION: Kind.ADVERB | Kind.EXPRESSION,
    Kind.INTERJECTION: Kind.EXPRESSION | Kind.ADVERB,
    Kind.AUXILIARY: Kind.VERB | Kind.PARTICLE | Kind.EXPRESSION,
    Kind.PARTICLE: Kind.CONJUNCTION | Kind.EXPRESSION,
    Kind.PREFIX: Kind.NOUN | Kind.NUMBER,
    Kind.SUFFIX: Kind.NOUN,
    Kind.NUMBER: Kind.NOUN | Kind.PREFIX,
    Kind.BEFORE_NOUNS: Kind.NA_ADJECTIVE | Kind.EXPRESSION,
}
_FITTING = {word: int(kind | _NEAR.get(kind, kind)) for word, kind in _OF_TOKEN.items()}
_NUMBERS = int(Kind.NUMBER | _NEAR[Kind.NUMBER])
ANY = -1


@cache
def kinds_of_codes(codes: tuple[str, ...]) -> int:
    """The kinds that parts of speech of JMdict are, as flags of Kind."""
    found = 0
    for code in codes:
        verb = Kind.VERB if code[:1] == "v" and code not in ("vi", "vt") else 0
        found |= _OF_CODE.get(code, verb)
    return found


def fitting(token: Token) -> int:
    """The kinds that an entry for this word may be, as flags of Kind; ANY for signs."""
    return _NUMBERS if token.pos[1] == "数詞" else _FITTING.get(token.pos[0], ANY)
