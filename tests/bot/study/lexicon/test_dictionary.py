"""Words are found as they are pasted, the likely one first."""

from __future__ import annotations

import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.errors import BotError
from bot.study.levels import Level
from bot.study.lexicon.dictionary import Dictionary
from tests.bot.study.built import study_file


def first(dictionary: Dictionary, text: str, sentence: str = "") -> tuple[str, str]:
    """Headword and reading of the likeliest entry."""
    entry = dictionary.look_up(text, sentence=sentence)[0]
    return entry.headword, entry.reading


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("食べられませんでした", "食べる"),
        ("見ちゃった", "見る"),
        ("勉強させられた", "勉強"),
        ("読めなかった", "読む"),
        ("高くなかった", "高い"),
        ("美味しかった", "おいしい"),
        ("行かなきゃ", "行く"),
        ("見て", "見る"),
        ("きた", "来る"),
        ("知らせて", "知らせる"),
        ("いただきました", "いただく"),
        ("した", "する"),
    ],
)
def test_inflected_text_leads_to_the_word(dictionary: Dictionary, text: str, word: str) -> None:
    """As it is pasted, with its endings."""
    assert first(dictionary, text)[0] == word


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("いく", ("行く", "いく")),
        ("ある", ("ある", "ある")),
        ("いる", ("いる", "いる")),
        ("する", ("する", "する")),
        ("できる", ("できる", "できる")),
        ("くる", ("来る", "くる")),
        ("なる", ("なる", "なる")),
        ("だれ", ("誰", "だれ")),
        ("かえる", ("帰る", "かえる")),
        ("やめる", ("やめる", "やめる")),
        ("さっさと", ("さっさ", "さっさ")),
        ("いるか", ("いるか", "いるか")),
        ("三本", ("三本", "さんぼん")),
        ("二十歳", ("二十歳", "はたち")),
    ],
)
def test_of_words_that_sound_alike_the_common_one_is_first(
    dictionary: Dictionary, text: str, word: tuple[str, str]
) -> None:
    """いく is 行く, and not the slang that JMdict has under its kana."""
    assert first(dictionary, text) == word


@pytest.mark.parametrize(
    ("text", "words"),
    [("いった", {"行く", "言う"}), ("行った", {"行く", "行う"}), ("かった", {"買う", "勝つ"})],
)
def test_a_form_that_several_verbs_share_leads_to_each(
    dictionary: Dictionary, text: str, words: set[str]
) -> None:
    """Whatever the analyser takes it for."""
    assert words <= {entry.headword for entry in dictionary.look_up(text)}


@pytest.mark.parametrize("text", ["は", "が", "を", "に", "の"])
def test_particles_are_particles_first(dictionary: Dictionary, text: str) -> None:
    """And not teeth or pictures."""
    assert dictionary.look_up(text)[0].senses[0].parts[0].code == "prt"


@pytest.mark.parametrize("text", ["猫", "ねこ", "ネコ", "ﾈｺ", "neko", "Neko", "「猫」", " cat "])
def test_a_word_is_found_in_every_script_and_width(dictionary: Dictionary, text: str) -> None:
    """Romaji and English too; marks around it do not count."""
    assert first(dictionary, text) == ("猫", "ねこ")


@pytest.mark.parametrize("text", ["叱る", "𠮟る"])
def test_both_forms_of_a_kanji_find_the_word(dictionary: Dictionary, text: str) -> None:
    """The official one, and that which keyboards write."""
    assert dictionary.look_up(text)[0].reading == "しかる"


def test_a_phrase_gives_its_words_in_order(dictionary: Dictionary) -> None:
    """Particles and endings are none; an expression is one word."""
    words = [entry.headword for entry in dictionary.look_up("日本語を勉強しています")]
    assert words[:2] == ["日本語", "勉強"]
    assert first(dictionary, "気にしないでください")[0] == "気にする"
    assert first(dictionary, "行ってきます")[0] == "行ってきます"


@pytest.mark.parametrize("text", ["", "   ", "😀🎌", "。、！？", "!!!", "\u200b"])
def test_what_holds_no_word_gives_none(dictionary: Dictionary, text: str) -> None:
    """Without an error."""
    assert dictionary.look_up(text) == ()


@pytest.mark.parametrize("text", ["食" * 4000, "a " * 2000, "は" * 4000, "'\"*()-^:", "ｗ" * 99])
def test_strange_and_long_texts_are_no_error(dictionary: Dictionary, text: str) -> None:
    """Nor is what would mean something to the index."""
    assert len(dictionary.look_up(text)) <= 10


def test_an_entry_says_what_the_dictionary_says(dictionary: Dictionary) -> None:
    """Parts of speech in both languages, commonness, level."""
    entry = dictionary.look_up("食べる")[0]
    assert entry.common and entry.level is Level.N5
    assert entry.writings[0].text == "食べる" and entry.readings[0].kana == "たべる"
    parts = [(part.english, part.japanese) for part in entry.senses[0].parts]
    assert parts == [("ichidan verb", "一段動詞"), ("transitive", "他動詞")]
    assert dictionary.entry(entry.id) == entry and dictionary.entry(1) is None


def test_a_word_that_does_not_exist_is_known_not_to(dictionary: Dictionary) -> None:
    """Only whole spellings count."""
    assert dictionary.knows("食べる") and dictionary.knows("タベル")
    assert not dictionary.knows("食べれるる") and not dictionary.knows("推し活")


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("たべ", "食べる"),
        ("タベ", "食べる"),
        ("食", "食べる"),
        ("tab", "食べる"),
        ("gakk", "学校"),
        ("sh", "仕事"),
        ("コーヒ", "コーヒー"),
        ("叱", "叱る"),
        ("konn", "今日"),
        ("はし", "橋"),
    ],
)
def test_the_beginning_of_a_word_is_completed(
    dictionary: Dictionary, typed: str, word: str
) -> None:
    """In kanji, kana and romaji that ends within a syllable; common words first, each once."""
    words = dictionary.complete(typed)
    assert word in words[:3]
    assert len(words) <= 25 and len(set(words)) == len(words)


def test_nothing_typed_completes_to_nothing(dictionary: Dictionary) -> None:
    """Nor does what begins no word."""
    assert dictionary.complete("") == dictionary.complete("qqq") == dictionary.complete("😀") == ()


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("食べる", ("食べ", "たべ")),
        ("橋", ("橋", "はし")),
        ("高い", ("高", "たか")),
        ("行く", ("行", "い")),
    ],
)
def test_the_word_stands_in_its_examples(
    dictionary: Dictionary, word: str, forms: tuple[str, ...]
) -> None:
    """Inflected, and translated; not only its characters."""
    examples = dictionary.examples(dictionary.look_up(word)[0])
    assert len(examples) == 3
    assert all(any(form in e.japanese for form in forms) and e.english for e in examples)


def test_examples_of_a_short_word_are_not_those_of_others(dictionary: Dictionary) -> None:
    """母 is not shown by 母国, nor いる (to be) by 要る."""
    japanese = [e.japanese for e in dictionary.examples(dictionary.look_up("母")[0], limit=40)]
    assert japanese and not any("母国" in text and text.count("母") == 1 for text in japanese)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("空", "缶は空"),
        ("開く", "本を開"),
        ("月", "十月"),
        ("引く", "車にひかれた"),
        ("辛い", "花粉症"),
    ],
)
def test_an_example_has_the_word_and_not_one_that_is_written_so(
    dictionary: Dictionary, word: str, other: str
) -> None:
    """By how the sentence is read; kana that may be another word are no example."""
    examples = dictionary.examples(dictionary.look_up(word)[0], limit=60)
    assert examples and not any(other in example.japanese for example in examples)


def test_several_threads_get_what_one_gets(dictionary_file: Path) -> None:
    """One dictionary is shared by all."""
    texts = ["食べられませんでした", "はし", "dog", "neko", "日本語を勉強しています"] * 20
    with Dictionary.open(dictionary_file) as shared, ThreadPoolExecutor(8) as threads:
        assert list(threads.map(shared.look_up, texts)) == [shared.look_up(t) for t in texts]


def test_the_file_is_only_read(dictionary_file: Path) -> None:
    """Opening and asking leave nothing beside it, and change nothing."""
    before = set(dictionary_file.parent.iterdir()), dictionary_file.stat().st_mtime_ns
    with Dictionary.open(dictionary_file) as dictionary:
        dictionary.look_up("猫")
        with pytest.raises(BotError):
            dictionary.stored.rows("DELETE FROM entry")
    after = set(dictionary_file.parent.iterdir()), dictionary_file.stat().st_mtime_ns
    assert {p for p in after[0] if p.name.startswith(dictionary_file.name)} <= before[0]
    assert after[1] == before[1]


def test_what_is_no_dictionary_says_how_to_make_one(tmp_path: Path) -> None:
    """A missing file, garbage, nothing, and another database."""
    garbage, empty, other = (tmp_path / name for name in ("garbage", "empty", "other"))
    garbage.write_bytes(os.urandom(9000))
    empty.write_bytes(b"")
    database = sqlite3.connect(other)
    database.execute("PRAGMA user_version = 99")
    database.execute("CREATE TABLE t (x)")
    database.close()
    for path in (tmp_path / "missing", garbage, empty, other, tmp_path):
        with pytest.raises(BotError) as raised:
            Dictionary.open(path)
        assert "kaiwa study setup" in raised.value.english
        assert "kaiwa study setup" in raised.value.japanese


def test_the_sources_are_named_with_licences(dictionary: Dictionary) -> None:
    """For /about: every source, its version, and what is owed."""
    found = {source.name: source for source in dictionary.sources()}
    assert {"JMdict", "KANJIDIC2", "Tatoeba", "KanjiVG"} <= found.keys()
    assert all(source.version and source.licence and source.url for source in found.values())
    assert "Electronic Dictionary Research and Development Group" in found["JMdict"].attribution


def test_a_file_that_is_damaged_while_it_is_read_is_named(tmp_path: Path) -> None:
    """With what mends it; so is one that is closed."""
    damaged = tmp_path / "study.db"
    shutil.copy(study_file(), damaged)
    dictionary = Dictionary.open(damaged)
    size = damaged.stat().st_size
    with damaged.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * (size - 100))
    with pytest.raises(BotError, match="kaiwa study setup"):
        dictionary.look_up("食べる")
    dictionary.close()
    with pytest.raises(BotError, match="kaiwa study setup"):
        dictionary.look_up("見る")


def test_the_levels_of_many_entries_are_read_at_once(dictionary: Dictionary) -> None:
    """Those that are on a list; numbers that are none's are passed over."""
    words = [dictionary.look_up(word)[0] for word in ("食べる", "経済", "闇雲")]
    found = dictionary.levels([*(entry.id for entry in words), 0, 99])
    assert found == {entry.id: entry.level for entry in words if entry.level}
    assert found[words[0].id] is Level.N5
