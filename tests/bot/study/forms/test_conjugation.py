"""A form taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.study.evaluation.forms import Gold, gold, wrong
from bot.study.forms.conjugation import Part, chain
from bot.study.forms.word_class import WordClass

# UniDic reads つまらない as a negative of つまる, and its colloquial form with it.
NOT_YET = {"つまんねえ"}


def parts(form: str) -> list[tuple[str, str]]:
    """The pieces of the first word of a form, with their English names."""
    return [(part.text, part.name_english) for part in chain(form)[0].parts]


@pytest.mark.parametrize(
    "row",
    [*gold("chains.tsv"), *(row for row in gold("chains_unseen.tsv") if row.form not in NOT_YET)],
    ids=lambda row: row.form,
)
def test_a_form_has_the_parts_that_were_written_by_hand(row: Gold) -> None:
    """The plain form, its class, the pieces and what each is called."""
    assert wrong(row) == ""


def test_a_chain_says_in_both_languages_what_each_part_does() -> None:
    """食べ・させ・られ・た: causative, passive, past."""
    found = chain("食べさせられた")[0]
    assert [part.name_japanese for part in found.parts] == ["語幹", "使役", "受身", "過去・完了"]
    assert found.parts[1] == Part(
        "させ", "causative", "使役", "make or let somebody do", "させる・許す"
    )
    assert (found.plain, found.kana, found.word_class) == ("食べる", "たべる", WordClass.ICHIDAN)


def test_a_sentences_inflected_words_are_found_where_they_stand() -> None:
    """Each with its place; nouns that nothing is attached to are none."""
    text = "昨日は友達と 映画を見に行きましたが、あまり面白くなかったです。"
    found = chain(text)
    assert [one.plain for one in found] == ["見る", "行く", "面白い"]
    assert all(text[one.start : one.end] == one.surface for one in found)


def test_the_same_form_of_two_things_says_so() -> None:
    """食べられる can be both; 読める and 見れる (without ら) are potentials alone."""
    assert parts("食べられる")[1] == ("られる", "potential or passive")
    assert parts("読める") == [("読める", "potential")]
    assert parts("見れる") == [("見れる", "potential without ら")]
    assert "respectful" in chain("読まれる")[0].parts[1].explanation_english


def test_the_short_causative_passive_is_told_from_verbs_in_asu() -> None:
    """書かされる is made to write; 動かされる is moved; 急がされる is no word of UniDic's."""
    assert parts("書かされる")[1] == ("される", "causative-passive, short")
    assert parts("急がされた")[1] == ("され", "causative-passive, short")
    assert chain("動かされる")[0].plain == "動かす"


@pytest.mark.parametrize(
    ("form", "plain"),
    [
        ("調べなかった", "調べる"),
        ("教えさせる", "教える"),
        ("来させます", "来る"),
        ("軽そうだ", "軽い"),
        ("白すぎる", "白い"),
        ("まずそう", "まずい"),
        ("来そうだ", "来る"),
        ("すべきだ", "する"),
        ("しよう", "する"),
    ],
)
def test_a_form_alone_is_read_as_one_though_unidic_sees_a_noun(form: str, plain: str) -> None:
    """unidic-lite 1.0.8 takes 調べ, 教え, 軽そう for nouns where nothing stands before them."""
    found = chain(form)
    assert [one.plain for one in found] == [plain]
    assert found[0].surface == form


@pytest.mark.parametrize(
    ("form", "plain", "also"),
    [
        ("通った", "通る", ("通う",)),
        ("降ります", "降りる", ("降る",)),
        ("切れる", "切れる", ("切る",)),
        ("読んだ", "読む", ()),
        ("食べた", "食べる", ()),
        ("書けない", "書く", ()),
        ("見れない", "見る", ()),
        ("高かった", "高い", ()),
    ],
)
def test_other_verbs_with_the_same_form_are_named(
    form: str, plain: str, also: tuple[str, ...]
) -> None:
    """通った is とおった or かよった; only the sentence tells."""
    found = chain(form)[0]
    assert {found.plain, *found.also} == {plain, *also}


def test_a_count_is_no_part_of_the_verb_behind_it() -> None:
    """６人宿泊する: the verb is 宿泊する."""
    assert [one.plain for one in chain("６人宿泊した")] == ["宿泊する"]


def test_よ_is_no_part_of_an_imperative() -> None:
    """UniDic takes 言えよ for one word, a form of 言える."""
    assert parts("本音を言えよ。") == [("言え", "imperative")]


@pytest.mark.parametrize("form", ["食べとる", "わからへん", "食べはる"])
def test_what_no_table_names_is_not_guessed(form: str) -> None:
    """Dialects are said to be unknown."""
    unknown = [part for part in chain(form)[0].parts if not part.known]
    assert unknown and unknown[0].name_japanese == "表にない形"


def test_words_of_respect_are_explained() -> None:
    """召し上がる is what one says for 食べる of others."""
    assert "食べる" in chain("召し上がりますか")[0].parts[0].explanation_english


def test_ので_is_no_form_of_the_verb() -> None:
    """Unlike んです, it joins sentences."""
    assert chain("行くので")[0].surface == "行く"
    assert chain("行くんです")[0].surface == "行くんです"


@pytest.mark.parametrize("text", ["", " \n", "\0", "😀😀", "hello 123", "ﾀﾍﾞﾀ", "猫", "\ud800"])
def test_a_text_without_inflected_words_has_no_chain(text: str) -> None:
    """Nothing is invented, and nothing raises."""
    assert chain(text) == ()


def test_a_character_that_ends_the_text_for_mecab_does_not_end_it() -> None:
    """What stands behind a NUL is read."""
    assert [one.surface for one in chain("食べた\0飲んだ")] == ["食べた", "飲んだ"]


def test_a_text_of_4000_characters_is_read() -> None:
    """Each of its words."""
    assert len(chain("食べた。" * 1000)) == 1000


ENDINGS = st.sampled_from(
    list("食書行言来する読べかきくけこられせさたてえでないますんじゃだよ、。 aお静学生高いそう\0")
)


@settings(max_examples=200, deadline=None)
@given(st.text(ENDINGS, max_size=20))
def test_parts_join_to_the_word_and_words_stand_in_the_text(text: str) -> None:
    """Whatever the text."""
    end = 0
    for found in chain(text):
        assert text[found.start : found.end] == found.surface
        assert "".join(part.text for part in found.parts) == found.surface
        assert found.start >= end and found.plain
        end = found.end
