"""A text as a picture with its readings above the kanji, as wide as a phone.

Drawn with Noto Sans CJK, which has no emoji: what it cannot draw is a 〓, as printers leave it.
It needs no text shaping of the system's, and knows no Markdown.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from bot.errors import BotError
from bot.study.kana import seen
from bot.study.reading.furigana import Wanted, every
from bot.study.reading.words import Word

WIDTH = 720  # pixels
MOST_CHARACTERS = 600  # of a text; more would be a picture too high to read on a phone
MOST_LINES = 60
_SIZE, _SMALL = 36, 18  # pixels of a character, and of its reading
_MARGIN = 28
_LINE = _SMALL + _SIZE + 26
_PAPER, _INK, _READING = (255, 255, 255), (26, 26, 26), (176, 44, 44)
_MISSING = "〓"
# What must not begin a line.
_CLOSING = set(
    "、。，．！？!?)]）」』】〉》’”ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々ゝ…・：；:;,."
)
_JOINERS = re.compile("[\u200d\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")


class PictureTooLong(BotError):
    """A text is too long for a picture."""

    private = True

    def __init__(self) -> None:
        super().__init__(
            f"That is too long for a picture: {MOST_CHARACTERS} characters on {MOST_LINES} lines "
            "fit. Please choose another form, or a shorter text.",
            f"画像にするには長すぎます（{MOST_CHARACTERS}文字、{MOST_LINES}行まで）。"
            "別の形式か、短い文章でお試しください。",
        )


@dataclass(frozen=True, slots=True)
class _Cell:
    """What is not divided between lines; `width` in pixels."""

    text: str
    reading: str
    width: int


def ruby_picture(words: Sequence[Word], wanted: Wanted = every) -> bytes:
    """A PNG, WIDTH pixels wide and as high as its lines need. Some 30 ms for 100 characters.

    Raises PictureTooLong.
    """
    from PIL import Image, ImageDraw

    if sum(len(word.text) for word in words) > MOST_CHARACTERS:
        raise PictureTooLong
    lines = _lines(words, wanted)
    if len(lines) > MOST_LINES:
        raise PictureTooLong
    picture = Image.new("RGB", (WIDTH, 2 * _MARGIN + _LINE * len(lines)), _PAPER)
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        x, y = _MARGIN, _MARGIN + number * _LINE
        for cell in line:
            middle = x + cell.width / 2
            small, large = _font(_SMALL), _font(_SIZE)
            if cell.reading:
                at = (middle - small.getlength(cell.reading) / 2, y)
                draw.text(at, cell.reading, font=small, fill=_READING)
            at = (middle - large.getlength(cell.text) / 2, y + _SMALL)
            draw.text(at, cell.text, font=large, fill=_INK)
            x += cell.width
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _lines(words: Sequence[Word], wanted: Wanted) -> list[list[_Cell]]:
    room = WIDTH - 2 * _MARGIN
    lines: list[list[_Cell]] = [[]]
    used = 0
    for word in words:
        cells = _cells(word, wanted(word))
        width = sum(cell.width for cell in cells if cell.text != "\n")
        closing = word.text[:1] in _CLOSING and used < room + _MARGIN - _SIZE
        if used and used + width > room and width <= room and not closing:
            lines.append([])
            used = 0
        for cell in cells:
            full = used and used + cell.width > room
            if cell.text == "\n" or (full and not (closing and cell is cells[0])):
                lines.append([])
                used = 0
            if cell.text != "\n":
                lines[-1].append(cell)
                used += cell.width
    return lines


def _cells(word: Word, with_reading: bool) -> list[_Cell]:
    """A word's pieces; one without a reading by its characters, which a line may divide."""
    cells = []
    for piece in word.ruby:
        text = _drawable(piece.text)
        if piece.reading and with_reading:
            width = max(_font(_SIZE).getlength(text), _font(_SMALL).getlength(piece.reading) + 4)
            cells.append(_Cell(text, piece.reading, round(width)))
        else:
            cells += [
                _Cell(c, "", round(_font(_SIZE).getlength(c)) if c != "\n" else 0) for c in text
            ]
    return cells


def _drawable(text: str) -> str:
    """A text with 〓 for what the font has not; of joined emoji, one."""
    plain = seen(_JOINERS.sub("", re.sub("\u200d.", "", text))).replace("\t", " ").replace("\r", "")
    return "".join(c if c in "\n \u3000" or _has(c) else _MISSING for c in plain)


@cache
def _font(size: int) -> Any:
    from noto_cjk_sans_jp_regular import FONT_PATH  # type: ignore[import-untyped]
    from PIL import ImageFont

    return ImageFont.truetype(str(FONT_PATH), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _blank() -> bytes:
    return bytes(_font(_SIZE).getmask("\U0010fffe"))


@cache
def _has(character: str) -> bool:
    """Whether the font has it: it draws the same box for all that it has not."""
    return bytes(_font(_SIZE).getmask(character)) != _blank()
