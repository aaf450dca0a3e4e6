"""A text as words with their grammar."""

from __future__ import annotations

from bot.study.analysis import tokens


def test_words_know_where_they_stand_and_what_they_are_forms_of() -> None:
    """Also behind spaces and line breaks, which are no words."""
    text = " 本が 読める。\n　アイス"
    found = tokens(text)
    assert [text[t.start : t.end] for t in found] == [t.surface for t in found]
    assert [(t.lemma, t.base) for t in found if t.is_content] == [
        ("本", "本"),
        ("読む", "読める"),
        ("アイス", "アイス"),
    ]


def test_a_text_without_words_has_none() -> None:
    """Nothing is invented."""
    assert tokens("") == tokens(" \n\u3000") == ()
