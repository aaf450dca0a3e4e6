"""Splits a reply into messages that a platform accepts, the same way at every moment it grows.

It knows Unicode's grapheme clusters, sentences and phrases, and of Markdown what a break must
not tear: code fences and links, and where it can be helped code spans and bold. It does not know
platforms, how a message is sent or edited, nor any other Markdown (tables, quotes).

A fence may be indented by any amount: in lists models indent it by four spaces and more, and
Discord does not mind where it stands.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

import budoux
import regex  # type: ignore[import-untyped]  # it ships no types

SMALLEST_LIMIT = 40  # so that a fence's two lines leave room for some code between them
LONGEST_FENCE = 8  # marks; a longer run is text, since what closes it might not fit
PHRASE_WINDOW = 100  # characters before a break in which phrases are looked for

MARKER = re.compile(
    rf"^[ \t]*(?P<marks>`{{3,{LONGEST_FENCE}}}(?!`)|~{{3,{LONGEST_FENCE}}}(?!~))(?P<info>[^\n]*)",
    re.MULTILINE,
)
MARKER_BEGINS = re.compile("^[ \t]*(?:```|~~~)", re.MULTILINE)
MARKER_MAY_FOLLOW = re.compile(r"\s*(?:`{3}|~{3}|(?:`+|~+)\Z)")
VISIBLE = re.compile(r"\S")
GRAPHEME = regex.compile(r"\X")
CLOSING = r"""[」』）】〉》〕”’)\]"']"""
SENTENCE = re.compile(
    # Not 「はい。」と言った; nor after "1.", a list's number.
    rf"[。！？｡]++(?:(?!{CLOSING})|{CLOSING}++(?![とっをがはのにもでや]))\s*"
    rf"|[」』）】]\s+|(?<![0-9])[.!?]+{CLOSING}*\s+"
)
PHRASE = re.compile(r"[、，]|\s+")
JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff々〆]")
NOT_FIRST = frozenset(
    "、。，．！？｡」』）】〉》〕”’)]!?,.:;：；ー〜…々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)

# Where the text in view ends (\Z), so may these: whatever comes next may complete them.
LINK = re.compile(
    r"""
      \[ [^][\n]{0,200} (?: \Z | \] (?: \Z
          | \( (?: [^()\n] | \( [^()\n]* (?: \) | \Z ) )*+ (?: \) | \Z )))   # [label](url)
    | < https?:// [^\s<>]* (?: > | \Z )
    | < [!-;=?-~]+ (?: > | \Z )                           # <@1>, <:name:1>, <t:1:R>: ASCII only
    | https?:// [^\s<>。、，！？「」『』（）【】]+
    | h (?: t (?: t (?: p s? (?: : /{0,2} )? )? )? )? \Z
    """,
    re.VERBOSE,
)
MARKUP = re.compile(r"`[^`\n]{1,100}(?:`|\Z)|\*\*[^*\n]{1,100}(?:\*\*|\*?\Z)")


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a split reply: `text` is what to show, and stands for `source[start:end]`."""

    text: str
    start: int  # code points
    end: int


@dataclass(frozen=True, slots=True)
class Fence:
    """A code block that is open: its marks, and its opening line without indentation."""

    marks: str
    opening: str


def utf16_length(text: str) -> int:
    """The UTF-16 code units of `text`, as Discord's clients count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, limit: int, *, measure: Callable[[str], int] = utf16_length) -> list[Part]:
    """The messages that show `text`, each of at most `limit` as `measure` counts.

    The parts' ranges cover the text without a gap. White space at their ends is not shown; a
    code block that goes on in the next part is closed in one and opened again in the other, and
    one that is still open when the text ends is closed too. Nothing else is changed.

    Text that grows changes the last part only: where a part ends depends on no more than the
    text up to the first visible character that did not fit. A break is made at an empty line,
    else a line, else (but not in code) a sentence, else a phrase, if it comes in the second half
    of the part; in code at a line in the last three quarters; else between any two graphemes.
    It is not made inside a link or a grapheme, unless that is longer than a part.

    `measure` must be a sum over code points, of 1 or more each. Raises ValueError for a `limit`
    below SMALLEST_LIMIT.
    """
    if limit < SMALLEST_LIMIT:
        raise ValueError(f"limit is {limit}; it must be at least {SMALLEST_LIMIT}")
    parts: list[Part] = []
    start, fence = 0, None
    while (first := _first_shown(text, start, fence, limit // 4)) < len(text):
        reopened = ""
        if fence:
            whole = measure(fence.opening) <= limit // 4
            reopened = f"{fence.opening if whole else fence.marks}\n"
        rest = text[first:]
        excess = _excess(rest, limit - measure(reopened), fence, measure)
        end = len(rest) if excess == len(rest) else _break(rest[: excess + 1], fence)
        fence = _fence_after(rest[:end], fence)
        closed = f"\n{fence.marks}" if fence else ""
        parts.append(Part(reopened + rest[:end].rstrip() + closed, start, first + end))
        start = first + end
    return parts


def closed(text: str) -> str:
    """A text whose last code block, if it is still open, is closed."""
    fence = _fence_after(text, None)
    return f"{text}\n{fence.marks}" if fence else text


def _first_shown(text: str, start: int, fence: Fence | None, indentation: int) -> int:
    """Where a part's own text begins: in code with the first line's indentation, if not huge."""
    first = _visible(text, start)
    line = max(start, text.rfind("\n", start, first) + 1)
    return line if fence and first - line <= indentation else first


def _visible(text: str, start: int) -> int:
    """The first visible character's place from `start` on, or the text's length."""
    found = VISIBLE.search(text, start)
    return found.start() if found else len(text)


def _excess(rest: str, room: int, fence: Fence | None, measure: Callable[[str], int]) -> int:
    """The place of the first visible character that does not fit; the length if all does.

    From the first line on that may open a code block, room is kept to close one. It is kept
    even where none is open any more: what has fit once must not depend on what follows.
    """

    def fitting(room: int) -> int:
        lengths = range(min(len(rest), room) + 1)
        return bisect_right(lengths, room, key=lambda n: measure(rest[:n])) - 1

    closing = measure("\n" + "`" * LONGEST_FENCE)
    if fence:
        return _visible(rest, fitting(room - closing))
    excess = _visible(rest, fitting(room))
    if marker := MARKER_BEGINS.search(rest, 0, excess + 1):
        excess = _visible(rest, max(fitting(room - closing), marker.end() - 1))
    return excess


def _fence_after(text: str, fence: Fence | None) -> Fence | None:
    """The code block that is open after `text`, if `fence` was before it."""
    for marker in MARKER.finditer(text):
        marks, info = marker["marks"], marker["info"].strip()
        if fence is None:
            if not (marks[0] == "`" and "`" in info):
                fence = Fence(marks, marks + info)
        elif marks.startswith(fence.marks) and not info:
            fence = None
    return fence


def _break(view: str, fence: Fence | None) -> int:
    """Where to end a part that begins with `view`, the last character of which does not fit."""
    for least, places in _places(view, fence):
        for place in places:
            if max(least, 1) <= place < len(view):
                return place
    return len(view) - 1  # inside a grapheme that is longer than a part


def _places(view: str, fence: Fence | None) -> Iterator[tuple[int, Iterable[int]]]:
    """Where a part may end, the best kind first and each from last to first; and not before."""
    half = len(view) // 2
    paragraphs, plain, lines = _lines(view, fence)
    yield half, reversed(paragraphs)
    yield half, reversed(plain)

    # The last line, unless it may be the one that closes the block: then the last of the code.
    line = view.rfind("\n", 0, len(view.rstrip("`~ \t\r\n"))) + 1
    fence = _fence_after(view[:line], fence)
    links, markup = ([m.span() for m in kind.finditer(view, line)] for kind in (LINK, MARKUP))
    graphemes = [m.end() for m in GRAPHEME.finditer(view, line)]
    whole = frozenset(graphemes)

    def allowed(place: int) -> bool:
        """Whether a break from there on tears no link and makes or breaks no fence."""
        return (
            place in whole
            and not _within(place, links)
            and view[place - 1 : place + 1] not in ("``", "~~")
            and not MARKER_MAY_FOLLOW.match(view, place)
            and not view[line:place].isspace()
            and _fence_after(view[line:place], fence) == fence
        )

    def outside_markup(place: int) -> bool:
        return not _within(place, markup) and allowed(place)

    if fence:
        yield half // 2, reversed(lines)
    else:
        sentences = [m.end() for m in SENTENCE.finditer(view, line)]
        yield half, filter(outside_markup, reversed(sentences))
    phrases = _phrases(view, max(line, len(view) - PHRASE_WINDOW))
    yield half, filter(outside_markup, reversed(phrases))
    yield half, filter(allowed, reversed(phrases))
    yield 1, filter(allowed, reversed(graphemes))
    yield 1, (*reversed(lines), line)
    yield 1, reversed(graphemes)


def _within(place: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start < place < end for start, end in spans)


def _lines(view: str, fence: Fence | None) -> tuple[list[int], list[int], list[int]]:
    """The lines before which a part may end: after an empty line, outside code, and all.

    In code not those that would leave the block of this part or of the next one empty.
    """
    paragraphs, plain, every = [], [], []
    start, no_code_yet = 0, False
    for text in view.split("\n")[:-1]:
        start += len(text) + 1
        blank = not text.strip()
        no_code_yet = no_code_yet if blank else fence is None
        fence = _fence_after(text, fence)
        if fence is None:
            plain.append(start)
            if blank:
                paragraphs.append(start)
        elif no_code_yet or MARKER_MAY_FOLLOW.match(view, start):
            continue
        every.append(start)
    return paragraphs, plain, every


def _phrases(view: str, start: int) -> list[int]:
    """Where phrases end from `start` on."""
    places = {m.end() for m in PHRASE.finditer(view, start)}
    if JAPANESE.search(view, start):
        ends = (start + length for length in accumulate(map(len, _parser().parse(view[start:]))))
        places.update(end for end in ends if JAPANESE.search(view, end - 1, end + 1))
    return sorted(place for place in places if view[place : place + 1] not in NOT_FIRST)


@cache
def _parser() -> budoux.Parser:
    return budoux.load_default_japanese_parser()
