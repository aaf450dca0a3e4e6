"""Progress as a picture, as wide as a phone, in one language. Drawn with Noto Sans CJK.

Three figures, what is due on each of the next days, and how the words are spread. Longer strings
would have to be shaped and broken; there are none.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from bot.learning.progress import AHEAD, Progress, Stage
from bot.study.levels import Level

WIDTH, HEIGHT = 720, 928  # pixels
_MARGIN = 36
_PAPER, _INK, _FAINT, _LINE = (255, 255, 255), (30, 34, 42), (112, 118, 130), (226, 229, 235)
_TODAY, _BAR = (214, 84, 56), (70, 120, 190)
_STAGES = {
    Stage.NEW: ((176, 184, 196), "New", "新規"),
    Stage.LEARNING: ((226, 150, 60), "Learning", "学習中"),
    Stage.REVIEW: ((96, 146, 208), "Review", "復習"),
    Stage.KNOWN: ((62, 148, 104), "Known", "定着"),
    Stage.SUSPENDED: ((120, 110, 130), "Resting", "休み"),
}
_LEVELS: dict[Level | None, tuple[int, int, int]] = {
    Level.N5: (168, 208, 141),
    Level.N4: (120, 184, 150),
    Level.N3: (96, 150, 190),
    Level.N2: (110, 110, 180),
    Level.N1: (150, 84, 140),
    None: (176, 184, 196),
}
_CHART_TOP, _CHART_HEIGHT = 262, 230


def progress_picture(progress: Progress, *, japanese: bool) -> bytes:
    """A PNG of WIDTH by HEIGHT pixels, some 40 ms."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(picture)
    _figures(draw, progress, japanese=japanese)
    _due(draw, progress, japanese=japanese)
    stages = [
        (colour, f"{name_japanese if japanese else name} {progress.stages.get(stage, 0):,}", count)
        for stage, (colour, name, name_japanese) in _STAGES.items()
        if (count := progress.stages.get(stage, 0))
    ]
    _shares(draw, 596, "習得の段階" if japanese else "How well they are known", stages)
    unlisted = "リスト外" if japanese else "Unlisted"
    levels = [
        (colour, f"{level.name if level else unlisted} {count:,}", count)
        for level, colour in _LEVELS.items()
        if (count := progress.levels.get(level, 0))
    ]
    _shares(draw, 778, "JLPTのレベル（非公式）" if japanese else "JLPT levels (unofficial)", levels)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _figures(draw: Any, progress: Progress, *, japanese: bool) -> None:
    retention = "–" if progress.retention is None else f"{progress.retention:.0%}"
    shown = (
        (f"{progress.words:,}", "保存した言葉" if japanese else "words"),
        (f"{progress.streak:,}", "連続日数" if japanese else "days in a row"),
        (retention, "覚えていた割合" if japanese else "remembered"),
    )
    room = (WIDTH - 2 * _MARGIN) / len(shown)
    for number, (figure, name) in enumerate(shown):
        middle = _MARGIN + room * (number + 0.5)
        _centred(draw, middle, 36, figure, 68, _INK)
        _centred(draw, middle, 124, name, 26, _FAINT)
    draw.line((_MARGIN, 182, WIDTH - _MARGIN, 182), fill=_LINE, width=2)


def _due(draw: Any, progress: Progress, *, japanese: bool) -> None:
    """A bar for each day; today's has a colour of its own, the highest its number."""
    title = f"これから{AHEAD}日間の復習" if japanese else f"Due in the next {AHEAD} days"
    draw.text((_MARGIN, 200), title, font=_font(28), fill=_INK)
    total = f"{sum(progress.due):,}"
    draw.text(
        (WIDTH - _MARGIN - _font(28).getlength(total), 200), total, font=_font(28), fill=_FAINT
    )
    top, bottom = _CHART_TOP + 30, _CHART_TOP + _CHART_HEIGHT
    most = max(1, *progress.due)
    room = (WIDTH - 2 * _MARGIN) / AHEAD
    labelled = {0, progress.due.index(max(progress.due))}
    for number, count in enumerate(progress.due):
        left = _MARGIN + number * room
        height = (bottom - top) * count / most
        if count:
            box = (left + 2, bottom - max(height, 3), left + room - 3, bottom)
            draw.rounded_rectangle(box, 3, fill=_BAR if number else _TODAY)
        if number in labelled and count:
            middle = min(max(left + room / 2, _MARGIN + 20), WIDTH - _MARGIN - 20)
            _centred(draw, middle, bottom - max(height, 3) - 32, f"{count:,}", 22, _INK)
        if number % 7 == 0:
            day = progress.today + timedelta(days=number)
            named = ("今日" if japanese else "today") if not number else f"{day.month}/{day.day}"
            x = min(left + 2, WIDTH - _MARGIN - _font(22).getlength(named))
            draw.text((x, bottom + 8), named, font=_font(22), fill=_FAINT)
    draw.line((_MARGIN, bottom, WIDTH - _MARGIN, bottom), fill=_LINE, width=2)


def _shares(
    draw: Any, top: int, title: str, parts: Sequence[tuple[tuple[int, int, int], str, int]]
) -> None:
    """A bar that is divided, and what its colours are."""
    draw.text((_MARGIN, top - 40), title, font=_font(28), fill=_INK)
    whole = sum(count for _, _, count in parts)
    width = WIDTH - 2 * _MARGIN
    draw.rounded_rectangle((_MARGIN, top + 6, WIDTH - _MARGIN, top + 42), 6, fill=_LINE)
    x, legend, row = float(_MARGIN), float(_MARGIN), top + 53
    for colour, name, count in parts:
        draw.rectangle((x, top + 6, x + width * count / whole, top + 42), fill=colour)
        x += width * count / whole
        length = 24 + _font(21).getlength(name) + 16
        if legend + length - 16 > WIDTH - _MARGIN:
            legend, row = float(_MARGIN), row + 34
        draw.rounded_rectangle((legend, row + 7, legend + 18, row + 25), 4, fill=colour)
        draw.text((legend + 24, row), name, font=_font(21), fill=_INK)
        legend += length


def _centred(draw: Any, middle: float, top: float, text: str, size: int, colour: Any) -> None:
    at = (middle - _font(size).getlength(text) / 2, top)
    draw.text(at, text, font=_font(size), fill=colour)


@cache
def _font(size: int) -> Any:
    from noto_cjk_sans_jp_regular import FONT_PATH  # type: ignore[import-untyped]
    from PIL import ImageFont

    return ImageFont.truetype(str(FONT_PATH), size, layout_engine=ImageFont.Layout.BASIC)
