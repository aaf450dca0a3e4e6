"""The tokens of a text that grows: only what more text may change is read again."""

from __future__ import annotations

from bisect import bisect_right

from adapters.markup import LOOKAHEAD, Markup, Open, Token, scan, settled


def alike(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


class Tokens:
    """The tokens of a text from a place on. When the text has grown it goes on where it ended."""

    def __init__(self, start: int, state: Open, markup: Markup, begins: bool) -> None:
        self.all: list[Token] = []
        self.firm = 0  # so many of them no further text can change
        self._start = self._from = start
        self._begun = self._state = state
        self._markup, self._begins = markup, begins

    def read(self, text: str, end: int) -> None:
        """Read up to `end`; the text is the one before and more, or `rewind` was called."""
        del self.all[self.firm :]
        known = end - LOOKAHEAD
        begins = self._begins and self._from == self._start
        tokens = scan(text, self._state, self._markup, self._from, end, begins=begins)
        for token in tokens:
            if self.firm == len(self.all) and settled(text, token, end):
                self._from, self._state = token.end, token.after
                self.firm += 1
            self.all.append(token)
        undecided = self.all[self.firm].start if self.firm < len(self.all) else known
        self._from = max(self._from, min(undecided, known))

    def until(self, text: str, end: int) -> list[Token]:
        """The tokens if nothing were known of the text from `end` on, which was read before."""
        known = bisect_right(self.all, end - LOOKAHEAD, 0, self.firm, key=lambda token: token.end)
        start, state = self._start, self._begun
        if known:
            start, state = self.all[known - 1].end, self.all[known - 1].after
        begins = self._begins and not known
        return self.all[:known] + list(scan(text, state, self._markup, start, end, begins=begins))

    def rewind(self, same: int) -> None:
        """Forget what is known from the first so many characters of the text no longer."""
        if self._from + LOOKAHEAD <= same:
            return
        while self.firm and self.all[self.firm - 1].end + LOOKAHEAD > same:
            self.firm -= 1
        del self.all[self.firm :]
        self._from, self._state = self._start, self._begun
        if self.all:
            self._from, self._state = self.all[-1].end, self.all[-1].after

    def state(self, begun: Open) -> Open:
        """What is open at the end of what was read, if `begun` is where that begins."""
        return self.all[-1].after if self.all else begun
