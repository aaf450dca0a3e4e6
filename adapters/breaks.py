"""Where a text may be broken: behind paragraphs, lines, sentences, phrases, graphemes.

It is given what is open at each place. It does not know how long a part may be, nor how what is
open is closed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate

import budoux
import regex  # type: ignore[import-untyped]  # it ships no types

from adapters.markup import Open, Token

PHRASE_WINDOW = 100  # characters before a break in which phrases are looked for

VISIBLE = re.compile(r"\S")
# Flags are taken by pairs: \X alone looks back to the first of them from each.
GRAPHEME = regex.compile(r"[\U0001F1E6-\U0001F1FF]{2}[\p{M}\u200d]*+|\X")
CLOSING = r"""[」』）】〉》〕”’)\]"']"""
SENTENCE = re.compile(
    # Not 「はい。」と言った; nor after "1.", a list's number. Each run is looked at once.
    rf"(?<![。！？｡])[。！？｡]++(?:(?!{CLOSING})|{CLOSING}++(?![とっをがはのにもでや]))\s*"
    rf"|[」』）】]\s+|(?<![.!?])(?:(?<![0-9])|(?=[.!?]{{2}}))[.!?]++{CLOSING}*+\s+"
)
PHRASE = re.compile(r"[、，]|\s+")
JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff々〆]")
NOT_FIRST = frozenset(
    "、。，．！？｡」』）】〉》〕”’)]!?,.:;：；ー〜…々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)

# Where the text in view ends (\Z), so may these: whatever comes next may complete them.
LINK = re.compile(
    r"""
      \[ (?: [^][\n] | \[ [^][\n]{0,200} (?: \] | \Z ) ){0,200}+ (?: \Z | \] (?: \Z
          | \( (?: [^()\n] | \( [^()\n]* (?: \) | \Z ) )*+ (?: \) | \Z )))   # [label](url)
    | < https?:// [^\s<>]* (?: > | \Z )
    | </ [^<>\n]{1,100} (?: > | \Z )                      # </settings temperature:1>
    | < [!-;=?-~]+ (?: > | \Z )                           # <@1>, <:name:1>, <t:1:R>: ASCII only
    | https?:// [^\s<>。、，！？「」『』（）【】]+
    | h (?: t (?: t (?: p s? (?: : /{0,2} )? )? )? )? \Z
    """,
    re.VERBOSE,
)

Span = tuple[int, int]


class Spans:
    """Stretches of a text, asked whether a place is inside one of them."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(spans):
            if self._ends and start < self._ends[-1]:
                self._ends[-1] = max(end, self._ends[-1])
            else:
                self._starts.append(start)
                self._ends.append(end)

    def __contains__(self, place: int) -> bool:
        at = bisect_left(self._starts, place) - 1
        return at >= 0 and place < self._ends[at]


@dataclass(slots=True)
class _Layout:
    """What the tokens of a view mean for its breaks.

    paragraphs, plain, lines: before which lines a part may end: after an empty one, outside
    code, all. atoms: what stays in one piece. spans: what should. bare: where a break would
    leave marks with nothing between them.
    """

    paragraphs: list[int] = field(default_factory=list)
    plain: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    atoms: list[Span] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    bare: list[Span] = field(default_factory=list)


def best_break(view: str, tokens: Sequence[Token], begun: Open) -> int:
    """Where to end a part that begins with `view`, the last character of which does not fit.

    `tokens` are those of the view; `begun` is what is open where it begins.
    """
    for least, places in _places(view, tokens, begun):
        for place in places:
            if max(least, 1) <= place < len(view):
                return place
    return len(view) - 1  # inside a grapheme that is longer than a part


def _places(view: str, tokens: Sequence[Token], begun: Open) -> Iterator[tuple[int, Iterable[int]]]:
    """Where a part may end, the best kind first and each from last to first; and not before."""
    half = len(view) // 2
    layout = _layout(view, tokens, begun)
    spans, atoms, bare = Spans(layout.spans), Spans(layout.atoms), Spans(layout.bare)

    def outside(place: int) -> bool:
        return place not in spans

    lines = [place for place in layout.lines if place not in bare and place not in atoms]
    yield half, filter(outside, reversed(layout.paragraphs))
    yield half, filter(outside, reversed(layout.plain))

    # The last line, unless it may be the one that closes the block: then the last of the code.
    line = view.rfind("\n", 0, len(view.rstrip("`~ \t\r\n"))) + 1
    links = Spans(found.span() for found in LINK.finditer(view, line))
    graphemes = [found.end() for found in GRAPHEME.finditer(view, line)]
    whole = frozenset(graphemes)
    visible = VISIBLE.search(view, line)
    text_begins = visible.start() if visible else len(view)

    def allowed(place: int) -> bool:
        """Whether a break there tears no link, and makes or breaks no mark."""
        return (
            place in whole
            and place > text_begins
            and place not in links
            and place not in atoms
            and place not in bare
        )

    def best(place: int) -> bool:
        return place not in spans and allowed(place)

    sentences: list[int] = []
    if _in_code(tokens, begun, line):
        yield half // 2, reversed(lines)
    else:
        sentences = [found.end() for found in SENTENCE.finditer(view, line)]
    phrases = _phrases(view, max(line, len(view) - PHRASE_WINDOW))
    yield half, filter(best, reversed(sentences))
    yield half, filter(best, reversed(phrases))
    yield half, (place for place in reversed(lines) if place in spans)
    yield half, filter(allowed, reversed(sentences))
    yield half, filter(allowed, reversed(phrases))
    yield 1, filter(allowed, reversed(graphemes))
    yield 1, (*reversed(lines), line)
    yield 1, (place for place in reversed(graphemes) if place not in atoms)
    yield 1, reversed(graphemes)


def _in_code(tokens: Sequence[Token], begun: Open, place: int) -> bool:
    """Whether a code block is open at a place."""
    state = begun
    for token in tokens:
        if token.end > place:
            break
        state = token.after
    return state.fence is not None


def _layout(view: str, tokens: Sequence[Token], begun: Open) -> _Layout:
    layout = _Layout()
    opened = dict.fromkeys(begun.marks, -1)
    code, line = -1, 0
    for start, end, before, after in tokens:
        gone = [mark for mark in before.marks if mark not in after.marks]
        if view[start:end] == "\n":
            layout.lines.append(end)
            if after.fence is None:
                layout.plain.append(end)
                if not view[line:start].strip():
                    layout.paragraphs.append(end)
            line = end
            for mark in gone:
                opened.pop(mark, None)
            continue
        if view[start] in "h<":
            continue  # LINK knows more of them
        layout.atoms.append((start, end))
        new = [mark for mark in after.marks if mark not in before.marks]
        layout.spans += [(opened.pop(mark, -1), end) for mark in gone]
        opened.update(dict.fromkeys(new, start))
        opens = bool(new) or before.quote != after.quote
        closes = bool(gone) or (end == len(view) and bool(before.marks or before.fence))
        run = view[start:end].lstrip(" \t")
        if before.fence is after.fence and run[:3] in ("```", "~~~"):
            closes = True  # at the beginning of a line it would open a block
        if before.fence is not after.fence:
            if before.fence is not None:
                closes = True
                if view.find("\n", code if code > 0 else 0, start) < 0:  # within one line
                    layout.spans.append((code, end))
            if after.fence is not None:
                opens, code = True, start
        if closes:
            layout.bare.append((_visible_end(view, start) - 1, start + 1))
        if opens:
            visible = VISIBLE.search(view, end)
            layout.bare.append((end - 1, visible.start() + 1 if visible else len(view)))
    layout.spans += [(start, len(view)) for start in opened.values()]
    if tokens and tokens[-1].after.fence is not None and view.find("\n", max(code, 0)) < 0:
        layout.spans.append((code, len(view)))
    return layout


def _visible_end(view: str, place: int) -> int:
    """Where the visible text before a place ends."""
    while place and view[place - 1].isspace():
        place -= 1
    return place


def _phrases(view: str, start: int) -> list[int]:
    """Where phrases end from `start` on."""
    places = {found.end() for found in PHRASE.finditer(view, start)}
    if JAPANESE.search(view, start):
        ends = (start + length for length in accumulate(map(len, _parser().parse(view[start:]))))
        places.update(end for end in ends if JAPANESE.search(view, end - 1, end + 1))
    return sorted(place for place in places if view[place : place + 1] not in NOT_FIRST)


@cache
def _parser() -> budoux.Parser:
    return budoux.load_default_japanese_parser()
