"""The order of a kanji's strokes as a picture. Knows paths of SVG, and no kanji."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

_SQUARE = 109  # KanjiVG's units
_CELL = 120  # pixels
_ACROSS = 8  # cells in a row
_FINER = 2  # it is drawn so many times larger, and then made smaller: smooth lines
_STEPS = 12  # lines for a curve
_BEFORE, _NOW, _GRID, _PAPER = "#555555", "#d03030", "#e4e4e4", "#ffffff"
_PART = re.compile(r"([MmCcSsLlHhVvZz])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
_TAKES = {"M": 2, "L": 2, "C": 6, "S": 4, "H": 1, "V": 1}

Point = tuple[float, float]


def stroke_order_picture(paths: Sequence[str]) -> bytes:
    """A PNG with a cell for each stroke: the strokes so far, the newest coloured and numbered.

    `paths`: as KanjiVG has them, in a square of 109 units. Raises ValueError for none, and for
    what is no path.
    """
    from PIL import Image, ImageDraw, ImageFont

    if not paths:
        raise ValueError("no strokes")
    lines = [outline(path) for path in paths]
    across, down = min(len(lines), _ACROSS), -(-len(lines) // _ACROSS)
    cell = _CELL * _FINER
    image = Image.new("RGB", (across * cell, down * cell), _PAPER)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(cell / 9)
    for number in range(1, len(lines) + 1):
        left, top = (number - 1) % _ACROSS * cell, (number - 1) // _ACROSS * cell
        draw.rectangle((left, top, left + cell, top + cell), outline=_GRID, width=_FINER)
        half = cell // 2
        draw.line((left + half, top, left + half, top + cell), fill=_GRID, width=_FINER)
        draw.line((left, top + half, left + cell, top + half), fill=_GRID, width=_FINER)
        for line in lines[:number]:
            _brush(draw, line, left, top, _NOW if line is lines[number - 1] else _BEFORE)
        draw.text((left + cell / 30, top), str(number), fill=_NOW, font=font)
    small = image.resize((across * _CELL, down * _CELL), Image.Resampling.LANCZOS)
    packed = io.BytesIO()
    small.quantize(64).save(packed, "PNG", optimize=True)
    return packed.getvalue()


def _brush(draw: ImageDraw, line: list[Point], left: int, top: int, colour: str) -> None:
    scale = _CELL * _FINER / _SQUARE
    wide = round(4 * scale)
    points = [(left + x * scale, top + y * scale) for x, y in line]
    draw.line(points, fill=colour, width=wide, joint="curve")
    for x, y in (points[0], points[-1]):
        draw.circle((x, y), wide / 2, fill=colour)


def outline(path: str) -> list[Point]:
    """A path as the points of a line, curves in short pieces. Raises ValueError."""
    points: list[Point] = []
    control: Point | None = None  # of the curve before, which S goes on from
    for command, numbers in _commands(path):
        x, y = points[-1] if points else (0.0, 0.0)
        if command.islower():
            numbers = [n + (y if _is_y(command, i) else x) for i, n in enumerate(numbers)]
        kind = command.upper()
        if kind == "Z":
            points.append(points[0])
        elif kind in "CS":
            pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
            if kind == "S":
                first = (2 * x - control[0], 2 * y - control[1]) if control else (x, y)
                pairs.insert(0, first)
            points += _curve((x, y), *pairs)
            control = pairs[1]
            continue
        else:
            points.append((numbers[0] if kind != "V" else x, numbers[-1] if kind != "H" else y))
        control = None
    if len(points) < 2:
        raise ValueError("no path")
    return points


def _is_y(command: str, index: int) -> bool:
    return command == "v" or (command != "h" and index % 2 == 1)


def _curve(start: Point, first: Point, second: Point, end: Point) -> list[Point]:
    """A cubic Bézier curve, without its start."""
    found = []
    for step in range(1, _STEPS + 1):
        t = step / _STEPS
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        found.append(
            (
                a * start[0] + b * first[0] + c * second[0] + d * end[0],
                a * start[1] + b * first[1] + c * second[1] + d * end[1],
            )
        )
    return found


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    """Each command with its numbers; further numbers are the same command again."""
    command = ""
    numbers: list[float] = []
    for letter, number in _PART.findall(path):
        if letter:
            if numbers:
                raise ValueError("too few numbers")
            command = letter
            if letter in "Zz":
                yield letter, []
            continue
        takes = _TAKES.get(command.upper())
        if takes is None:
            raise ValueError("numbers without a command")
        numbers.append(float(number))
        if len(numbers) == takes:
            yield command, numbers
            numbers = []
            command = {"M": "L", "m": "l"}.get(command, command)
    if numbers:
        raise ValueError("too few numbers")
