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

from adapters.markup import DISCORD, SPOILER, Markup, Open, scan

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
    return text[: held_back(text, Open(), markup)]


def held_back(text: str, begun: Open, markup: Markup, start: int = 0) -> int | None:
    """From where on a text is not to be shown yet; looked for from `start`, where `begun` is
    open. None: from somewhere before."""
    end = len(text)
    if markup.spoilers and (SPOILER in begun.marks or text.find(SPOILER, start) >= 0):
        place = _open_spoiler(text, begun, markup, start)
        if place < start:
            return None
        end = min(end, place)
    window = max(start, end - WINDOW)
    if (text.count("```", start, end) % 2 == 1) is (begun.fence is None):
        found = _RUN_IN_CODE.search(text, window, end)
        return found.start() if found else end
    for pattern in (_RUN, _BEGUN):
        if found := pattern.search(text, window, end):
            end = found.start()
    return end if markup.tables else _before_header(text, start, end)


def _open_spoiler(text: str, begun: Open, markup: Markup, start: int) -> int:
    """Where a spoiler begins that is not closed; -1: before `start`; the length: there is none."""
    place = -1 if SPOILER in begun.marks else len(text)
    for token in scan(text, begun, markup, start, sure=True):
        had, has = SPOILER in token.before.marks, SPOILER in token.after.marks
        if has and (not had or text[token.start] == "|"):
            place = token.start + 2 * had
        elif had and not has:
            place = len(text)
    return place


def _before_header(text: str, start: int, end: int) -> int:
    """The end, or where a line begins that may be the header of a table."""
    line = text.rfind("\n", start, end) + 1
    above = text.rfind("\n", start, max(line - 1, start)) + 1
    if line and _RULE_BEGUN.fullmatch(text, line, end) and _barred(text, above, line):
        return max(above, start)
    return max(line, start) if _barred(text, line, end) else end


def _barred(text: str, start: int, end: int) -> bool:
    return text[start:end].lstrip(" \t")[:1] == "|"
