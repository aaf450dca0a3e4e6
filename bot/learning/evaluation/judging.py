"""How typed answers are judged, measured on answers that people might type.

Needs the dictionary's file. Shows every error: right answers that are refused, and wrong ones that
count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from bot.app import studying
from bot.config import load_settings
from bot.errors import BotError
from bot.learning.evaluation.typed import FIRST, SECOND, Answer, answers
from bot.learning.quiz.answers import judged
from bot.learning.quiz.question import Question
from bot.learning.quiz.questions import of_entry
from bot.learning.quiz.words import other_words
from bot.study.study import Study


def report() -> list[str]:
    """Both halves, by this folder's dictionary. Raises BotError where studying is not set up."""
    study = studying(load_settings())
    try:
        return list(halves(study))
    finally:
        study.close()


def halves(study: Study) -> Iterator[str]:
    """Each half: how many are judged as they should be, and which are not."""
    yield from _half("Written while the rules were made", answers(FIRST), study)
    yield from _half("Written after them", answers(SECOND), study)


def _half(title: str, given: Sequence[Answer], study: Study) -> Iterator[str]:
    refused: list[Answer] = []
    counted: list[Answer] = []
    for answer in given:
        if counts(answer, study) != answer.right:
            (refused if answer.right else counted).append(answer)
    right = sum(answer.right for answer in given)
    yield f"{title}: {len(given)} answers, {right} right and {len(given) - right} wrong"
    for name, errors in (("right, but refused", refused), ("wrong, but counted", counted)):
        yield f"  {name}: {len(errors)}"
        for each in errors:
            yield f"    {each.kind} of {each.word}: {each.typed}"


def counts(answer: Answer, study: Study) -> bool:
    """Whether an answer counts. Raises BotError where such a question cannot be asked."""
    question = _question(answer, study)
    return judged(question, answer.typed, other_words(study)) is not None


def _question(answer: Answer, study: Study) -> Question:
    dictionary = study.dictionary
    for entry in dictionary.look_up(answer.word):
        if answer.word in entry.spellings:
            question = of_entry(entry, answer.kind, dictionary, Random(0), typed=True)
            if question is not None:
                return question
    raise BotError(
        f"{answer.word} cannot be asked for its {answer.kind}.",
        f"{answer.word}では{answer.kind.japanese}の問題を作れません。",
    )
