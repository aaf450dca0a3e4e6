"""A short run of `tests/soak_engine.py`, whose full length is a command of its own."""

from __future__ import annotations

import pytest

from tests.soak_engine import soak


@pytest.mark.parametrize("fail_steps", [False, True], ids=["sound", "failing"])
async def test_whatever_users_do_every_request_ends_once_and_nothing_leaks(
    fail_steps: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also while steps fail. Bounded by requests, so that a slow machine does as much."""
    held = await soak(8, seed=1, requests=600, fail_steps=fail_steps, checks=15)
    assert held, capsys.readouterr().out
