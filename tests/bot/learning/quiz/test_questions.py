"""Questions made of the dictionary: one answer is right, the others are wrong and near."""

from __future__ import annotations

from random import Random

import pytest

from bot.learning.answers import meaning, reading
from bot.learning.quiz.answers import is_attempt, judged
from bot.learning.quiz.cloze import BLANK
from bot.learning.quiz.question import Kind, Question
from bot.learning.quiz.questions import of_entry, of_level
from bot.study.levels import Level
from bot.study.lexicon.dictionary import Dictionary
from bot.study.lexicon.folding import folded
from bot.study.study import Study


@pytest.fixture
def dictionary(study: Study) -> Dictionary:
    """The dictionary."""
    return study.dictionary


def about(
    word: str, kind: Kind, dictionary: Dictionary, *, typed: bool = True, seed: int = 0
) -> Question | None:
    """A question about a word."""
    entry = next(e for e in dictionary.look_up(word) if word in e.spellings)
    return of_entry(entry, kind, dictionary, Random(seed), typed=typed)


def test_a_quiz_of_a_level_has_each_kind_in_turn(dictionary: Dictionary) -> None:
    """Of words of that level, each once."""
    made = of_level(Level.N5, tuple(Kind), 12, dictionary, Random(1), typed=False)
    assert len(made) == 12 and len({each.entry for each in made}) == 12
    assert {each.kind for each in made} == set(Kind)
    levels = {dictionary.entry(each.entry).level for each in made}  # type: ignore[union-attr]
    assert levels == {Level.N5}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("level", [Level.N5, Level.N2])
def test_one_choice_is_right_and_no_other(kind: Kind, level: Level, dictionary: Dictionary) -> None:
    """No homonym, no other reading, no gloss that the words share."""
    made = of_level(level, (kind,), 25, dictionary, Random(2), typed=False)
    assert len(made) == 25
    for question in made:
        assert len({folded(choice) for choice in question.choices}) == 4
        entry = dictionary.entry(question.entry)
        assert entry is not None
        for place, choice in enumerate(question.choices):
            if place == question.right:
                continue
            if kind is Kind.READING:
                assert reading(choice, question.readings) is None
            elif kind is Kind.MEANING:
                assert meaning(choice, question.glosses, lambda given, wanted: True) is None
            else:
                found = dictionary.stored.find(folded(choice))
                others = {dictionary.stored.entry(each.rank).id for each in found[:1]}
                assert entry.id not in others
                assert choice not in entry.spellings


@pytest.mark.parametrize("kind", Kind)
def test_the_right_answer_counts_where_it_is_typed(kind: Kind, dictionary: Dictionary) -> None:
    """And is taken for an answer; a question survives being stored."""
    for question in of_level(Level.N4, (kind,), 25, dictionary, Random(3), typed=True):
        assert Question.load(question.stored()) == question
        shown = question.glosses[0] if kind is Kind.MEANING else question.answer
        assert judged(question, shown, lambda given, wanted: True) is not None
        if kind in (Kind.READING, Kind.KANJI):
            assert is_attempt(question, shown, addressed=False, private=False)


def test_a_sentence_has_a_blank_in_place_of_the_word(dictionary: Dictionary) -> None:
    """In whatever form it stands there, and that form counts."""
    question = about("食べる", Kind.CLOZE, dictionary)
    assert question is not None and question.asked.count(BLANK) == 1 and question.hint
    assert "食べ" not in question.asked
    for typed in (*question.writings, "食べる", "たべる", "taberu"):
        assert judged(question, typed, lambda given, wanted: True) is not None


def test_what_cannot_be_asked_is_not(dictionary: Dictionary) -> None:
    """The reading, or kanji, of what is written in kana."""
    assert about("ありがとう", Kind.READING, dictionary) is None
    assert about("テレビ", Kind.KANJI, dictionary) is None


def test_every_reading_of_what_is_written_alike_counts(dictionary: Dictionary) -> None:
    """Who reads 辛い as つらい is right, whichever entry was meant."""
    question = about("辛い", Kind.READING, dictionary)
    assert question is not None and {"からい", "つらい"} <= set(question.readings)


def test_what_is_typed_into_a_sentence_begins_with_a_kana_that_is_told(
    dictionary: Dictionary,
) -> None:
    """Another word of the same meaning would be as good otherwise."""
    for question in of_level(Level.N5, (Kind.CLOZE,), 20, dictionary, Random(5), typed=True):
        begins = question.hint.removesuffix("…）")[-1]
        assert any(each.startswith(begins) for each in question.readings)


def test_words_that_are_said_and_mean_the_same_are_not_asked_in_kanji(
    dictionary: Dictionary,
) -> None:
    """Hot is 暑い or 熱い; among choices there is one of them only."""
    assert about("暑い", Kind.KANJI, dictionary) is None
    assert about("暑い", Kind.KANJI, dictionary, typed=False) is not None
    assert about("学校", Kind.KANJI, dictionary) is not None


@pytest.mark.parametrize("level", [Level.N5, Level.N4])
def test_no_wrong_choice_is_in_the_sentence_or_its_translation(
    level: Level, dictionary: Dictionary
) -> None:
    """Where the translation says "lesson", 予習 beside 復習 might be meant."""
    for question in of_level(level, (Kind.CLOZE,), 30, dictionary, Random(3), typed=False):
        for choice in {*question.choices} - {question.answer}:
            assert choice not in question.asked


def test_choices_are_drawn_anew(dictionary: Dictionary) -> None:
    """Not always in the same place."""
    drawn = [about("犬", Kind.READING, dictionary, typed=False, seed=n) for n in range(8)]
    assert len({each.right for each in drawn if each}) > 1
