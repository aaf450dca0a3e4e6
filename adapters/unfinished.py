"""What may be shown of a text that is still being written.

Held back is, at the text's end, what further text may hide or make something else of:

- a spoiler that is not closed, from its bars on, so that nothing of it is read before it is one;
- a run of marks, which may become a longer one (`*` of `**`, a code block's closing backticks);
- a mention, emoji, command or link address that has begun and is not complete;
- where tables are shown as code, a line that begins with a bar, until it is clear that it is no
  table's header.

All of it is shown when the text is complete. Text before that is shown as it is.
"""

from __future__ import annotations

import re

from adapters.markup import DISCORD, LOOKAHEAD, SPOILER, Markup, Open, scan

WINDOW = 300  # characters at the end in which an unfinished link is looked for

_RUN = re.compile(r"[`*_~|\\]{1,8}\Z")
_RUN_IN_CODE = re.compile(r"`{1,8}\Z")
_BEGUN = re.compile(
    r"(?:<(?:[@#:t][^<>\s]{0,100}|a:[^<>\s]{0,100}|/[^<>\n]{0,100})?"
    r"|\[[^][\n]{1,200}\]\([^()\s]{0,200})\Z"
)
_RULE_BEGUN = re.compile(r"[ \t|:-]*")


def shown(text: str, markup: Markup = DISCORD) -> str:
    """What of a text may be shown while more is to come. See the module."""
    return text[: HeldBack(markup).end(text)]


class HeldBack:
    """What is held back of a text that grows: it goes on where it ended."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._forget()

    def _forget(self) -> None:
        self._text = ""
        self._from, self._state = 0, Open()
        self._hidden: int | None = None  # where a spoiler begins that is open there

    def end(self, text: str) -> int:
        """From where on a text is not to be shown yet."""
        if not text.startswith(self._text):
            self._forget()
        state, hidden = self._read(text)
        end = len(text) if hidden is None else hidden
        window = max(0, end - WINDOW)
        if state.fence is not None:
            found = _RUN_IN_CODE.search(text, window, end)
            return found.start() if found else end
        for pattern in (_RUN, _BEGUN):
            if found := pattern.search(text, window, end):
                end = found.start()
        return end if self._markup.tables else _before_header(text, 0, end)

    def _read(self, text: str) -> tuple[Open, int | None]:
        """What is open at the end, and where a spoiler begins that is not closed."""
        known = len(text) - LOOKAHEAD
        if text.find("`", self._from) >= 0:  # whether it opens a code span, its line's end says
            known = text.rfind("\n", 0, max(known, 0)) + 1
        state, hidden, undecided = self._state, self._hidden, len(text)
        for token in scan(text, state, self._markup, self._from, sure=True):
            had, has = SPOILER in token.before.marks, SPOILER in token.after.marks
            if has and (not had or text[token.start] == "|"):
                hidden = token.start + 2 * had
            elif had and not has:
                hidden = None
            state = token.after
            if token.end <= known:
                self._from, self._state, self._hidden = token.end, state, hidden
            else:
                undecided = min(undecided, token.start)
        self._from = max(self._from, min(undecided, known))
        self._text = text
        return state, hidden


def _before_header(text: str, start: int, end: int) -> int:
    """The end, or where a line begins that may be the header of a table."""
    line = text.rfind("\n", start, end) + 1
    above = text.rfind("\n", start, max(line - 1, start)) + 1
    if line and _RULE_BEGUN.fullmatch(text, line, end) and _barred(text, above, line):
        return max(above, start)
    return max(line, start) if _barred(text, line, end) else end


def _barred(text: str, start: int, end: int) -> bool:
    return text[start : min(end, start + WINDOW)].lstrip(" \t")[:1] == "|"
