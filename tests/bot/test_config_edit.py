"""Numbers in config.toml change, and nothing else of it does."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config_edit import change, edited
from bot.config_file import example
from bot.errors import BotError

NUMBERS = {"temperature": 0.7, "top_k": 40}


def test_the_examples_own_line_is_taken() -> None:
    """Below its comment, where one looks for it."""
    after = edited(example(), "generation", NUMBERS)
    assert after is not None
    assert (
        "# How freely words are chosen: 0 always takes the likeliest.\ntemperature = 0.7\n" in after
    )
    assert tomllib.loads(after) == {section: {} for section in tomllib.loads(example())} | {
        "generation": NUMBERS
    }
    assert len(after.splitlines()) == len(example().splitlines())


def test_what_stands_there_is_replaced_with_its_comment_kept() -> None:
    """In its section alone; spaces, order and the ends of lines stay."""
    text = (
        "[model]\r\ntop_k = 1\r\n[ generation ] # here\r\n"
        "  temperature=1.0   # warm\r\nseed = 3\r\n"
    )
    assert edited(text, "generation", NUMBERS) == (
        "[model]\r\ntop_k = 1\r\n[ generation ] # here\r\ntop_k = 40\r\n"
        "  temperature = 0.7   # warm\r\nseed = 3\r\n"
    )


@pytest.mark.parametrize("text", ["", '[model]\nid = "demo"', '[model]\nid = "demo"\n\n\n'])
def test_a_section_that_is_not_there_is_written_at_the_end(text: str) -> None:
    """After an empty line."""
    after = edited(text, "generation", NUMBERS)
    assert after is not None
    assert tomllib.loads(after) == tomllib.loads(text) | {"generation": NUMBERS}
    assert after.endswith("[generation]\ntemperature = 0.7\ntop_k = 40\n")


def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    """As an operator has set them up."""
    real, link = tmp_path / "real.toml", tmp_path / "config.toml"
    real.write_text("\ufeff[generation]\ntop_k = 1\n", "utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    change(link, "generation", NUMBERS)
    assert link.is_symlink() and real.stat().st_mode & 0o777 == 0o640
    assert real.read_text("utf-8") == "\ufeff[generation]\ntemperature = 0.7\ntop_k = 40\n"
    assert sorted(os.listdir(tmp_path)) == ["config.toml", "real.toml"]


@pytest.mark.parametrize(
    "text",
    [
        "generation = { top_k = 1 }\n",
        "generation.top_k = 1\n",
        '[prompt]\npreamble = [["a", """\n[generation]\ntop_k = 1\n"""]]\n[generation]\nseed = 2\n',
        "[generation]\ntemperature = [\n1.0\n]\n",
    ],
)
def test_a_file_that_says_it_otherwise_is_left_alone(tmp_path: Path, text: str) -> None:
    """The lines to write are told."""
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(BotError, match=r"(?s)by myself.*\[generation\]\ntemperature = 0.7"):
        change(file, "generation", NUMBERS)
    assert file.read_text() == text and os.listdir(tmp_path) == ["config.toml"]


KEYS = st.sampled_from(["temperature", "top_k", "seed", "stop", '"top_k"'])
VALUES = st.sampled_from(["1", "0.5", '"#"', "[1, 2] # two", "'''\n[generation]\n'''", "{ a = 1 }"])
LINES = st.one_of(
    st.sampled_from(["[generation]", "[model]", "", "# top_k = 2", "#top_k = 0", " [generation]#"]),
    st.builds("{} = {}".format, KEYS, VALUES),
)


@given(st.lists(LINES, max_size=8))
def test_any_file_says_what_it_said_and_the_numbers_or_is_left_alone(lines: list[str]) -> None:
    """Plain ones are edited."""
    text = "\n".join(lines)
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    after = edited(text, "generation", NUMBERS)
    if after is not None:
        wanted = before | {"generation": before.get("generation", {}) | NUMBERS}
        assert tomllib.loads(after) == wanted
    else:
        assert "'''" in text or '"top_k"' in text or "{" in text, "a plain file is edited"
