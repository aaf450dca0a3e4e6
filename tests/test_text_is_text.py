"""No text of a user becomes a special or added token: the small form of the command."""

from __future__ import annotations

import pytest

from tests import text_is_text


def test_no_kind_of_vocabulary_makes_a_special_token_of_a_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every token's spelling and some hundred random texts, four kinds; and all come back."""
    assert text_is_text.main(["--count", "900", "--seed", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(text_is_text.KINDS) == 4
    assert all(" 0 of " in line and " 0 texts were lost" in line for line in lines)
