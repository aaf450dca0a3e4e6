"""A text as words with their grammar."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

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


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_threads_do_not_see_each_others_words() -> None:
    """fugashi 1.5.2 reads a word's features from memory that the next sentence takes."""
    texts = [
        sentence * times
        for times in range(1, 30)
        for sentence in ("食べさせられた猫は走る。", "急がされる本を読んでいる。")
    ]
    alone = [tokens(text) for text in texts]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(tokens, texts * 20))
    assert together == alone * 20
