"""Dates of reviews measured."""

from __future__ import annotations

import pytest

from bot.learning.evaluate import PARTS, main
from bot.learning.evaluation import reviews
from bot.learning.evaluation.reviews import report
from bot.learning.ports.reviews import Card
from storage.learning.cards import from_json


def test_all_histories_have_the_librarys_dates() -> None:
    """And the other figures are what the documentation says."""
    equal, easy, evenings = report(histories=30)
    assert "of 360 answers: 30 of 30 histories" in equal
    assert easy == "five times Easy within a minute: 8 days; by the library alone 43"
    assert "1, 2, 7, 19, 48, 111 days; counted in full 24 hours 1, 1, 1, 1, 1, 1" in evenings


def test_a_date_that_is_another_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measurement can fail."""

    def rounded(text: str) -> Card:
        card = from_json(text)
        return Card(card.due.replace(microsecond=0), card.state, card.step, 1.0, 5.0)

    monkeypatch.setattr(reviews, "from_json", rounded)
    assert ": 0 of 5 histories" in report(histories=5)[0]


def test_a_part_is_measured_by_its_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or all of them."""
    monkeypatch.setitem(PARTS, "reviews", lambda: ["figure"])
    main(["reviews"])
    assert capsys.readouterr().out == "reviews\n  figure\n"
