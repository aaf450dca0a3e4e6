"""What is measured is what is said to be."""

from __future__ import annotations

from bot.study.evaluation.dictionary import asked, has, homographs, pasted
from bot.study.lexicon.dictionary import Dictionary


def test_inflected_words_are_taken_with_their_endings() -> None:
    """As one would mark them; words that only help another are none of their own."""
    assert [form for form, _ in pasted("日本語を勉強させられたので、本を読んでいました。")] == [
        "読んで",
    ]
    assert [form for form, _ in pasted("昨日は寒くなかったし、食べられませんでした。")] == [
        "寒く",
        "食べられませんでした",
    ]


def test_a_word_is_found_where_an_entry_is_spelled_like_it(dictionary: Dictionary) -> None:
    """Any entry is not enough."""
    ((form, word),) = pasted("食べられませんでした")
    ((_, other),) = pasted("飲んだ")
    assert has(dictionary, form, word, form)
    assert not has(dictionary, form, other, form)


def test_almost_all_inflected_words_of_the_sentences_are_found(dictionary: Dictionary) -> None:
    """In a tenth of them: 99.5 %."""
    rows = dictionary.stored.rows("SELECT japanese FROM example WHERE id % 10 = 0")
    forms = {form: (word, text) for (text,) in rows for form, word in pasted(text)}
    missing = [form for form, where in forms.items() if not has(dictionary, form, *where)]
    assert len(missing) <= 0.005 * len(forms), missing


def test_look_ups_are_timed_over_the_whole_dictionary(dictionary: Dictionary) -> None:
    """A thousand of each kind, the same each time."""
    texts = asked(dictionary)
    assert all(len(kind) == 1000 for kind in texts.values())
    assert texts == asked(dictionary)


def test_homographs_in_kana_are_told_apart_by_their_sentence(dictionary: Dictionary) -> None:
    """As many as the documentation says."""
    assert homographs(dictionary) == {"": (55, 60), "later": (36, 40)}
