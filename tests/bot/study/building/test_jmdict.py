"""JMdict from its own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.study.building.jmdict import words
from bot.study.building.xml import NotThisFile
from tests.bot.study.building.files import JMDICT


def test_words_are_read_with_their_marks_as_codes(tmp_path: Path) -> None:
    """In English only; a part of speech holds until another is given."""
    path = tmp_path / "JMdict"
    path.write_text(JMDICT, "utf-8")
    found, created = words(path)
    assert created == "2026-11-20"
    assert [word.id for word in found] == [1578850, 2852700]
    go = found[0]
    assert [(form.text, form.tags, form.common) for form in go.writings] == [
        ("行く", [], True),
        ("往く", ["sK"], False),
    ]
    assert [(form.text, form.only) for form in go.readings] == [("いく", []), ("ゆく", ["行く"])]
    assert [(m.glosses, m.parts, m.tags) for m in go.meanings] == [
        (["to go"], ["v5k"], []),
        (["to continue & go on"], ["v5k"], ["uk"]),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "<JMdict></JMdict>",
        "<JMdict><entry><ent_seq>x</ent_seq></entry></JMdict>",
        "<JMdict><entry><ent_seq>1</ent_seq></entry></JMdict>",
    ],
)
def test_a_file_without_words_is_none(tmp_path: Path, content: str) -> None:
    """Nor is one whose entries are something else."""
    path = tmp_path / "JMdict"
    path.write_text(content, "utf-8")
    with pytest.raises(NotThisFile):
        words(path)
