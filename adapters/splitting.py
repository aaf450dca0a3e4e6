"""Splits a reply into messages that a platform accepts, the same way at every moment it grows.

`split` and `closed` are for texts that are complete. Who shows a reply while it is written keeps
a `Splitter` for it and asks that at every edit, at a cost that follows what has been added:

    splitter = Splitter(outlet.limit, measure=outlet.length, markup=DISCORD)
    splitter.parts(text, writing=True)    # while it grows; may be empty: nothing to show yet
    splitter.parts(text)                  # at its end

It does in this order what can also be done by hand: tables become code where the platform shows
none (`tables.as_code`); while the reply is written, what more text may yet change or hide is
held back (`unfinished.shown`); what remains is split. A part's range is one of the text that
was split, so after the first two steps.

It does not know how a message is sent or edited, what Markdown means (`markup`), nor which
places are good ones for a break (`breaks`).
"""

from __future__ import annotations

from collections.abc import Callable

from adapters.closing import closed
from adapters.markup import DISCORD, Markup
from adapters.parts import SMALLEST_LIMIT, Part, Parts
from adapters.tables import Tables
from adapters.unfinished import HeldBack

__all__ = ["SMALLEST_LIMIT", "Part", "Splitter", "closed", "split", "utf16_length"]


def utf16_length(text: str) -> int:
    """The UTF-16 code units of `text`, as Discord's clients count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(
    text: str,
    limit: int,
    *,
    measure: Callable[[str], int] = utf16_length,
    markup: Markup = DISCORD,
) -> list[Part]:
    """The messages that show `text`, each of at most `limit` as `measure` counts.

    The parts' ranges cover the text without a gap. White space at their ends is not shown. What
    is open at a part's end is closed there and opened again in the next: code blocks, spoilers,
    bold, italics, underline, strikethrough, code spans; a quote goes on with its `> `, a table
    with its header. A code block that is still open when the text ends is closed too. Nothing
    else is changed, and text in which nothing is left open, and that fits, not at all.

    Text that grows changes the last part only: where a part ends depends on no more than the
    text up to the first visible character that did not fit. A break is made at an empty line,
    else a line, else (but not in code) a sentence, else a phrase, if it comes in the second half
    of the part and not between marks that belong together; in code at a line in the last three
    quarters; else between any two graphemes. It is not made inside a link or a grapheme, unless
    that is longer than a part.

    `measure` must be a sum over code points, of 1 or more each. Raises ValueError for a `limit`
    below SMALLEST_LIMIT.
    """
    return Parts(limit, measure, markup).of(text)


class Splitter:
    """The parts of one reply as it grows. See the module."""

    def __init__(
        self,
        limit: int,
        *,
        measure: Callable[[str], int] = utf16_length,
        markup: Markup = DISCORD,
    ) -> None:
        self._markup = markup
        self._tables = Tables()
        self._held_back = HeldBack(markup)
        self._parts = Parts(limit, measure, markup)

    def parts(self, text: str, *, writing: bool = False) -> list[Part]:
        """What `split` gives for `text`, tables as the platform shows them.

        `writing`: more is to come, so what is undecided at its end is not shown yet.
        """
        if not self._markup.tables:
            text = self._tables.as_code(text)
        if writing:
            text = self._held_back.shown(text)
        return self._parts.of(text)
