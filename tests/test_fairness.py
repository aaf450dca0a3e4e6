"""What `python -m tests.fairness` measures, small, and without its times."""

from __future__ import annotations

from tests.fairness import flooded


async def test_nobody_is_told_busy_because_of_somebody_elses_flood() -> None:
    """On the real chat, over a queue that the flood fills several times."""
    (seen,) = await flooded(4, False, rounds=1, questions=40, people=3)
    assert seen.flood.busy and not seen.flood.too_fast
    assert seen.refused == 0 and len(seen.beside.waits) == 3
