"""The parts of a text, settled one after the other as it grows.

Where a part ends depends on no more than the text up to the first visible character that does
not fit. So a part is settled once, and of the last one only what further text may change is read
again. It does not know which places are good ones for a break (`breaks`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from adapters.breaks import VISIBLE, best_break
from adapters.closing import quote_of, shortest, what_ends
from adapters.markup import BLOCK_QUOTE, LOOKAHEAD, Markup, Open, Token, state_after
from adapters.tables import header_before
from adapters.tokens import Tokens, alike

TRIES = 3  # to end a part well
SMALLEST_LIMIT = 40  # so that what is closed and opened again leaves room for some text
MOST_CLOSED = "\n" + BLOCK_QUOTE + "`" * 8 + "*" * 12  # what a part may need at its end, at most


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a split reply: `text` is what to show, and stands for `source[start:end]`."""

    text: str
    start: int  # code points
    end: int


class Parts:
    """The parts of a text, and how far they are settled.

    A part begins at `start` with `begun` open; its own text at `first`, where `state` is open.
    """

    def __init__(self, limit: int, measure: Callable[[str], int], markup: Markup) -> None:
        if limit < SMALLEST_LIMIT:
            raise ValueError(f"limit is {limit}; it must be at least {SMALLEST_LIMIT}")
        self._limit, self._measure, self._markup = limit, measure, markup
        self._most_closed = measure(MOST_CLOSED)
        self._text = ""
        self._settled: list[Part] = []
        self._views = [0]  # how much of the text each settled part depends on
        self._begun_with: list[Open] = []  # what is open where each begins
        self._begin(0, Open())

    def _begin(self, start: int, begun: Open) -> None:
        self._start, self._begun = start, begun
        self._blank = start  # nothing is visible from the start to there
        self._first: int | None = None
        self._reread()

    def _reread(self) -> None:
        """Forget what was read of the part that is not settled."""
        self._first = None
        self._blank = self._start
        self._measured, self._length = self._start, 0
        self._recheck()

    def _recheck(self) -> None:
        """Forget how much of the part is known to fit."""
        self._checked = 0  # so many tokens are known to fit
        self._before = self._first or 0  # where the last of these ends
        self._blank_end = 0  # from where the text does not fit, nothing is visible up to there
        self._fits: dict[int, int] = {}

    def of(self, text: str) -> list[Part]:
        """The parts of a text; quickly, if it continues the one before."""
        self._go_on_with(text)
        self._text = text
        while True:
            if (first := self._find_first(text)) is None:
                return list(self._settled)
            end = len(text)
            if end > first + self._limit:  # what lies behind cannot fit
                end = min(end, _visible(text, first + self._limit) + 1 + LOOKAHEAD)
            self._tokens.read(text, end)
            if (excess := self._excess(text, first, end)) is None:
                return [*self._settled, self._last(text, first)]
            self._settle(text, first, excess)

    def _go_on_with(self, text: str) -> None:
        """Keep of what is known only what is true of `text` too."""
        old = self._text
        if text.startswith(old):
            return
        same = alike(text, old)
        if same < self._views[-1]:
            while same < self._views[-1]:
                self._views.pop()
                part, begun = self._settled.pop(), self._begun_with.pop()
            self._begin(part.start, begun)
        elif self._first is None or _visible(old, self._first) >= same:
            self._reread()
        else:
            self._tokens.rewind(same)
            if self._measured > same:
                self._length -= self._measure(old[same : self._measured])
                self._measured = same
            self._recheck()

    def _find_first(self, text: str) -> int | None:
        """Where the part's own text begins: in code with the first line's indentation, if not
        huge. None where nothing is visible."""
        if self._first is not None:
            return self._first
        if (found := VISIBLE.search(text, self._blank)) is None:
            self._blank = len(text)
            return None
        first = found.start()
        line = max(self._start, text.rfind("\n", self._start, first) + 1)
        if self._begun.fence and first - line <= self._limit // 4:
            first = line
        self._first = self._measured = first
        self._state = state_after(text, self._begun, self._markup, self._start, first)
        self._reopened = self._opening()
        self._room = self._limit - self._measure(self._reopened)
        # Marks that are opened again stand before what would otherwise begin a line.
        begins = not self._state.marks or self._state.fence is not None
        self._tokens = Tokens(first, self._state, self._markup, begins)
        self._before = first
        return first

    def _opening(self) -> str:
        """What is put before the part's text, so that it goes on as it was."""
        state, quote = self._state, self._state.quote
        room = self._limit // 4
        header = f"{state.header}\n" if state.header else ""
        if state.fence is None:
            spans = "".join(state.marks)
            whole = quote + header + spans
            return whole if self._measure(whole) <= room else quote + spans
        before = (state.fence.quote or quote) + "".join(state.marks)
        after = "" if quote in (BLOCK_QUOTE, "") else quote
        for opening in (f"{state.fence.opening}\n{header}", f"{state.fence.opening}\n"):
            if self._measure(opening) <= room:
                return before + opening + after
        return f"{before}{state.fence.marks}\n{after}"

    def _excess(self, text: str, first: int, end: int) -> int | None:
        """The place of the first visible character that does not fit; None if all does.

        It fits if what is open behind it can be closed as well. Looked for up to `end`.
        """
        self._length += self._measure(text[self._measured : end])
        self._measured = max(self._measured, end)
        if self._length + self._most_closed <= self._room:
            return None
        tokens, before = self._tokens.all, self._before
        safe = first + self._fitting(text, first, self._most_closed)
        for at in range(self._checked, len(tokens)):
            token = tokens[at]
            last = token.end == len(text)  # and so perhaps a part of what closes something
            changes = token.before is not token.after
            if token.end > safe and (changes or last):
                place = self._too_far(text, first, before, token.start, token.before)
                if place is None:
                    place = self._too_long(text, first, token, last)
                if place is not None:
                    return place
            if changes or token.end <= safe:
                before = token.end
            if at < self._tokens.firm:
                self._checked, self._before = at + 1, before
        state = self._tokens.state(self._state)
        last = bool(tokens) and tokens[-1].end == len(text)
        return None if last else self._too_far(text, first, before, end, state)

    def _too_long(self, text: str, first: int, token: Token, last: bool) -> int | None:
        """The first visible character of a token that does not fit; where it changes what is
        open, it fits as a whole or not at all."""
        if text[token.start : token.end] == "\n":
            return None
        cost = self._cost(token.after, text[first:] if last else "")
        reach = first + self._fitting(text, first, cost)
        if reach >= token.end:
            return None
        if token.before is token.after:
            return max(token.start, reach)
        place = _visible(text, max(token.start, first))
        least = first + max(1, self._fitting(text, first, self._most_closed))
        return place if place > first else min(least, token.end - 1)

    def _too_far(self, text: str, first: int, start: int, end: int, state: Open) -> int | None:
        """The first visible character from `start` to `end` that does not fit."""
        place = max(start, first + self._fitting(text, first, self._cost(state)))
        place = max(place, min(self._blank_end, end))
        if place >= end:
            return None
        if found := VISIBLE.search(text, place, end):
            return found.start()
        self._blank_end = end
        return None

    def _fitting(self, text: str, first: int, cost: int) -> int:
        """How many characters fit beside what closes them."""
        room = self._room - cost
        if room not in self._fits:
            lengths = range(min(len(text) - first, room) + 1)
            measure = self._measure
            place = bisect_right(lengths, room, key=lambda n: measure(text[first : first + n])) - 1
            if len(text) - first < room:
                return place  # more text may fit
            self._fits[room] = place
        return self._fits[room]

    def _cost(self, state: Open, body: str = "") -> int:
        """The least that closes what is open, as `measure` counts."""
        if state.fence is None and not state.marks:
            return 0
        return self._measure(shortest(body, state, state.marks, self._markup))

    def _settle(self, text: str, first: int, excess: int) -> None:
        """End a part before the character that does not fit."""
        stop = excess + 1
        tokens = self._tokens.until(text, stop)
        end, known = stop, stop
        for _ in range(TRIES):
            view = [
                Token(token.start - first, token.end - first, *token[2:])
                for token in tokens
                if token.end <= known
            ]
            end = first + best_break(text[first:known], view, self._state)
            before = self._tokens.until(text, end)
            state = before[-1].after if before else self._state
            body = text[first:end].rstrip()
            shown, well = self._shown(body, state, state.marks)
            if well or len(body) < 3:
                break
            known = first + len(body)  # a little less leaves a line for the marks that close it
        self._settled.append(Part(shown, self._start, end))
        self._views.append(stop)
        self._begun_with.append(self._begun)
        header = header_before(text, first, end, stop, self._state, state, self._markup)
        state = state._replace(header=header, carried=len(state.marks))
        self._begin(end, state)

    def _last(self, text: str, first: int) -> Part:
        state = self._tokens.state(self._state)
        shown, _ = self._shown(text[first:].rstrip(), state, state.marks[: state.carried])
        return Part(shown, self._start, len(text))

    def _shown(self, body: str, state: Open, spans: tuple[str, ...]) -> tuple[str, bool]:
        """A part's text with what it needs before and behind; and whether a code block is closed
        on a line of its own, or that was more than fits."""
        fence = f"\n{quote_of(state)}{state.fence.marks}" if state.fence else ""
        whole = self._reopened + body + fence + what_ends(body, spans)
        if self._measure(whole) <= self._limit:
            return whole, True
        return self._reopened + body + shortest(body, state, spans, self._markup), False


def _visible(text: str, place: int) -> int:
    found = VISIBLE.search(text, place)
    return found.start() if found else len(text)
