"""Where in an inflected word one stands: what is before, what follows."""

from __future__ import annotations

from collections.abc import Sequence

from bot.study.analysis import Token
from bot.study.forms import endings as E
from bot.study.forms.endings import Ending
from bot.study.forms.heads import Head, Piece, joined


class Situation:
    """A place behind a head: `_at` is that of the next word, `pieces` are those since the head."""

    def __init__(self, words: Sequence[Token], head: Head, at: int) -> None:
        self._words = words
        self._at = at
        self._head = head
        self.pieces: list[Piece] = []

    @property
    def _before(self) -> Token:
        return self._words[self._at - 1]

    @property
    def _names(self) -> list[Ending]:
        return [name for _, name in (*self._head.pieces, *self.pieces)]

    def _after(self, steps: int = 1) -> Token | None:
        """The word `steps` further, where it follows without a space."""
        at = self._at + steps
        return self._words[at] if joined(self._words, at) else None

    def _past_particles(self) -> Ending:
        """The name of the last piece that is no は or も."""
        particles = E.PARTICLES.values()
        return next(name for name in reversed(self._names) if name not in particles)

    def _condition(self) -> bool:
        """Whether a condition stands before: なければ, なきゃ, ては, ちゃ, ないと."""
        names = self._names
        with_wa = len(names) > 1 and names[-2] is E.TE and names[-1] is E.PARTICLES["は"]
        return with_wa or names[-1] in (E.BA, E.TO, E.TE_WA, E.NEGATIVE_BA, E.COPULA_WA)

    def _must(self) -> Ending:
        """Of a condition: not doing it will not do, or doing it."""
        negative = (E.NEGATIVE, E.NEGATIVE_BA, E.NEGATIVE_WRITTEN)
        return E.OBLIGATION if any(name in negative for name in self._names[-3:]) else E.BAN

    @property
    def _on_verb(self) -> bool:
        """Whether a verb's form, or an auxiliary's that inflects as one, stands before."""
        kind = self._before.conjugation_type
        return self._head.verbal and kind.startswith(("五段", "上一段", "下一段", "カ行", "サ行"))

    @property
    def _on_stem(self) -> bool:
        return self._on_verb and self._before.conjugation_form == "連用形-一般"

    @property
    def _on_adverbial(self) -> bool:
        """Whether 〜く stands before, perhaps with は or も."""
        particle = self._before.surface in ("は", "も")
        before = self._words[self._at - 2] if particle and self._at > 1 else self._before
        kind = before.conjugation_type
        adjective = kind in ("形容詞", "助動詞-タイ", "助動詞-ナイ", "助動詞-ラシイ")
        return adjective and before.conjugation_form == "連用形-一般"

    @property
    def _on_bare_stem(self) -> bool:
        """Whether the stem of an adjective stands before (高すぎる), or a な-adjective."""
        stem = self._before.conjugation_form.startswith("語幹")
        return stem or (not self.pieces and self._names[-1] in (E.NA_ADJECTIVE, E.STEM))
