"""A text as a picture with ruby."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops

from bot.study.reading.picture import MOST_CHARACTERS, WIDTH, PictureTooLong, ruby_picture
from bot.study.reading.readings import read
from bot.study.reading.words import Word


def drawn(text: str) -> Image.Image:
    """The picture of a text."""
    return Image.open(io.BytesIO(ruby_picture(read(text)))).convert("RGB")


def test_a_picture_is_as_wide_as_a_phone_and_grows_downwards() -> None:
    """Nothing is drawn in its margins."""
    one, many = drawn("今日は晴れ。"), drawn("今日は晴れ。" * 30)
    assert one.width == many.width == WIDTH and many.height > one.height
    ink = ImageChops.invert(many).getbbox()
    assert ink is not None and ink[0] >= 10 and ink[2] <= WIDTH - 10


def test_lines_break_where_the_text_does_and_where_they_must() -> None:
    """A word that is longer than a line, and a row of full stops, are divided."""
    assert drawn("雨\n雨").height > drawn("雨雨").height
    for text in ("a" * 200, "。" * 100, "寿限無" * 50):
        ink = ImageChops.invert(drawn(text)).getbbox()
        assert ink is not None and ink[2] <= WIDTH


def test_what_the_font_has_not_is_shown_as_missing() -> None:
    """A geta mark for an emoji, one for several that are joined; no empty box."""
    assert ImageChops.difference(drawn("😀"), drawn("〓")).getbbox() is None
    assert ImageChops.difference(drawn("👨‍👩‍👧"), drawn("〓")).getbbox() is None


@pytest.mark.parametrize("text", ["", "\n", " ", "😀", "`本`"])
def test_a_text_without_readings_has_a_picture(text: str) -> None:
    """Nothing fails."""
    assert drawn(text).width == WIDTH


def test_only_wanted_words_have_readings() -> None:
    """None at all, if none is wanted."""
    words = read("本")
    without = Image.open(io.BytesIO(ruby_picture(words, lambda word: False))).convert("RGB")
    ink = ImageChops.invert(without).getbbox()
    full = ImageChops.invert(drawn("本")).getbbox()
    assert ink is not None and full is not None and ink[1] > full[1]


@pytest.mark.parametrize("text", ["本" * (MOST_CHARACTERS + 1), "\n" * 100])
def test_a_text_can_be_too_long_for_a_picture(text: str) -> None:
    """The person is told, in both languages."""
    with pytest.raises(PictureTooLong) as raised:
        ruby_picture([Word(text, ruby=read(text)[0].ruby)] if "本" in text else read(text))
    assert "600" in raised.value.english and "600" in raised.value.japanese
