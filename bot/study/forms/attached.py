"""What is attached to a word, piece by piece: auxiliaries, particles, verbs that help.

Each function takes the words and a place, and gives the pieces that belong there and how many
words they took; nothing where the inflected word ends.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.study.analysis import Token
from bot.study.forms import endings as E
from bot.study.forms.endings import Ending
from bot.study.forms.heads import Piece, inflected, joined, potential
from bot.study.forms.situation import Situation

Pieces = tuple[tuple[Piece, ...], int]
_NOTHING: Pieces = ((), 0)
_MUST_NOT = ("行く", "成る", "駄目")


class Attached(Situation):
    """The pieces after a head."""

    def read(self) -> int:
        """Take what belongs to the word; the number of words taken."""
        start = self._at
        while joined(self._words, self._at):
            pieces, used = self._next()
            if not used:
                break
            self.pieces += pieces
            self._at += used
        return self._at - start

    def _next(self) -> Pieces:
        token = self._words[self._at]
        kind, second = token.pos[0], token.pos[1]
        rule: Callable[[Token], Pieces] | None = {
            "助動詞": self._auxiliary,
            "助詞": self._particle,
            "動詞": self._verb,
            "形容詞": self._adjective,
            "接尾辞": self._suffix,
        }.get(kind)
        if second == "助動詞語幹":
            return self._seeming(token)
        if rule is not None:
            return rule(token)
        if token.lemma == "駄目" and self._condition():
            return self._one(token, self._must())
        return _NOTHING

    @staticmethod
    def _one(token: Token, name: Ending) -> Pieces:
        return ((token.surface, name),), 1

    # The rules.

    def _auxiliary(self, token: Token) -> Pieces:
        form, lemma = token.conjugation_form, token.lemma
        will = form.startswith("意志推量形")
        if lemma == "れる":
            return inflected(token, E.PASSIVE), 1
        if lemma == "られる":
            causative = self._names[-1] is E.CAUSATIVE
            return inflected(token, E.PASSIVE if causative else E.POTENTIAL_OR_PASSIVE), 1
        if lemma == "ない":
            return self._one(token, negative(token))
        if lemma == "ず":
            return self._one(token, E.NEGATIVE if token.surface == "ん" else E.NEGATIVE_WRITTEN)
        if lemma == "た":
            name = E.TARA if form == "仮定形-一般" else E.PAST_PRESUMPTIVE if will else E.PAST
            return self._one(token, name)
        if lemma == "ます":
            polite = E.POLITE_IMPERATIVE if form == "命令形" else E.POLITE
            return self._one(token, E.POLITE_VOLITIONAL if will else polite)
        if lemma == "です":
            return self._one(token, E.POLITE_PRESUMPTIVE if will else E.POLITE_COPULA)
        if lemma == "だ":
            return self._one(token, copula(token))
        name = E.AUXILIARIES.get(lemma, E.UNKNOWN)
        return ((token.surface, name),) if name is E.UNKNOWN else inflected(token, name), 1

    def _particle(self, token: Token) -> Pieces:
        lemma, surface, kind = token.lemma, token.surface, token.pos[1]
        after = self._after()
        if kind == "接続助詞":
            if lemma == "て":
                return self._one(token, E.TE_WA if surface in ("ちゃ", "じゃ") else E.TE)
            if surface == "ど" and after is not None and after.lemma == "居る":
                # UniDic 2.1.2 reads 読んどいて as 読ん・ど・い・て.
                return ((surface + after.surface, E.AUXILIARIES["とく"]),), 2
            if surface in ("たって", "だって"):
                return self._one(token, E.EVEN_IF)
            if lemma == "ば":
                return self._one(token, E.BA)
            if surface == "と" and after is not None and after.lemma in _MUST_NOT:
                negative_before = self._names[-1] is E.NEGATIVE
                return self._one(token, E.TO) if negative_before else _NOTHING
        if lemma in ("ながら", "つつ", "たり"):
            return self._one(token, E.AFTER_STEM[lemma])
        if kind == "終助詞" and lemma == "な" and self._on_verb:
            plain = self._before.conjugation_form.startswith(("終止形", "連体形"))
            if plain or self._on_stem:
                return self._one(token, E.PROHIBITIVE if plain else E.SOFT_IMPERATIVE)
        if kind == "準体助詞" and after is not None and after.lemma in ("だ", "です"):
            is_conjunction = after.surface in ("で", "に")  # ので, のに
            return _NOTHING if is_conjunction else self._one(token, E.EXPLANATION)
        if surface == "を" and self._names[-1] is E.NEGATIVE_WRITTEN:
            if after is not None and after.lemma == "得る":
                name = E.CANNOT_HELP
                return ((surface, E.PARTICLES["を"]), *inflected(after, name)), 2
            return _NOTHING
        if surface == "で" and not self._head.verbal and not self.pieces:
            return self._one(token, E.COPULA_TE)
        if surface in E.PARTICLES and surface not in "にを" and after is not None:
            return self._between(token, after)
        return _NOTHING

    def _between(self, token: Token, after: Token) -> Pieces:
        """は or も between a form and what helps it: 食べてはいない, 静かではない."""
        last = self._names[-1]
        if last is E.TE:
            helps = after.lemma in E.AFTER_TE or after.lemma in (*_MUST_NOT, "良い", "構う")
        else:
            on = last in (E.COPULA_TE, E.APPEARANCE, E.ADVERBIAL) or self._on_adverbial
            helps = on and after.lemma in ("無い", "有る", "御座る")
        return self._one(token, E.PARTICLES[token.surface]) if helps else _NOTHING

    def _verb(self, token: Token) -> Pieces:
        lemma, last = token.lemma, self._names[-1]
        if lemma in _MUST_NOT and self._condition() and self._will_not_do():
            return self._one(token, self._must())
        after = self._after()
        on_negative = self._before.conjugation_form == "未然形-一般"
        if lemma == "為る" and on_negative and after is not None and after.lemma == "れる":
            # UniDic has no 急がす: 急が・さ・れ is the short causative-passive.
            return ((token.surface + after.surface, E.SHORT_CAUSATIVE_PASSIVE),), 2
        base = self._past_particles()
        if base is E.TE:
            return self._helping(token)
        if lemma == "有る" and last is E.COPULA_TE:
            return inflected(token, E.COPULA_ARU), 1
        if lemma == "有る" and (base in (E.COPULA_WA, E.COPULA_TE) or self._on_adverbial):
            return inflected(token, E.ARU), 1
        if lemma == "御座る" and base in (E.COPULA_WA, E.COPULA_TE):
            return inflected(token, E.COPULA_ARU.with_note("very polite", "丁重")), 1
        if self._on_stem or self._on_bare_stem:
            return self._after_stem(token)
        return _NOTHING

    def _will_not_do(self) -> bool:
        """Whether the verb here is negated: いけない, ならない, なりません."""
        after = self._after()
        return after is not None and after.lemma in ("ない", "ます", "ず")

    def _helping(self, token: Token) -> Pieces:
        """A verb after て."""
        lemma = token.lemma
        if lemma == "構う":
            return self._one(token, E.PERMISSION)
        if lemma in ("下さる", "呉れる") and token.conjugation_form == "命令形":
            return self._one(token, E.REQUEST)
        name = E.ORU if token.base in ("おる", "居る") and lemma == "居る" else None
        name = name if name and token.conjugation_type.startswith("五段") else None
        name = name or E.AFTER_TE.get(lemma)
        if name is None:
            return _NOTHING
        return inflected(
            token, name.with_note("potential", "可能") if potential(token) else name
        ), 1

    def _after_stem(self, token: Token) -> Pieces:
        name = E.AFTER_STEM.get(token.lemma)
        if name is None:
            return _NOTHING
        if token.lemma == "為さる":
            return self._one(token, name) if token.conjugation_form == "命令形" else _NOTHING
        return inflected(token, name), 1

    def _adjective(self, token: Token) -> Pieces:
        base, last = self._past_particles(), self._names[-1]
        if token.lemma == "無い":
            seeming = (E.APPEARANCE, E.ADVERBIAL)
            if self._on_adverbial or base in (E.COPULA_TE, E.COPULA_WA, E.TE_WA, *seeming):
                return self._one(token, negative(token))
        if token.lemma == "欲しい" and base is E.TE:
            return inflected(token, E.AFTER_TE["欲しい"]), 1
        if token.lemma == "良い" and base is E.TE and last is E.PARTICLES["も"]:
            return self._one(token, E.PERMISSION)
        return _NOTHING

    def _suffix(self, token: Token) -> Pieces:
        if self._on_stem or self._on_bare_stem:
            name = E.AFTER_STEM.get(token.lemma)
            if name is not None:
                return inflected(token, name), 1
            if token.pos[1] != "名詞的":
                return self._one(token, E.UNKNOWN)
        return _NOTHING

    def _seeming(self, token: Token) -> Pieces:
        """そう, よう, みたい."""
        if token.lemma == "そう":
            return self._one(token, E.HEARSAY if token.pos[0] == "名詞" else E.APPEARANCE)
        name = E.SEEMS.get(token.lemma)
        return _NOTHING if name is None else self._one(token, name)


def negative(token: Token) -> Ending:
    """What a form of ない is called."""
    if token.conjugation_form == "仮定形-融合":
        return E.NEGATIVE_BA
    if token.surface[:2] in ("ねえ", "ねぇ", "ねー", "ね"):
        return E.NEGATIVE_ROUGH
    return E.NEGATIVE


def copula(token: Token) -> Ending:
    """What a form of だ is called."""
    form = token.conjugation_form
    if form.startswith("意志推量形"):
        return E.PRESUMPTIVE
    if token.surface == "だ":
        return E.COPULA
    names = {
        "連体形-一般": E.ATTRIBUTIVE,
        "連用形-ニ": E.ADVERBIAL,
        "連用形-融合": E.COPULA_WA,
        "連用形-一般": E.COPULA_TE,
        "仮定形-一般": E.NARA,
    }
    return names.get(form, E.COPULA)
