"""How typed answers are judged, on those that are kept for it."""

from __future__ import annotations

import pytest

from bot.learning.evaluation.judging import counts, halves
from bot.learning.evaluation.typed import FIRST, SECOND, Answer, answers
from bot.study.study import Study

# A rare word that no meaning of the dictionary's has.
KNOWN_ERRORS = {"wether"}


def test_there_are_many_answers_of_both_kinds() -> None:
    """Right ones and wrong ones, half of them written after the rules."""
    for half in (FIRST, SECOND):
        found = answers(half)
        assert len(found) >= 100 and 0.2 < sum(each.right for each in found) / len(found) < 0.8


def test_the_report_names_every_error(study: Study) -> None:
    """Of both kinds, for each half."""
    said = list(halves(study))
    named = {line.rpartition(": ")[2] for line in said if line.startswith("    ")}
    assert named == KNOWN_ERRORS
    assert sum("refused" in line for line in said) == 2


@pytest.mark.parametrize("answer", answers(FIRST)[::10], ids=lambda answer: answer.typed)
def test_answers_are_judged_as_a_teacher_would(answer: Answer, study: Study) -> None:
    """Some of them; the report has all."""
    assert counts(answer, study) == answer.right
