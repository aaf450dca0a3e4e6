"""One form for all the ways in which a word can be typed."""

from __future__ import annotations

import pytest

from bot.study.lexicon.folding import folded, plain
from bot.study.lexicon.glosses import bare, content


@pytest.mark.parametrize("text", ["ねこ", "ネコ", "ﾈｺ", "ね\u200bこ"])
def test_kana_of_every_kind_are_hiragana(text: str) -> None:
    """And what nobody sees is not there."""
    assert folded(text) == "ねこ"


def test_widths_capitals_and_official_forms_do_not_matter() -> None:
    """Kana keep their kind where a text is only made plain."""
    assert folded("ＣＤプレーヤー") == "cdぷれーやー"
    assert plain("𠮟る ﾈｺ") == "叱る ネコ"
    assert folded("か\u3099") == "が"


def test_a_gloss_is_searched_for_without_what_only_explains() -> None:
    """Also where one remark stands in another."""
    assert bare("to eat (a meal)") == bare("Eat!") == "eat"
    assert bare("dog (Canis (lupus) familiaris)") == "dog"
    assert bare("the sun") == "sun" and bare("to") == "to"


def test_glosses_share_words_that_carry_meaning() -> None:
    """Small words do not count, nor does a plural."""
    assert content(["keys for the locks"]) & content(["a key"]) == {"key"}
    assert not content(["to go up"]) & content(["to be up"])
