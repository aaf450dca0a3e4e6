"""KANJIDIC2 from its own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.study.building.kanjidic import kanji
from bot.study.building.xml import NotThisFile
from tests.bot.study.building.files import KANJIDIC


def test_kanji_are_read_with_japanese_readings_and_english_meanings(tmp_path: Path) -> None:
    """The first count of strokes is the right one; variants are characters."""
    path = tmp_path / "kanjidic2.xml"
    path.write_text(KANJIDIC, "utf-8")
    (go, old), created = kanji(path)
    assert created == "2026-11-19"
    assert (go.character, go.strokes, go.grade, go.frequency, go.radical) == ("行", 6, 2, 20, 144)
    assert (go.on, go.kun, go.meanings, go.variants) == (["コウ"], ["い.く"], ["going"], ["往"])
    assert (old.character, old.strokes, old.grade, old.meanings) == ("往", 8, None, [])


@pytest.mark.parametrize("content", ["<kanjidic2/>", "<kanjidic2><character/></kanjidic2>"])
def test_a_file_without_kanji_is_none(tmp_path: Path, content: str) -> None:
    """Nor is one whose characters are something else."""
    path = tmp_path / "kanjidic2.xml"
    path.write_text(content, "utf-8")
    with pytest.raises(NotThisFile):
        kanji(path)
