"""The order of a kanji's strokes as a picture. Knows paths of SVG, and no kanji."""

from __future__ import annotations

from collections.abc import Sequence


def stroke_order_picture(paths: Sequence[str]) -> bytes:
    """A PNG with a cell for each stroke: the strokes so far, the newest coloured and numbered.

    `paths`: as KanjiVG has them, in a square of 109 units.
    """
    raise NotImplementedError
