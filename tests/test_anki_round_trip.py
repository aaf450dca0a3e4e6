"""The round trip through Anki that `python -m tests.anki_round_trip` shows."""

from __future__ import annotations

import pytest

from tests import anki_round_trip


def test_what_the_learner_owns_is_the_same_before_and_after(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With every option of Anki's window for imports; what each changes is counted."""
    anki_round_trip.main()
    counts, *states = capsys.readouterr().out.split("\n\n")
    assert [line.split(" | ")[1:4] for line in counts.splitlines()[2:]] == [
        ["3", "0", "0"],
        ["0", "0", "3"],
        ["1", "1", "2"],
        ["1", "2", "1"],
        ["1", "0", "3"],
        ["1", "1", "2"],
        ["1", "1", "2"],
    ]
    schedules = "| Kaiwa::My words | 30 days, 3 reviews, flag 3 | new, suspended |"
    assert sum(schedules in state for state in states) == 6
