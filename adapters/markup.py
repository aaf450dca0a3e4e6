"""What of a text's Markdown is open at each place, read once from left to right.

A place's state depends on the text before it and the next few characters only, never on whether
something is closed later: so it stays the same while the text grows. It does not know where a
text may be broken, nor how long it is.

Discord: three backticks open and close a code block wherever they stand. Slack: a code block is
fenced by lines of at least three backticks or tildes, as in CommonMark; it may be indented by any
amount, since in lists models indent it by four spaces and more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

SPOILER = "||"
BLOCK_QUOTE = ">>> "  # all that follows is a quote, on Discord
LONGEST_FENCE = 8  # marks; a longer run is text, since what closes it might not fit
LONGEST_SPAN = 500  # characters up to which what closes a code span is looked for
LOOKAHEAD = 32  # characters after a token that may still change it
NEAR = 2  # of them, for all but fences

# Marks in an address or in an emoji's name are none. What is longer is text again.
_ADDRESS = r"https?://[^\s<>()*~|`。、，！？「」『』（）【】]{0,500}(?:(?<!_)|(?=\())|<a?:\w{1,32}"
_MARKS = _ADDRESS + r"|\n|\*+|_+|~+"
_ANYWHERE = re.compile(rf"\\[*_~|\\]|`+|\|+|^(?:>>> |> )|{_MARKS}", re.MULTILINE)
_BY_LINES = re.compile(
    rf"""
      (?: ^ | (?<=^>) | (?<=^>[ ]) | (?<=^>[ ]>[ ]) ) [ \t]*
        (?P<marks> `{{3,{LONGEST_FENCE}}} (?!`) | ~{{3,{LONGEST_FENCE}}} (?!~))
        (?P<info> (?: (?<=`) [^`\n]{{0,100}} | (?<=~) [^\n]{{0,100}} ))
    | \\[*_~\\] | `+ | ^ (?: >[ ]? ){{1,2}} | {_MARKS}
    """,
    re.MULTILINE | re.VERBOSE,
)
_LINE_BEGINS = {
    False: re.compile(r">>> |> "),
    True: re.compile(
        rf"(?P<marks>`{{3,{LONGEST_FENCE}}}(?!`)|~{{3,{LONGEST_FENCE}}}(?!~))"
        r"(?P<info>(?:(?<=`)[^`\n]{0,100}|(?<=~)[^\n]{0,100}))|(?:> ?){1,2}"
    ),
}
_LANGUAGE = re.compile(r"([A-Za-z0-9_+\-.#]{1,20})[ \t\r]{0,8}(?=\n)")


@dataclass(frozen=True, slots=True)
class Markup:
    """How a platform reads Markdown.

    by_lines: code blocks are fenced by lines of their own, not by any three backticks
    spoilers: `||text||` hides its text
    tables: tables are shown
    """

    by_lines: bool
    spoilers: bool
    tables: bool


DISCORD = Markup(by_lines=False, spoilers=True, tables=False)
SLACK = Markup(by_lines=True, spoilers=False, tables=True)


@dataclass(frozen=True, slots=True)
class Fence:
    """A code block that is open: its marks, its opening line, and the quote it began in."""

    marks: str
    opening: str
    quote: str = ""


class Open(NamedTuple):
    """What is open at a place.

    marks: of spoilers, bold and so on, the outermost first
    carried: so many of them, from the first on, were opened before the part in view
    quote: what makes the line that goes on at this place a quote
    header: the first lines of the table whose rows go on here
    """

    fence: Fence | None = None
    marks: tuple[str, ...] = ()
    carried: int = 0
    quote: str = ""
    header: str = ""


class Token(NamedTuple):
    """Characters that belong together, and what is open before and after them."""

    start: int
    end: int
    before: Open
    after: Open


def scan(
    text: str,
    state: Open,
    markup: Markup,
    start: int = 0,
    end: int | None = None,
    *,
    sure: bool = False,
    begins: bool = False,
) -> Iterator[Token]:
    """The tokens between two places of a text, if `state` is open at the first.

    `sure`: code spans only where they are closed in their line, for who has the whole text.
    `begins`: the text is shown from there on, so that a line begins there.
    """
    end = len(text) if end is None else end
    line = text.rfind("\n", 0, start) + 1
    pattern = _BY_LINES if markup.by_lines else _ANYWHERE
    opening = _LINE_BEGINS[markup.by_lines].match(text, start, end) if begins else None
    further = pattern.finditer(text, opening.end() if opening else start, end)
    for found in chain([opening] if opening else (), further):
        first, last = found.span()
        before, kind = state, text[first]
        if markup.by_lines and found["marks"] is not None:
            state = _fenced(state, found["marks"], found["info"].strip())
            if before.fence is None and text[last : min(last + 1, end)] == "`":
                yield Token(first, last, before, state)  # no fence after all
                before, first, state = state, last, before
            elif state is before:
                last = first  # a line of the code
        elif kind in "h<":
            pass
        elif kind == "\n":
            if state.marks or state.quote:
                state = _next_line(state, blank=not text[line:first].strip(" \t\r>"))
            line = last
        elif kind == ">":
            fence = state.fence
            if (fence and not fence.quote) or state.quote == BLOCK_QUOTE:
                continue
            state = state._replace(quote=found[0])
        elif kind == "`":
            count = last - first
            if count >= 3 and not markup.by_lines:
                state, language = _toggled(state, text, last, count, end)
                yield Token(first, last, before, state)
                before, first, last = state, last, language
            elif (
                state.fence is None
                and count < 3
                and (not sure or found[0] in state.marks or _closed_span(text, last, count))
            ):
                state = _span(state, found[0])
        elif state.fence is not None:
            continue
        elif not _in_span(state) and kind != "\\":
            around = (text[max(first - 1, 0) : first], text[last : min(last + 1, end)])
            state = _paired(state, kind, last - first, *around)
        if last > first or state is not before:
            yield Token(first, last, before, state)


def settled(text: str, token: Token, end: int) -> bool:
    """Whether nothing behind `end` can change a token: only a fence's language is long."""
    long = token.end - token.start > 2 and text[token.start] in "`~ \t"
    return token.end + (LOOKAHEAD if long else NEAR) <= end


def state_after(text: str, state: Open, markup: Markup, start: int, end: int) -> Open:
    """What is open at `end`."""
    for token in scan(text, state, markup, start, end):
        state = token.after
    return state


def _in_span(state: Open) -> bool:
    return bool(state.marks) and state.marks[-1][0] == "`"


def _next_line(state: Open, *, blank: bool) -> Open:
    """A code span ends with its line, all else but a spoiler with its paragraph."""
    quote = state.quote if state.quote == BLOCK_QUOTE else ""
    if not state.marks:
        return state if quote == state.quote else state._replace(quote=quote)
    kept = [mark == SPOILER or not (blank or mark[0] == "`") for mark in state.marks]
    state = state if all(kept) else _keeping(state, kept)
    return state if quote == state.quote else state._replace(quote=quote)


def _keeping(state: Open, kept: list[bool]) -> Open:
    marks = tuple(mark for mark, keep in zip(state.marks, kept, strict=True) if keep)
    return Open(state.fence, marks, sum(kept[: state.carried]), *state[3:])


def _toggled(state: Open, text: str, place: int, count: int, end: int) -> tuple[Open, int]:
    """After a run of backticks; and where the language behind it ends."""
    toggles = count // 3
    if (state.fence is None) is (toggles % 2 == 0):
        return Open(None, *state[1:]), place
    if state.fence is not None and toggles == 0:
        return state, place
    language = _LANGUAGE.match(text, place, end) if count % 3 == 0 else None
    opening = f"```{language[1] if language else ''}"
    state = _keeping(state, [mark == SPOILER for mark in state.marks])
    fence = Fence("```", opening, state.quote)
    return Open(fence, *state[1:]), language.end() if language else place


def _fenced(state: Open, marks: str, info: str) -> Open:
    """After a line that begins with the marks of a fence."""
    if state.fence is None:
        return Open(Fence(marks, marks + info, state.quote), quote=state.quote)
    closes = marks.startswith(state.fence.marks) and not info
    return state._replace(fence=None) if closes else state


def _span(state: Open, ticks: str) -> Open:
    """After one or two backticks."""
    if ticks in state.marks:
        return _keeping(state, [mark != ticks for mark in state.marks])
    return state if _in_span(state) else state._replace(marks=(*state.marks, ticks))


def _closed_span(text: str, place: int, count: int) -> bool:
    """Whether the code span that so many backticks open is closed in its line."""
    for found in re.finditer(r"`+|\n", text[place : place + LONGEST_SPAN]):
        if found[0] == "\n" or len(found[0]) > 2:
            return False
        if len(found[0]) == count:
            return True
    return False


def _paired(state: Open, kind: str, count: int, before: str, after: str) -> Open:
    """After a run of marks that open or close a span."""
    if kind == "|":
        return _spoiler(state, count)
    if count > 3 or (kind == "~" and count != 2):
        return state
    inside_word = before.isascii() and before.isalnum() and after.isalnum()
    may_open = bool(after) and not after.isspace() and not inside_word
    may_close = bool(before) and not before.isspace() and not (kind == "_" and inside_word)
    wanted = [kind * count] if count < 3 else [kind * 2, kind]
    for mark in wanted:
        if mark in state.marks:
            if may_close:
                place = state.marks.index(mark)
                inner = [m == SPOILER for m in state.marks[place + 1 :]]
                state = _keeping(state, [True] * place + [False, *inner])
        elif may_open:
            state = Open(state.fence, (*state.marks, mark), *state[2:])
    return state


def _spoiler(state: Open, count: int) -> Open:
    """After a run of bars: a spoiler has at least one character, be it a bar."""
    if count < 2:
        return state
    if SPOILER in state.marks:
        state = _keeping(state, [mark != SPOILER for mark in state.marks])
        count -= 2
    return state._replace(marks=(*state.marks, SPOILER)) if count >= 2 else state
