"""The order of strokes as a picture."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bot.study.lexicon.dictionary import Dictionary
from bot.study.lexicon.kanji import strokes
from bot.study.lexicon.strokes import outline, stroke_order_picture


def test_the_picture_has_a_cell_for_each_stroke(dictionary: Dictionary) -> None:
    """Eight in a row, and small enough for any platform."""
    packed = stroke_order_picture(strokes("語", dictionary))
    image = Image.open(io.BytesIO(packed))
    assert image.format == "PNG" and image.size == (960, 240)
    assert len(packed) < 100_000


def test_the_newest_stroke_is_coloured_and_those_before_are_not() -> None:
    """A line across the middle, then one down."""
    image = Image.open(io.BytesIO(stroke_order_picture(["M10,50H100", "M50,10V100"]))).convert(
        "RGB"
    )
    red, grey = image.getpixel((30, 55)), image.getpixel((150, 55))
    assert isinstance(red, tuple) and red[0] > 180 and red[1] < 90
    assert isinstance(grey, tuple) and max(grey) - min(grey) < 20 and grey[0] < 140


def test_paths_are_followed() -> None:
    """Absolute and relative commands, repeated numbers, numbers that need no space."""
    assert outline("M1,2L3,4l1-1 1,1") == [(1, 2), (3, 4), (4, 3), (5, 4)]
    assert outline("m1,1 2,0h3v-1z") == [(1, 1), (3, 1), (6, 1), (6, 0), (1, 1)]
    assert outline("M0,0c0,1 1,2 2,2")[-1] == outline("M0,0C0,1 1,2 2,2")[-1] == (2, 2)
    assert outline("M0,0.5.5.25L1e1-2")[1:] == [(0.5, 0.25), (10, -2)]


def test_a_smooth_curve_goes_on_as_the_one_before_ended() -> None:
    """S mirrors its control point; after a line there is none to mirror."""
    through = outline("M0,0C0,1 1,2 2,2S4,1 4,0")
    assert through == outline("M0,0C0,1 1,2 2,2C3,2 4,1 4,0")
    assert outline("M0,0L2,2S4,1 4,0") == outline("M0,0L2,2C2,2 4,1 4,0")


@pytest.mark.parametrize("path", ["", "M", "M1", "M1,1", "1,1", "M1,1L2", "M1,1C1,1L2,2", "x"])
def test_what_is_no_path_is_an_error(path: str) -> None:
    """Nothing is drawn of it."""
    with pytest.raises(ValueError, match=r"path|numbers"):
        outline(path)


def test_no_strokes_make_no_picture() -> None:
    """The caller says so instead."""
    with pytest.raises(ValueError, match="strokes"):
        stroke_order_picture([])


def test_every_stroke_can_be_drawn_and_stays_in_its_square(dictionary: Dictionary) -> None:
    """Of every twentieth character of KanjiVG, as it is stored."""
    rows = dictionary.stored.rows("SELECT character FROM kanji WHERE strokes NOTNULL")
    for (character,) in rows[::20]:
        for path in strokes(character, dictionary):
            assert all(-10 < x < 119 and -10 < y < 119 for x, y in outline(path)), character
