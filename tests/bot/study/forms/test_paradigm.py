"""All forms of a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.study.analysis import tokens
from bot.study.evaluation.forms import astray, common_words
from bot.study.forms.paradigm import Form, Paradigm, Row, paradigm, paradigms
from bot.study.forms.word_class import WordClass

HERE = Path(__file__).parent

# Rows whose forms are often other words, so that UniDic leads them there.
OTHER_WORDS = {
    "potential": "切れる, 付ける, 開ける are verbs of their own",
    "imperative": "付け, 休め, 並べ are forms of 付ける, 休める, 並べる; 上げ is a noun",
    "causative": "合わせる, 動かせる, 出させる belong to 合わせる, 動かす, 出す, too",
    "causative-passive": "the same",
    "causative-passive, short": "動かされる is the passive of 動かす",
    "passive": "生まれる, 恵まれる are verbs of their own",
}
# Words of which other forms do not come back, either.
STRAY = {
    "another verb has the same forms": "勝る 断つ 通う 分かつ 下る 放る 行う 出す 表する 並ぶ "
    "浮かぶ 潜む",
    "ない is a word of its own": "有る 在る",
    "担い, 剥い, 塞い are read as forms of 担う, 剥く, 塞く": "担ぐ 剥ぐ 塞ぐ 燥ぐ 研ぐ 仰ぐ",
    "an adjective has the same stem": "強いる 欲する 恋する",
    "上手 is read うまい": "上手",
    "UniDic knows them, or cuts them, as something else": "保する 資する 得する 乗り換えする 嫁ぐ "
    "細かい 白い 向く",
}


def table(file: str) -> list[dict[str, str]]:
    """The rows of a table written by hand."""
    head, *lines = (HERE / file).read_text("utf-8").splitlines()
    return [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines]


def row(found: Paradigm, name: str) -> Row | None:
    """The line of a table with this name."""
    return next((one for one in found.rows if one.name_english == name), None)


def said(found: Paradigm, name: str) -> str:
    """The plain (or polite) forms of a line as the tables write them; - for none."""
    name, _, side = name.partition("/")
    line = row(found, name)
    forms: tuple[Form, ...] = () if line is None else line.polite if side else line.plain
    return "/".join(form.text for form in forms) or "-"


@pytest.mark.parametrize(
    "expected", [*table("verbs.tsv"), *table("adjectives.tsv")], ids=lambda one: one["word"]
)
def test_a_words_forms_are_those_written_by_hand(expected: dict[str, str]) -> None:
    """One word of each class at least; - where the word has no such form."""
    names = [name for name in expected if name not in ("class", "word", "kana")]
    found = paradigm(expected["word"])
    assert found is not None
    assert (found.word_class, found.kana) == (expected["class"], expected["kana"])
    assert {name: said(found, name) for name in names} == {name: expected[name] for name in names}


def test_every_class_has_a_table_written_by_hand() -> None:
    """A class that is added needs one."""
    written = {one["class"] for one in [*table("verbs.tsv"), *table("adjectives.tsv")]}
    assert written == {word_class.value for word_class in WordClass}


def test_forms_have_their_reading() -> None:
    """来ない is こない, and 来ます きます."""
    found = paradigm("来る")
    assert found is not None
    kana = {form.text: form.kana for line in found.rows for form in (*line.plain, *line.polite)}
    assert kana["来る"] == "くる" and kana["来ない"] == "こない" and kana["来ます"] == "きます"
    assert kana["来い"] == "こい" and kana["来られる"] == "こられる" and kana["来れば"] == "くれば"


def test_a_verbs_polite_forms_stand_beside_the_plain_ones() -> None:
    """In all rows that have them."""
    found = paradigm("書く")
    assert found is not None
    assert said(found, "past negative/polite") == "書きませんでした"
    assert said(found, "volitional/polite") == "書きましょう"
    assert said(found, "causative-passive/polite") == "書かせられます"
    assert said(found, "progressive, state (ている)/polite") == "書いています"
    assert len(found.rows) >= 25


def test_いる_is_two_verbs() -> None:
    """居る is ichidan, 要る godan; in kana both are shown, in kanji one."""
    assert [found.word_class for found in paradigms("いる")] == [
        WordClass.ICHIDAN,
        WordClass.GODAN_RA,
    ]
    assert [said(found, "negative") for found in paradigms("いる")] == ["いない", "いらない"]
    assert [said(found, "negative") for found in paradigms("要る")] == ["要らない"]
    assert [found.word_class for found in paradigms("いない")] == [WordClass.ICHIDAN]


@pytest.mark.parametrize(
    ("word", "missing"),
    [
        ("できる", ["potential", "passive", "causative", "imperative", "desire (たい)"]),
        ("わかる", ["potential", "passive"]),
        ("ある", ["potential", "passive", "causative", "progressive, state (ている)"]),
        ("要る", ["potential", "imperative", "volitional", "progressive, state (ている)"]),
        ("いる", ["progressive, state (ている)"]),
        ("くれる", ["potential", "passive", "causative", "desire (たい)"]),
        ("くださる", ["potential", "passive", "causative", "desire (たい)"]),
        ("話す", ["causative-passive, short"]),
        ("食べる", ["causative-passive, short"]),
    ],
)
def test_forms_that_nobody_says_are_left_out(word: str, missing: list[str]) -> None:
    """No あれる, no できられる, no くれなさい."""
    found = paradigm(word)
    assert found is not None
    assert [name for name in missing if row(found, name) is not None] == []
    line = row(found, "imperative")
    assert line is None or not any("れなさい" in form.text for form in line.polite)


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ("食べられませんでした", "食べる"),
        ("読める", "読む"),
        ("高くなければ", "高い"),
        ("勉強させられた", "勉強する"),
        ("静かじゃなかった", "静か"),
        ("学生でした", "学生"),
        (" 食べた\u200b ", "食べる"),
        ("読み始める", "読み始める"),
        ("調べなかった", "調べる"),
    ],
)
def test_a_word_may_be_given_in_any_form(form: str, word: str) -> None:
    """With characters of no width, inflected, as one verb after another."""
    assert [found.word for found in paradigms(form)] == [word]


def test_a_dictionarys_tags_go_before_unidic() -> None:
    """Its words are in their plain form; a noun beside another class is not shown."""
    assert [one.word_class for one in paradigms("勉強", ["n", "vs"])] == [WordClass.NOUN_SURU]
    long = paradigms("きる", ["Ichidan verb", "transitive verb"], "きる")
    assert [one.word_class for one in long] == [WordClass.ICHIDAN]
    both = paradigms("元気", ["adj-na", "n"])
    assert [one.word_class for one in both] == [WordClass.NA_ADJECTIVE]
    held = paradigms("持ってくる", ["vk"], "もってくる")
    assert said(held[0], "negative") == "持ってこない"
    assert said(paradigms("気持ちいい", ["adj-ix"], "きもちいい")[0], "past") == "気持ちよかった"


def test_a_class_that_the_word_cannot_have_gives_none() -> None:
    """The end of the word is another's."""
    assert paradigm("食べる", WordClass.GODAN_KA) is None
    assert paradigm("", WordClass.NOUN) is None
    assert [one.word_class for one in paradigms("食べる", ["v5k"])] == [WordClass.ICHIDAN]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\0",
        "\ud800",
        "😀",
        "hello",
        "123",
        "私は学生です。",
        "本を読む",
        "食" * 4000,
        "は",
        "。",
    ],
)
def test_what_is_no_word_has_no_table(text: str) -> None:
    """A sentence, signs, another script."""
    assert paradigms(text) == () and paradigm(text) is None


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), st.sampled_from([*WordClass, None]))
def test_no_text_breaks_it(text: str, word_class: WordClass | None) -> None:
    """Whatever is given as a word."""
    found = paradigm(text, word_class)
    assert found is None or found.rows


def test_unidic_leads_the_forms_of_hundreds_of_words_back_to_them() -> None:
    """Common verbs and adjectives of JMdict of all classes: every form comes back to its word but
    for the rows and the words listed above, each with its reason."""
    known = {word for words in STRAY.values() for word in words.split()}
    tried, forms, lost = 0, 0, {}
    for word, word_class in common_words(60):
        found = paradigm(word, word_class)
        if word_class is WordClass.NOUN or found is None:
            continue
        if len(tokens(found.word)) > 1 + found.word.endswith("する"):
            continue  # UniDic cuts it in two, so that it has no lemma for it
        tried += 1
        forms += sum(len(line.plain + line.polite) for line in found.rows)
        strays = [form for name, form in astray(found) if name not in OTHER_WORDS]
        if strays:
            lost[found.word] = strays
    assert {word: strays for word, strays in lost.items() if word not in known} == {}
    assert known <= lost.keys()
    assert tried > 500 and forms > 20_000
