"""What is counted: bounded, and cheap to read."""

from __future__ import annotations

import pytest

from bot.meters import MOST_LABELS, OTHER, Histogram, Meters, Tally, timed


def test_what_is_measured_is_counted_at_its_bound_or_below_the_next() -> None:
    """As Prometheus wants it: a bound belongs to its bucket."""
    measured = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 99.0):
        measured.add(value)
    assert measured.counts == [2, 2, 1]
    assert measured.total == 104.0


def test_labels_without_end_are_counted_as_others() -> None:
    """Whoever counts must not be able to fill the memory, here or of who watches."""
    tally = Tally()
    for number in range(MOST_LABELS + 7):
        tally.add("page", str(number))
    assert len(tally.counts) == MOST_LABELS + 1
    assert tally.counts[OTHER, OTHER] == 7
    tally.add("page", "3")
    assert tally.counts["page", "3"] == 2


def test_what_fails_is_measured_too() -> None:
    """A transaction that waits for ten seconds and fails is the one that matters."""
    measured = Histogram((10.0,))
    with pytest.raises(ValueError), timed(measured):
        raise ValueError
    assert measured.counts == [1, 0]


def test_a_connection_that_is_lost_is_counted_once_until_there_is_another() -> None:
    """However many attempts to connect fail meanwhile."""
    meters = Meters()
    meters.is_lost("slack")  # it never was there
    for _ in range(2):
        meters.is_connected("slack")
        meters.is_lost("slack")
        meters.is_lost("slack")
    assert meters.losses.counts == {("slack",): 2}
    assert meters.connections.counts == {("slack",): 2}
    assert meters.connected == {"slack": None}
