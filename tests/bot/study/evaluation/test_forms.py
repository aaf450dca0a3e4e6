"""Forms measured."""

from __future__ import annotations

from bot.study.evaluation.forms import Gold, astray, common_words, gold, report, wrong
from bot.study.forms.paradigm import paradigm
from bot.study.forms.word_class import WordClass


def test_the_gold_sets_are_complete_and_have_each_form_once() -> None:
    """As many parts as names, which join to the form or its beginning, of every class."""
    rows = [*gold("chains.tsv"), *gold("chains_unseen.tsv")]
    assert len(gold("chains.tsv")) >= 120
    assert len({row.form for row in rows}) == len(rows)
    for row in rows:
        assert len(row.parts) == len(row.names)
        assert row.form.startswith("".join(row.parts))
    assert {row.word_class for row in rows} >= {kind.value for kind in WordClass} - {"vs-s"}


def test_a_mistake_is_said() -> None:
    """With what was found; a right form says nothing."""
    right = Gold("食べた", "食べる", "v1", ("食べ", "た"), ("stem", "past"))
    assert wrong(right) == ""
    assert wrong(Gold("食べた", "食べる", "v5r", right.parts, right.names)) != ""
    assert wrong(Gold("猫", "猫", "n", ("猫",), ("noun",))) == "猫: nothing"


def test_forms_that_belong_to_another_word_go_astray() -> None:
    """切れる is no form of 切る to UniDic."""
    found = paradigm("切る")
    assert found is not None
    assert ("potential", "切れる") in list(astray(found))


def test_words_are_common_and_of_several_classes() -> None:
    """At most so many of each, the same at every run."""
    words = list(common_words(3))
    assert words == list(common_words(3))
    assert len({kind for _, kind in words}) > 15 and len(words) <= 3 * len(WordClass)


def test_the_report_has_the_figures() -> None:
    """Chains, classes, all together."""
    lines = report()
    assert lines[0].startswith("chains.tsv: ") and lines[-1].startswith("All: ")
