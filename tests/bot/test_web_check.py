"""What `kaiwa check` says of the web page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bot.commands import Result


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("", "✓ web page ウェブページ: http://127.0.0.1:8765"),
        ('url = "https://kaiwa.example.org"', "✓ web page ウェブページ: https://kaiwa.example.org"),
        ('host = "0.0.0.0"', "✗ web page ウェブページ: "),
    ],
)
def test_the_web_page_has_its_line_where_it_is_switched_on(
    kaiwa: Callable[..., Result], tmp_path: Path, settings: str, said: str
) -> None:
    """Where it will be seen, or what to set."""
    (tmp_path / "config.toml").write_text(f"[web]\nenabled = true\n{settings}\n", "utf-8")
    assert said in kaiwa("check").out
