"""Some quizzes at random, with restarts and redeliveries: python -m tests.quiz_games plays more."""

from __future__ import annotations

import logging

import pytest

from tests.quiz_games import play


async def test_every_answer_counts_once_whatever_happens(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Where the process ends at any moment, and the platform delivers twice."""
    caplog.set_level(logging.ERROR)
    figures = await play(range(6), seed=7)
    assert figures["games"] == 6 and figures["answers"] and figures["restarts"]
