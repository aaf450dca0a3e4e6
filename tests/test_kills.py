"""`kill -9` under load, twenty times: the small form of `python -m tests.kills`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import kills


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("database", "processes", "count"), [("sqlite", 1, 12), ("server", 2, 8)])
async def test_no_question_is_lost_or_answered_twice_whenever_the_bot_is_killed(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, processes: int, count: int
) -> None:
    """On both platforms at once: one process, and one of two."""
    url = f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db"
    if database == "server":
        new_postgres: Callable[[], str] = request.getfixturevalue("new_postgres")
        url = new_postgres()
    figures = await kills.run(url, processes=processes, count=count, seed=1, folder=tmp_path)
    assert figures.kills == count and figures.acknowledged >= 2 * kills.PEOPLE
    assert (figures.lost, figures.twice, figures.unended) == ([], [], 0)
    assert figures.waits
