"""What closes that which is open at a text's end.

It does not know where a text ends, nor why it ends there.
"""

from __future__ import annotations

from adapters.markup import BLOCK_QUOTE, DISCORD, SPOILER, Markup, Open, state_after


def closed(text: str, markup: Markup = DISCORD) -> str:
    """A text whose last code block and spoiler, if they are still open, are closed."""
    return text + what_closes(state_after(text, Open(), markup, 0, len(text)))


def what_closes(state: Open) -> str:
    """What closes the code block and the spoiler that are open."""
    fence = f"\n{quote_of(state)}{state.fence.marks}" if state.fence is not None else ""
    return fence + (SPOILER if SPOILER in state.marks else "")


def what_ends(body: str, spans: tuple[str, ...]) -> str:
    """The marks that close spans; not a code span's where three backticks would stand then."""
    run = len(body) - len(body.rstrip("`"))
    if run and spans and spans[-1][0] == "`" and run + len(spans[-1]) > 2:
        spans = spans[:-1]
    return "".join(reversed(spans))


def shortest(body: str, state: Open, spans: tuple[str, ...], markup: Markup) -> str:
    """The least that closes what is open behind `body`, which may end with a part of that."""
    behind = "".join(reversed(spans))
    if state.fence is not None:
        marks = state.fence.marks
        run = len(body) - len(body.rstrip(marks[0]))
        if not markup.by_lines:
            return marks[run % 3 :] + behind
        if 0 < run < len(marks) and body[: len(body) - run].rstrip(" \t")[-1:] in ("\n", ""):
            return marks[run:] + behind
        return f"\n{quote_of(state)}{marks}{behind}"
    if not spans:
        return ""
    run = len(body) - len(body.rstrip(spans[-1][0]))
    return behind[run:] if run < len(spans[-1]) else what_ends(body, spans)


def quote_of(state: Open) -> str:
    """What makes a further line of the code block that is open a quote."""
    quote = state.fence.quote if state.fence else ""
    return "" if quote == BLOCK_QUOTE else quote
