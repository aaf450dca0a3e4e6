"""The marks of JMdict in words."""

from __future__ import annotations

import pytest

from bot.study.building.jamdict_tags import code_of, codes
from bot.study.lexicon.tags import table, tag


@pytest.mark.parametrize(
    ("code", "english", "japanese"),
    [
        ("v5k", "godan verb (く)", "五段動詞（く）"),
        ("uk", "usually in kana", "普通はかな書き"),
        ("food", "food, cooking", "料理"),
        ("ksb", "Kansai dialect", "関西弁"),
        ("v2r-s", "nidan verb (archaic)", "二段動詞（古語）"),
        ("new-code", "new-code", "new-code"),
    ],
)
def test_a_mark_says_what_it_means_in_both_languages(
    code: str, english: str, japanese: str
) -> None:
    """One that is not known is shown as it is."""
    assert (tag(code).english, tag(code).japanese) == (english, japanese)


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("Godan verb with 'tsu' ending", "v5t"),
        ("Yodan verb with 'hu/fu' ending (archaic)", "v4h"),
        ("Nidan verb (lower class) with 'ru' ending (archaic)", "v2r-s"),
        ("Nidan verb (upper class) with 'gu' ending (archaic)", "v2g-k"),
        ("computing", "comp"),
        ("noun (common) (futsuumeishi)", "n"),
        ("something new", "something new"),
    ],
)
def test_sentences_are_turned_back_into_codes(sentence: str, code: str) -> None:
    """jamdict-data has them in the place of JMdict's codes."""
    english = {code: tag.english for code, tag in table().items()}
    assert code_of(sentence, codes(english)) == code
