"""What the bot says of itself, as Slack's messages: rich text, and buttons that are commands.

Rich text, since in it no character means anything, and bold stands beside kana as well.
https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from adapters.slack.blocks import Block, actions, button, escape
from adapters.splitting import split
from bot.errors import BotError
from bot.notices import Notice, Offer, Span, Style

LIMIT = 3_500  # characters of a notice's message; Slack cuts a text at 4,000 when it is changed
LONGEST_VALUE, LONGEST_LABEL = 2_000, 75  # characters of a button's value and label
MOST_OFFERS = 25  # buttons of a block
DO, ASK = "kaiwa_do", "kaiwa_ask"
# Of a line: as much as there is room for, to a sentence's or word's end if there is one.
_PIECE = re.compile(rf".{{1,{LIMIT}}}(?:(?<=[。！？\s])|$)|.{{1,{LIMIT}}}", re.DOTALL)
_STYLES = {Style.BOLD: "bold", Style.ADDED: "bold", Style.REMOVED: "strike"}


@dataclass(frozen=True, slots=True)
class Saying:
    """One message: its text, and the blocks that show it, if it is more than text."""

    text: str
    blocks: tuple[Block, ...] = ()


def sayings(notice: Notice | BotError) -> list[Saying]:
    """A notice in as many messages as it takes."""
    if isinstance(notice, BotError) or (isinstance(notice.detail, str) and not notice.offers):
        return [Saying(part.text) for part in split(notice.both(), LIMIT, measure=_length)]
    notice = notice.localized(japanese=None)  # of what is not yet in one language
    detail = (Span(notice.detail),) if isinstance(notice.detail, str) else notice.detail
    head = notice.sentences + ("\n" if detail else "")
    parts = list(_parts([Span(head), *detail]))
    return [
        Saying(
            "".join(span.text for span in part if span.style is not Style.HIDDEN),
            (_rich(part), *(_offered(notice.offers) if number == len(parts) else ())),
        )
        for number, part in enumerate(parts, 1)
    ]


def _parts(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """Spans in parts of at most LIMIT characters, which begin where a line does if they can."""
    part: list[Span] = []
    room = LIMIT
    for line in _lines(spans):
        length = sum(len(piece.text) for piece in line)
        for number, piece in enumerate(line):
            needed = len(piece.text) if number or length > LIMIT else length
            if needed > room:
                yield part
                part, room = [], LIMIT
            part.append(piece)
            room -= len(piece.text)
    yield part


def _lines(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """Each line with what ends it, in pieces of at most LIMIT characters."""
    line: list[Span] = []
    for span in spans:
        for text in span.text.splitlines(keepends=True):
            line += [Span(piece, span.style) for piece in _PIECE.findall(text)]
            if text.splitlines()[0] != text:
                yield line
                line = []
    yield line


def _rich(spans: Sequence[Span]) -> Block:
    elements = [
        {"type": "text", "text": "".join(map(_visible, alike)), **style}
        for style, alike in groupby(spans, _style)
    ]
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "elements": [section]}


def _visible(span: Span) -> str:
    """Slack can hide nothing: another form is offered."""
    return "＿" * len(span.text) if span.style is Style.HIDDEN else span.text


def _style(span: Span) -> Block:
    style = _STYLES.get(span.style) if span.style else None
    return {"style": {style: True}} if style else {}


def _offered(offers: Sequence[Offer]) -> list[Block]:
    """The buttons of these offers, but for those whose command has no room in one."""
    buttons = [
        button(f"{ASK if offer.asks else DO}:{number}", _label(offer), value)
        for number, offer in enumerate(offers)
        if len(value := offer.typed.removeprefix("/")) <= LONGEST_VALUE
    ]
    return [actions(*buttons[:MOST_OFFERS])] if buttons else []


def _label(offer: Offer) -> str:
    both = f"{offer.japanese} / {offer.english}"
    label = offer.english if offer.english == offer.japanese else both
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def _length(text: str) -> int:
    return len(escape(text))
