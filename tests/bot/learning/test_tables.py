"""Tables of words: CSV and TSV, from here and from elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.learning import tables
from bot.learning.ports.words import Word
from bot.learning.tables import read, written

EAT = Word("食べる", "たべる", "to eat")
READ = Word("読む", "よむ", "to read", sentence="本を読む。")


ODD = ["食べる", "=1+1は", "'=は", "''+犬", "-san さん", '"引用"', "＝は", "'た"]


def words(text: str) -> list[Word]:
    """The words of a table in which nothing is wrong."""
    table = read(text)
    assert table.problems == ()
    return [row.word for row in table.rows]


LINE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=30).map(
    lambda text: " ".join(text.split())
)


@given(
    st.lists(
        st.builds(
            Word,
            st.sampled_from(
                ["食べる", "=1+1は", "'=は", "''+犬", "-san さん", '"引用"', "＝は", "'た"]
            ),
            st.sampled_from(["たべる", "", "ー"]),
            LINE,
            st.none(),
            LINE | st.just('@猫, "犬" ;\''),
        ),
        max_size=5,
        unique_by=lambda word: (word.word, word.reading),
    ),
    st.sampled_from([",", "\t"]),
)
def test_what_is_written_is_read_back_the_same(given: list[Word], separator: str) -> None:
    """Whatever stands in it."""
    assert words(written(given, separator)) == given


def test_a_spreadsheet_runs_nothing_of_it() -> None:
    """No cell begins as a formula does, in either width."""
    odd = [Word(f"{sign}犬", "いぬ", f"{sign}1+1", sentence=f"{sign}2") for sign in "=+-@＝＋－＠"]
    for line in written(odd, "\t").splitlines()[1:]:
        assert all(cell[:1] in "'い" for cell in line.split("\t"))


@pytest.mark.parametrize(
    "text",
    [
        "word,reading,meaning,sentence\n食べる,たべる,to eat,\n読む,よむ,to read,本を読む。",
        "\ufeffWord;Reading;Meaning;Sentence\r\n食べる;たべる;to eat;\r\n"
        "読む;よむ;to read;本を読む。",
        "意味\t単語\t例文\t読み\nto eat\t食べる\t\tたべる\nto read\t読む\t本を読む。\tよむ\n",
        "食べる|たべる|to eat\n読む|よむ|to read|本を読む。",
        "\n\n食べる,たべる,to eat\n,,\n読む,よむ,to read,本を読む。\n",
        'Front,Kana,Back,Level,例文\n"食べる","たべる","to eat",N5\n'
        '読む,よむ,to read,N5,"本を\n読む。"',
    ],
    ids=["own", "semicolons", "japanese", "no header", "blank lines", "other columns"],
)
def test_a_table_is_read_however_it_was_made(text: str) -> None:
    """With names of columns in English or Japanese, in any order, or none."""
    found = words(text)
    assert [found[0], found[1].word] == [EAT, "読む"]
    assert found[1].sentence.replace(" ", "") == READ.sentence


@pytest.mark.parametrize(
    "text",
    [
        "食べる\n読む,よむ,to read; to peruse\n犬,いぬ,dog; hound",
        "読む\tよむ\tto read, to peruse\n犬\tいぬ\tdog, hound",
        "単語;読み;意味\n読む;よむ;to read, to peruse\n犬;いぬ;dog, hound",
    ],
)
def test_the_separator_is_what_most_lines_have(text: str) -> None:
    """Or what stands between names of columns; meanings have some of the others."""
    assert [word.word for word in words(text)][-2:] == ["読む", "犬"]


def test_ankis_own_tables_are_read_without_tags_guids_and_markup() -> None:
    """Exported as "Notes in Plain Text", with HTML; lines above name the rest."""
    text = (
        "#separator:tab\n#html:true\n#guid column:1\n#tags column:5\n"
        "kaiwa-1\t食べる\tたべる\t<b>to eat</b>&nbsp;&amp; live<br>on[sound:a.mp3]\tN5 verbs\n"
        'x\t犬\tいぬ\t"a ""dog"""\t\n'
    )
    assert words(text) == [
        Word("食べる", "たべる", "to eat & live on"),
        Word("犬", "いぬ", 'a "dog"'),
    ]
    named = "#separator:semicolon\n#columns:Meaning;Word\nto eat;食べる\n"
    assert words(named) == [Word("食べる", "", "to eat")]


def test_without_names_a_second_column_is_the_reading_where_it_is_kana() -> None:
    """Else the meaning."""
    assert words("食べる,to eat") == [Word("食べる", "", "to eat")]
    assert words("食べる,たべる") == [Word("食べる", "たべる", "")]
    assert words("食べる\n読む") == [Word("食べる", "", ""), Word("読む", "", "")]
    assert words("単語,たんご,word") == [Word("単語", "たんご", "word")]  # is no header


def test_a_word_is_read_once() -> None:
    """What stands there again is counted."""
    table = read("食べる,たべる,to eat\n食べる,たべる,to dine\n読む,よむ,to read")
    assert ([row.word.word for row in table.rows], table.repeated) == (["食べる", "読む"], 1)
    assert table.rows[0].word.meaning == "to eat"


def test_what_is_wrong_is_told_by_its_line_and_the_rest_is_read() -> None:
    """In both languages, with what to do."""
    table = read(
        "word,reading,meaning\n食べる,たべる,to eat\nhello,,a greeting\n犬,dog,\n"
        f"猫,ねこ,{'x' * 501}\n"
        '"読\nむ",よむ,to read\n鳥,とり,a "bird"x\n"鳥'
    )
    assert [row.word.word for row in table.rows] == ["食べる", "読 む", "鳥"]
    assert [(problem.line, problem.english.split(";")[0]) for problem in table.problems] == [
        (3, "I see no Japanese word in 'hello'"),
        (4, "write the reading 'dog' in kana"),
        (5, "the meaning has 501 characters"),
        (9, table.problems[-1].english),
    ]
    assert "quotation mark" in table.problems[-1].english
    assert all(problem.japanese for problem in table.problems)


def test_a_table_has_so_many_words_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are to come in another one; so is said."""
    monkeypatch.setattr(tables, "MOST_ROWS", 2)
    table = read("一,いち\n二,に\n三,さん\n四,よん")
    assert len(table.rows) == 2
    assert [(problem.line, "another table" in problem.english) for problem in table.problems] == [
        (3, True)
    ]


@pytest.mark.parametrize(
    "text", ["", "\ufeff", "\n\n", "word,reading\n", "#separator:tab\n", '"', ","]
)
def test_what_holds_no_words_gives_none(text: str) -> None:
    """And is no failure."""
    assert read(text).rows == ()


@given(
    st.lists(
        st.sampled_from(
            [*"\",;|\t\n\r#:='あ漢a \x00\ud800", "#separator:", "#columns:", "#tags column:"]
        )
        | st.sampled_from(["1", "html:true", "word", "読み", "<b>", "&#xD800;", "\u2028"])
    ).map("".join)
)
def test_whatever_is_pasted_gives_words_and_problems(text: str) -> None:
    """Never a failure, and no word that a database would refuse."""
    table = read(text)
    for row in table.rows:
        assert row.word.word or row.word.reading
        assert "\0" not in row.word.word and row.word.word.encode()
