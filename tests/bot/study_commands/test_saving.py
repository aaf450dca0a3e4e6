"""/save, /words, and the buttons that lead to them."""

from __future__ import annotations

import pytest

from bot.errors import BotError, OptedOut
from bot.notices import Notice
from bot.study_commands import saving
from storage.store import SqlStore
from tests.bot.study_commands.conftest import Ask
from tests.fakes.incoming import CHANNEL

SENTENCE = "昨日、図書館で経済の本を読みました。"


def offered(notice: Notice) -> dict[str, str]:
    """What a notice offers: labels with what they type."""
    return {offer.english: offer.typed for offer in notice.offers}


async def test_a_word_is_saved_in_the_form_that_the_dictionary_has(ask: Ask) -> None:
    """With reading and meaning, and listed from then on."""
    notice = await ask("/save 食べられませんでした")
    assert "Saved" in notice.english and "食べる【たべる】  to eat" in notice.both()
    assert "食べる【たべる】" in (await ask("/words")).both()
    assert "食べる" not in (await ask("/words", "u2")).both().replace("/save 食べる", "")


async def test_a_word_that_is_saved_already_is_said_to_be(ask: Ask) -> None:
    """And is there once."""
    await ask("/save 食べる")
    notice = await ask("/save 食べました")
    assert "already" in notice.english and "もう保存" in notice.japanese
    assert ": 1." in (await ask("/words")).english


async def test_of_a_sentence_one_chooses(ask: Ask) -> None:
    """And the word is kept with where it stood."""
    notice = await ask(f"/save {SENTENCE}")
    assert "Which" in notice.english
    chosen = offered(notice)["＋ 経済"]
    assert "経済【けいざい】" in (await ask(chosen)).both()
    assert SENTENCE in (await ask("/words")).both()


@pytest.mark.parametrize("form", ["", "kana "])
async def test_readings_lead_to_the_words_of_the_text(ask: Ask, form: str) -> None:
    """By a button, which has the text."""
    notice = await ask(f"/furigana {form}{SENTENCE}")
    assert "図書館" in (await ask(offered(notice)["Words"])).both()


async def test_the_dictionarys_entry_leads_to_saving_it(ask: Ask) -> None:
    """Also from the words of a sentence, which comes along."""
    assert "Saved" in (await ask(offered(await ask("/jisho 猫"))["Save"])).english
    of_sentence = offered(await ask(f"/jisho {SENTENCE}"))
    entry = await ask(of_sentence["図書館"])
    assert SENTENCE in (await ask(offered(entry)["Save"])).both()


@pytest.mark.parametrize("argument", ["zzzzqqq", "=", "=99999999999", "=x", "=٣"])
async def test_what_is_in_no_dictionary_is_not_saved(ask: Ask, argument: str) -> None:
    """It is said to be missing."""
    with pytest.raises(BotError, match="no entry"):
        await ask(f"/save {argument}")


async def test_nothing_is_saved_for_who_opted_out(ask: Ask, store: SqlStore) -> None:
    """They are told why."""
    await store.opt_out(CHANNEL.platform, "u1", True)
    with pytest.raises(OptedOut):
        await ask("/save 食べる")


async def test_a_word_is_removed_by_its_button_once(ask: Ask) -> None:
    """A second press says that it is gone; it may be saved anew."""
    await ask("/save 猫")
    remove = offered(await ask("/words"))["Remove 猫"]
    gone = await ask(remove)
    assert "Removed 猫" in gone.english
    assert "not among yours" in (await ask(remove)).english
    await ask(offered(gone)["Save"])
    assert "猫" in (await ask("/words")).both()


async def test_a_button_removes_no_word_of_somebody_else(ask: Ask) -> None:
    """Whoever presses it."""
    await ask("/save 猫")
    remove = offered(await ask("/words"))["Remove 猫"]
    assert "not among yours" in (await ask(remove, "u2")).english
    assert "猫" in (await ask("/words")).both()


async def test_many_words_are_listed_by_pages(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest first, there and back; a page that is no more shows the last."""
    monkeypatch.setattr(saving, "PAGE", 2)
    for word in ("猫", "犬", "鳥"):
        await ask(f"/save {word}")
    first = await ask("/words")
    assert "page 1 of 2" in first.english and "猫" not in first.both()
    second = await ask(offered(first)["Older ▶"])
    assert "猫" in second.both() and "犬" not in second.both()
    assert "鳥" in (await ask(offered(second)["◀ Newer"])).both()
    assert "猫" in (await ask("/words =page.9")).both()
    assert "鳥" in (await ask("/words =page.0")).both()


async def test_words_are_searched_by_what_is_in_them(ask: Ask) -> None:
    """By reading or meaning, too; where nothing is found, that is said."""
    for word in ("猫", "犬"):
        await ask(f"/save {word}")
    assert (
        "猫" in (await ask("/words ねこ")).both() and "犬" not in (await ask("/words ねこ")).both()
    )
    assert "犬" in (await ask("/words DOG")).both()
    assert "None of your words" in (await ask("/words 魚")).english


async def test_a_group_sees_its_words_and_not_whose_they_are(ask: Ask) -> None:
    """The most saved first, each with a button to save it too."""
    for user, word in (("u1", "猫"), ("u2", "犬"), ("u3", "犬")):
        await ask(f"/save {word}", user)
    notice = await ask("/words group")
    shown = notice.both()
    assert shown.index("犬") < shown.index("猫") and "u2" not in shown
    assert ": 2." in notice.english
    assert "Saved" in (await ask(offered(notice)["＋ 犬"])).english
    assert "グループ" in (await ask("/単語帳 グループ")).japanese


async def test_a_group_without_words_is_told_how_to_begin(ask: Ask) -> None:
    """As somebody without words is."""
    assert "/save" in (await ask("/words group")).english
    assert "/save" in (await ask("/words")).english


async def test_what_a_button_types_fits_into_one(ask: Ask) -> None:
    """A platform's button holds 100 characters, some of which it needs itself."""
    long = "図書館で" + "とても" * 40 + "経済の本を読みました。"
    for command in ("save", "jisho"):
        for text in (SENTENCE, long, f"猫。\n{SENTENCE * 3}"):
            for offer in (await ask(f"/{command} {text}")).offers:
                assert len(f"kaiwa:do:{offer.typed[1:]}") <= 100 and "\n" not in offer.typed
