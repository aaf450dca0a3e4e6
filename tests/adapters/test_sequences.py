"""Random sequences of what people do, on both platforms: 200 here, any number by
`python -m tests.sequences`."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.adapters.sequences.batch import Tally, play
from tests.adapters.sequences.steps import Batch, batches

EXAMPLES = 6  # on each platform; the first one is empty


@pytest.mark.parametrize("platform", ["discord", "slack"])
def test_everything_that_is_said_to_the_bot_is_answered_exactly_once(platform: str) -> None:
    """Whatever is edited, deleted, passed on, delivered again or in another order, and whenever
    the bot ends and is started again; and nothing of its own, nor what is said to others."""
    total = Tally()

    @settings(
        max_examples=EXAMPLES,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # the command finds the smallest sequence
    )
    @given(batches)
    def sequences(batch: Batch) -> None:
        tally = play(platform, batch)
        total.add(tally)
        assert not tally.faults, "\n".join(tally.faults)

    sequences()
    print(f"{platform}: {total}")
    assert total.sequences >= 100 and total.addressed > 100
