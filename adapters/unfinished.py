"""What may be shown of a text that is still being written.

Held back is, at the text's end, what further text may hide or make something else of:

- a spoiler that is not closed, from its bars on, so that nothing of it is read before it is one;
- a run of marks, which may become a longer one (`*` of `**`, a code block's closing backticks);
- a mention, emoji, command or link address that has begun and is not complete;
- where tables are shown as code, a line that begins with a bar, until it is clear that it is no
  table's header.

All of it is shown when the text is complete. Text before that is shown as it is.

Bars that look like an operator (`a || b`, `a||b`) may open a spoiler too, for Discord. What
follows them is held back for their paragraph, and LONE characters at most. After that it is shown
with bars behind it: hidden, if it is a spoiler, and the rest of the reply need not wait.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from adapters.closing import what_closes
from adapters.markup import (
    DISCORD,
    LONGEST_SPAN,
    LOOKAHEAD,
    SPOILER,
    Markup,
    Open,
    Token,
    scan,
    settled,
)
from adapters.tokens import alike

WINDOW = 300  # characters at the end in which an unfinished link is looked for
APART = 64  # characters between two places from which a text is read again
LONE = 300  # characters behind bars that look like an operator, before they are shown

_RUN = re.compile(r"[`*_~\\]{1,8}\Z")
_RUN_IN_CODE = re.compile(r"`{1,8}\Z")
_BEGUN = re.compile(
    r"(?:<(?:[@#:t][^<>\s]{0,100}|a:[^<>\s]{0,100}|/[^<>\n]{0,100})?"
    r"|\[[^][\n]{1,200}\]\([^()\s]{0,200})\Z"
)
_OPERATOR = re.compile(r"(?<=[ \t])\|\|(?=[ \t])|(?<=[0-9A-Za-z_)\]])\|\|(?=[0-9A-Za-z_(!])")
_PARAGRAPH = re.compile(r"\n[ \t\r]*\n")
_RULE_BEGUN = re.compile(r"[ \t|:-]*")


def shown(text: str, markup: Markup = DISCORD) -> str:
    """What of a text may be shown while more is to come. See the module."""
    return HeldBack(markup).shown(text)


class _Place(NamedTuple):
    """What is open at a place, and where a spoiler begins that is open there."""

    at: int = 0
    state: Open = Open()
    hidden: int | None = None


class HeldBack:
    """What is held back of a text that grows: it goes on where it ended."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._text = ""
        self._known = [_Place()]  # by place; what is before the last no further text can change

    def shown(self, text: str) -> str:
        """What of a text may be shown."""
        if not text.startswith(self._text):
            same = alike(text, self._text)
            while len(self._known) > 1 and self._known[-1].at + LOOKAHEAD > same:
                self._known.pop()
        self._text = text
        last, known = self._read(text, self._known[-1])
        self._known += known
        lone = last.hidden is not None and self._lone(text, last.hidden)
        whole = len(text) if last.hidden is None or lone else last.hidden
        end = self._decided(text, whole, last.state)
        cut = lone and end < whole
        if cut or (SPOILER in text[end:whole] and self._markup.spoilers):  # one may end there
            before = bisect_right(self._known, end - LOOKAHEAD, 1, key=lambda place: place.at)
            last, _ = self._read(text[:end], self._known[before - 1])
        elif whole < len(text):
            return text[:end]
        if last.hidden is None:
            return text[:end]
        if self._lone(text, last.hidden):
            return text[:end] + what_closes(last.state)
        return text[: last.hidden]

    def _lone(self, text: str, place: int) -> bool:
        """Whether the bars at a place need not hold back the text any longer."""
        if not _OPERATOR.match(text, place):
            return False
        return len(text) > place + LONE or _PARAGRAPH.search(text, place) is not None

    def _decided(self, text: str, end: int, state: Open) -> int:
        """Up to where no further text can make something else of a text."""
        window = max(0, end - WINDOW)
        if state.fence is not None:
            found = _RUN_IN_CODE.search(text, window, end)
            return found.start() if found else end
        for pattern in (_RUN, _BEGUN):
            if found := pattern.search(text, window, end):
                end = found.start()
        return end if self._markup.tables else _before_header(text, 0, end)

    def _read(self, text: str, begin: _Place) -> tuple[_Place, list[_Place]]:
        """What is open at the end; and at places before which nothing can change."""
        end = len(text) - LOOKAHEAD
        here = firm = begin
        places: list[_Place] = []
        sure = True
        for token in scan(text, begin.state, self._markup, begin.at, sure=True):
            first, last, before, state = token
            hidden = here.hidden
            if before is not state:
                had, has = SPOILER in before.marks, SPOILER in state.marks
                if has and (not had or text.startswith(SPOILER, first)):
                    hidden = first + 2 * had  # closed and opened again, if there was one
                elif had and not has:
                    hidden = None
            here = _Place(last, state, hidden)
            if sure and settled(text, token, len(text)) and not _may_open_code(text, token):
                if firm.at - (places[-1] if places else begin).at > APART:
                    places.append(firm)
                firm = here
            else:
                sure, end = False, min(end, first)
        if (at := max(firm.at, end)) > begin.at:
            places.append(firm._replace(at=at))
        return here, places


def _may_open_code(text: str, token: Token) -> bool:
    """Whether backticks are text so far, and a code span if further text closes them."""
    if token.before is not token.after or text[token.start] != "`" or token.before.fence:
        return False
    most = token.end + LONGEST_SPAN
    return len(text) < most and text.find("\n", token.end, most) < 0


def _before_header(text: str, start: int, end: int) -> int:
    """The end, or where a line begins that may be the header of a table."""
    line = text.rfind("\n", start, end) + 1
    above = text.rfind("\n", start, max(line - 1, start)) + 1
    if line and _RULE_BEGUN.fullmatch(text, line, end) and _barred(text, above, line):
        return max(above, start)
    return max(line, start) if _barred(text, line, end) else end


def _barred(text: str, start: int, end: int) -> bool:
    return text[start : min(end, start + WINDOW)].lstrip(" \t")[:1] == "|"
