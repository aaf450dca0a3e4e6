"""Tables in Markdown: as aligned code, for platforms that show none; and their headers.

A table is a line with bars, a line of dashes with as many cells below it, and the lines with
bars that follow. It does not know code spans: as in GitHub's Markdown, a bar in one parts cells
too, unless it is escaped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from adapters.markup import Markup, Open

FIRST_ROWS = 1_000  # characters of a table that decide how wide its columns are
WIDEST = 40  # columns of a terminal that a cell is filled up to

_BAR = re.compile(r"(?<!\\)\|")
_DASHES = re.compile(r":?-+:?")
_RULE = re.compile(r"-+(?:\+-+)*")
_MARKUP = re.compile(r"\*\*|`|<br ?/?>")


@dataclass(frozen=True, slots=True)
class _Columns:
    """How wide the columns of a table are, in columns of a terminal, and which align right."""

    widths: tuple[int, ...]
    right: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class _State:
    """Between two lines: whether code is open, or a table goes on whose columns are decided."""

    code: bool = False
    columns: _Columns | None = None


def as_code(text: str) -> str:
    """A text with each table outside code as an aligned code block; wide characters count two.

    Columns are as wide as the rows in a table's first FIRST_ROWS characters need; a wider cell
    further down moves the rest of its row. So a table that grows changes near its beginning only.
    """
    return Tables().as_code(text)


class Tables:
    """`as_code` for a text that grows: it goes on where it ended."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._source, self._shown, self._state = "", "", _State()

    def as_code(self, text: str) -> str:
        """See the function of this name."""
        if not text.startswith(self._source):
            self._forget()
        if "|" not in text:
            return text
        place, state, pieces = len(self._source), self._state, [self._shown]
        settled = (place, state, 1)
        firm = True
        while place < len(text):
            if state.columns is not None:
                place, state, piece, sure = _row(text, place, state.columns)
            else:
                place, state, piece, sure = _line(text, place, state)
            pieces.append(piece)
            firm = firm and sure
            if firm:
                settled = (place, state, len(pieces))
        if state.columns is not None:
            pieces.append("```")
        self._shown = "".join(pieces[: settled[2]])
        self._source, self._state = text[: settled[0]], settled[1]
        return self._shown + "".join(pieces[settled[2] :])


def header_before(
    text: str, first: int, end: int, stop: int, begun: Open, state: Open, markup: Markup
) -> str:
    """The first two lines of the table that is broken at `end`, a row's beginning; else nothing.

    `first`: where the part that ends there began, with `begun` open; `stop`: what is known of
    the text.
    """
    if text[end - 1 : end] != "\n":
        return ""
    if state.fence is not None:
        if state.fence is begun.fence:
            top, head = first, begun.header
            return head
        top = text.rfind(state.fence.marks, first, end)
        lines = text[top:end].split("\n", 3)
        return "\n".join(lines[1:3]) if len(lines) > 3 and _RULE.fullmatch(lines[2]) else ""
    if not markup.tables or not _begins_row(text, end, stop):
        return ""
    top = end
    while top > first:
        line = max(first, text.rfind("\n", first, top - 1) + 1)
        if not _begins_row(text, line, top):
            break
        top = line
    lines = text[top:end].split("\n", 2)
    if len(lines) > 2 and _cells_if_rule(lines[1]) == len(_cells(lines[0])):
        return "\n".join(lines[:2])
    return begun.header if top == first else ""


def _begins_row(text: str, place: int, stop: int) -> bool:
    return text[place:stop].lstrip(" \t")[:1] == "|"


def _line(text: str, place: int, state: _State) -> tuple[int, _State, str, bool]:
    """Take a line, or a table that begins there; where it ends, what it becomes, and whether
    no further text can change that."""
    line, after = _line_at(text, place)
    code = state.code ^ bool(line.count("```") % 2)
    complete = text[after - 1] == "\n"
    if "|" in line and not state.code and "```" not in line:
        below, behind = _line_at(text, after)
        count = _cells_if_rule(below) if complete and below else 0
        if count and count == len(_cells(line)):
            return _table(text, place, behind)
        complete = complete and behind > after and text[behind - 1] == "\n"
    return after, _State(code), text[place:after], complete


def _table(text: str, start: int, place: int) -> tuple[int, _State, str, bool]:
    """A table, up to where its columns are decided; `place`: behind its line of dashes."""
    lines = text[start:place].rstrip("\n").split("\n")
    rows = [_cells(lines[0])]
    marks = [cell.strip() for cell in _parted(lines[1])]
    decided = False
    while place < len(text) and not decided:
        line, after = _line_at(text, place)
        if not _is_row(line):
            break
        rows.append(_cells(line))
        decided = after - start > FIRST_ROWS and text[after - 1] == "\n"
        place = after
    right = tuple(mark.endswith(":") and not mark.startswith(":") for mark in marks)
    widths = [3] * len(marks)
    for row in rows:
        for at, cell in enumerate(row[: len(widths)]):
            widths[at] = max(widths[at], min(_width(cell), WIDEST))
    columns = _Columns(tuple(widths), right)
    shown = [_aligned(rows[0], columns), "-+-".join("-" * width for width in widths)]
    shown += [_aligned(row, columns) for row in rows[1:]]
    block = "```\n" + "\n".join(shown) + "\n"
    if decided:
        return place, _State(columns=columns), block, True
    if place < len(text):
        return place, _State(), f"{block}```\n", _decided(text, place)
    return place, _State(), f"{block}```", False


def _row(text: str, place: int, columns: _Columns) -> tuple[int, _State, str, bool]:
    """A further row of a table, or its end."""
    line, after = _line_at(text, place)
    if not _is_row(line):
        return place, _State(), "```\n", _decided(text, place)
    sure = text[after - 1] == "\n"
    return after, _State(columns=columns), _aligned(_cells(line), columns) + "\n", sure


def _decided(text: str, place: int) -> bool:
    """Whether the line at a place is complete, so that it cannot become a row."""
    return text.find("\n", place) >= 0


def _line_at(text: str, place: int) -> tuple[str, int]:
    """A line without its end, and where the next begins."""
    end = text.find("\n", place)
    return (text[place:], len(text)) if end < 0 else (text[place:end], end + 1)


def _is_row(line: str) -> bool:
    return "|" in line and "```" not in line


def _parted(line: str) -> list[str]:
    line = line.strip()
    line = line.removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return _BAR.split(line)


def _cells(line: str) -> list[str]:
    """A row's cells as people read them."""
    return [_MARKUP.sub("", cell.replace("\\|", "|")).strip() for cell in _parted(line)]


def _cells_if_rule(line: str) -> int:
    """How many cells a line of dashes has; 0 where it is none."""
    if "|" not in line or "-" not in line or line.strip("|-: \t\r"):
        return 0
    cells = _parted(line)
    return len(cells) if all(_DASHES.fullmatch(cell.strip()) for cell in cells) else 0


def _aligned(row: Sequence[str], columns: _Columns) -> str:
    cells = []
    for at, cell in enumerate(row):
        if at < len(columns.widths):
            fill = " " * (columns.widths[at] - _width(cell))
            cell = fill + cell if columns.right[at] else cell + fill
        cells.append(cell)
    return " | ".join(cells).rstrip()


def _width(text: str) -> int:
    """How many columns of a terminal a text takes, about."""
    if text.isascii():
        return len(text)
    width, joined = 0, False
    for character in text:
        width += 0 if joined else _character_width(character)
        joined = character == "\u200d"
    return width


@lru_cache(maxsize=4096)
def _character_width(character: str) -> int:
    if unicodedata.category(character)[0] in "MC" or "\U0001f3fb" <= character <= "\U0001f3ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
