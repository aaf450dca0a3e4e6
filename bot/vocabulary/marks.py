"""Marks: the tokens that only a template writes, never a user's text.

A mark is a special token, or one that was added to a vocabulary, save for white space and single
characters: a line break that was added as a token is a line break all the same, and has no other
spelling. Knows spellings and ids; not how text is split otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.thinking import CLOSE, OPEN

SPACE_MARK = "\u2581"  # ▁, what SentencePiece writes for a space

Part = tuple[str, bool]  # of a prompt: its text, and whether it is our own (not a user's)
Prefix = Literal["always", "first", "never"]  # before which stretches between marks a space is put


@dataclass(frozen=True, slots=True)
class Mark:
    """A token's spelling. `lstrip` and `rstrip`: it takes the white space beside it with it."""

    spelling: str
    special: bool = True
    lstrip: bool = False
    rstrip: bool = False

    @property
    def is_silent(self) -> bool:
        """Whether it contributes nothing to a reply; what surrounds a thought is needed there."""
        return self.special and self.spelling not in (OPEN, CLOSE)

    @property
    def is_text(self) -> bool:
        """Whether a user may write it: see above."""
        text = self.spelling.replace(SPACE_MARK, " ")
        return not self.special and (len(text) < 2 or text.isspace())


class Marks:
    """The marks of a vocabulary, by id. `plain`: the ids of text in the midst of a prompt, in
    which there may still be marks.

    `byte_ids` are the ids of single bytes, in their order, where the vocabulary has them.
    """

    def __init__(
        self,
        marks: Mapping[int, Mark],
        plain: Callable[[str], list[int]],
        byte_ids: Sequence[int] = (),
    ) -> None:
        self._marks = {token_id: mark for token_id, mark in marks.items() if mark.spelling}
        self._plain = plain
        self._byte_ids = byte_ids
        self._spelled: dict[int, list[int]] = {}
        by_length = sorted(self._marks.items(), key=lambda item: -len(item[1].spelling))
        self._ids = {mark.spelling: token_id for token_id, mark in by_length}
        spellings = "|".join(re.escape(mark.spelling) for _, mark in by_length)
        self._pattern = re.compile(f"({spellings})") if spellings else None

    @property
    def spellings(self) -> dict[int, str]:
        """Of all marks, by id."""
        return {token_id: mark.spelling for token_id, mark in self._marks.items()}

    def id_of(self, spelling: str, default: int) -> int:
        """The id of a mark by its spelling."""
        return self._ids.get(spelling, default)

    def encode(
        self, parts: Iterable[Part], prefix: Prefix, encode: Callable[[str, bool], list[int]]
    ) -> list[int]:
        """The ids of a prompt's parts: the marks of our own, and what is between them at once.

        So a space at the end of our own part belongs to the text that follows. `encode` takes
        such a stretch, and whether a space is put before it.
        """
        ids: list[int] = []
        stretch, strip = "", False

        def flush() -> None:
            if stretch:
                ids.extend(encode(stretch, prefix == "always" or (prefix == "first" and not ids)))

        for text, ours in parts:
            for piece in self._split(text) if ours else (text,):
                if isinstance(piece, str):
                    stretch += piece.lstrip() if strip and not stretch else piece
                    continue
                mark = self._marks[piece]
                stretch = stretch.rstrip() if mark.lstrip else stretch
                flush()
                ids.append(piece)
                stretch, strip = "", mark.rstrip
        flush()
        return ids

    def _split(self, text: str) -> Iterator[str | int]:
        """Our own text: the stretches between marks, and the marks' ids."""
        for at, piece in enumerate(self._pattern.split(text) if self._pattern else (text,)):
            if piece:
                yield self._ids[piece] if at % 2 else piece

    def spell_out(self, ids: list[int]) -> list[int]:
        """`ids` of a user's text, without marks: those that came out are spelled."""
        if self._marks.keys().isdisjoint(ids):
            return ids
        spelled: list[int] = []
        for token_id in ids:
            spelled += self.spelled(token_id) if token_id in self._marks else [token_id]
        return spelled

    def spelled(self, token_id: int) -> list[int]:
        """The ids of a mark's spelling, of which none is a mark."""
        if token_id not in self._spelled:
            self._spelled[token_id] = self.spell(self._marks[token_id].spelling)
        return self._spelled[token_id]

    def spell(self, text: str) -> list[int]:
        """The ids of a text, of which none is a mark: its first character apart from the others.

        A character that is a mark by itself becomes its bytes, or nothing.
        """
        ids: list[int] = []
        for part in (text[:1], text[1:]):
            for token_id in self._plain(part) if part else ():
                if token_id not in self._marks:
                    ids.append(token_id)
                elif len(part) > 1:
                    ids += self.spelled(token_id)
                elif self._byte_ids:
                    ids += [self._byte_ids[byte] for byte in part.encode()]
        return ids
