"""Words that inflect with something beside them: nouns with する or the copula, な-adjectives,
and what お and ご make respectful."""

from __future__ import annotations

from collections.abc import Sequence

from bot.study.analysis import Token, tokens
from bot.study.forms import endings as E
from bot.study.forms.heads import Head, Piece, inflected, joined, potential, verb_head
from bot.study.forms.word_class import WordClass, by_unidic

_SURU = {
    "為る": E.SURU,
    "致す": E.SURU.with_note("humble", "謙譲"),
    "為さる": E.SURU.with_note("honorific", "尊敬"),
    "出来る": E.CAN_SURU,
}
_NOUNS = ("名詞", "代名詞", "形状詞")
_GIVING = ("下さる", "頂く")
_HUMBLE = ("為る", "致す", "申し上げる")


def noun_head(words: Sequence[Token], at: int) -> Head | None:
    """A noun or な-adjective with what makes it inflect; None for one that stands alone.

    Of several nouns in a row the last decides: 日本語教師です.
    """
    end = at + 1
    while joined(words, end) and (
        (words[end].pos[0] in _NOUNS and words[end].pos[1] != "助動詞語幹")
        or words[end].pos[:2] == ("接尾辞", "名詞的")
        or words[end].pos[:2] == ("接尾辞", "形状詞的")
    ):
        end += 1
    last, text = words[end - 1], "".join(token.surface for token in words[at:end])
    follower = words[end] if joined(words, end) else None
    kind = WordClass.NA_ADJECTIVE if _is_na(last) else WordClass.NOUN
    if follower is not None:
        if follower.lemma in _SURU and "サ変" in last.pos[2]:
            if any(_counts(word) for word in words[at:end]):
                return None  # ６人宿泊する: the verb begins behind the count
            pieces = ((text, E.NOUN), *inflected(follower, _SURU[follower.lemma]))
            return Head(text + "する", WordClass.NOUN_SURU, pieces, end + 1 - at)
        if _takes_copula(words, end, kind):
            name = E.NA_ADJECTIVE if kind is WordClass.NA_ADJECTIVE else E.NOUN
            return Head(text, kind, ((text, name),), end - at, verbal=False)
    if last.pos[0] == "形状詞":
        return Head(text, kind, ((text, E.NA_ADJECTIVE),), end - at, verbal=False)
    return None


def _counts(token: Token) -> bool:
    return token.pos[1] == "数詞" or token.pos[2] == "助数詞"


def _is_na(token: Token) -> bool:
    return by_unidic(token) is WordClass.NA_ADJECTIVE or token.pos[1] == "形状詞的"


def _takes_copula(words: Sequence[Token], at: int, kind: WordClass) -> bool:
    """Whether what follows a noun makes it a predicate; で and に alone only of な-adjectives."""
    token = words[at]
    if token.pos[0] == "助動詞":
        alone = token.conjugation_form in ("連用形-一般", "連用形-ニ") and token.lemma == "だ"
        return token.lemma in ("だ", "です", "らしい") and (
            not alone or kind is WordClass.NA_ADJECTIVE or _de_is_copula(words, at)
        )
    if token.surface == "で":
        return _de_is_copula(words, at)
    if token.pos[1] == "助動詞語幹":
        return token.lemma != "そう" or kind is WordClass.NA_ADJECTIVE
    return kind is WordClass.NA_ADJECTIVE and token.lemma in ("過ぎる", "さ")


def _de_is_copula(words: Sequence[Token], at: int) -> bool:
    """Whether a で (whatever UniDic calls it) is that of ではない, である, でございます."""
    after = at + 1
    if joined(words, after) and words[after].surface in ("は", "も"):
        after += 1
        # 学校でもある and 東京ではない: the noun is called something, or a place; both inflect so.
    return joined(words, after) and (
        words[after].lemma in ("無い", "御座る") or words[after].lemma == "有る"
    )


def respectful_head(words: Sequence[Token], at: int) -> Head | None:
    """お待ちになる, お持ちする, ご説明いたします, お待ちください, ご覧になる; or a noun with お.

    `words[at]` is the prefix, or a noun that begins with one.
    """
    prefixed = words[at].pos[0] == "接頭辞"
    last = at + 1 if prefixed else at
    if prefixed and not joined(words, last):
        return None
    word, end = words[last], last + 1
    respect = _respect(words, end)
    if respect:
        pieces: list[Piece] = [(words[at].surface, E.PREFIX)] if prefixed else []
        own = _as_stem(word) if prefixed else None
        if own is not None:
            plain, word_class = own.plain, own.word_class
            pieces.append((word.surface, E.BASES["連用形-一般"]))
        elif not prefixed:
            if respect[-1][1] not in (E.TO_HONOUR, E.REQUEST):
                return None  # ごめんなさい
            plain, word_class = f"{word.surface}になる", WordClass.GODAN_RA
            pieces.append((word.surface, E.NOUN))
        elif "サ変" in word.pos[2]:
            plain, word_class = f"{word.surface}する", WordClass.NOUN_SURU
            pieces.append((word.surface, E.NOUN))
        else:
            return None
        return Head(plain, word_class, (*pieces, *respect), end + (len(respect) > 1) + 1 - at)
    noun = noun_head(words, last) if prefixed and word.pos[0] in _NOUNS else None
    if noun is None:
        return None
    (text, name), *rest = noun.pieces
    return Head(
        words[at].surface + noun.plain,
        noun.word_class,
        ((words[at].surface + text, name), *rest),
        noun.used + 1,
        noun.verbal,
    )


def _respect(words: Sequence[Token], at: int) -> tuple[Piece, ...]:
    """The pieces of になる, する, ください at `at`; none where something else stands there."""
    if not joined(words, at):
        return ()
    token = words[at]
    if token.lemma == "に" and joined(words, at + 1) and words[at + 1].lemma == "成る":
        return ((token.surface, E.PARTICLES["に"]), *inflected(words[at + 1], E.TO_HONOUR))
    if token.lemma in _HUMBLE:
        return inflected(token, E.TO_HUMBLE)
    if token.lemma == "為さる" and token.conjugation_form == "命令形":
        return ((token.surface, E.AFTER_STEM["為さる"]),)
    if token.lemma == "為さる":
        return inflected(token, E.SURU.with_note("honorific", "尊敬"))
    if token.lemma == "下さる" and token.conjugation_form == "命令形":
        return ((token.surface, E.REQUEST),)
    if token.lemma in _GIVING:
        name = E.AFTER_TE[token.lemma]
        return inflected(token, name.with_note("potential", "可能") if potential(token) else name)
    if token.lemma == "出来る":
        return inflected(token, E.TO_HUMBLE.with_note("potential", "可能"))
    return ()


def _as_stem(word: Token) -> Head | None:
    """The verb whose ます-stem a word is, also where UniDic takes it for a noun (読み)."""
    if word.pos[0] == "動詞":
        return verb_head(word) if word.conjugation_form == "連用形-一般" else None
    found = tokens(word.surface + "ます")
    if len(found) != 2 or found[0].pos[0] != "動詞" or found[1].lemma != "ます":
        return None
    return verb_head(found[0])
