"""/anki and /import, without a platform."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from adapters.reading import FileRef, Reading, attached, with_files
from bot.errors import BotError
from bot.learning.ports.words import Word
from bot.notices import File
from bot.study.study import Study
from bot.study_commands import anki
from storage.store import SqlStore
from tests.anki import ALWAYS, Anki, Imported
from tests.bot.study_commands.conftest import Ask
from tests.fakes.incoming import CHANNEL

EAT = Word("食べる", "たべる", "to eat", 1358280, "友だちと[w]食べた。")
ME = (CHANNEL.platform, "u1", CHANNEL.workspace)


async def file_of(ask: Ask, text: str, user: str = "u1") -> File:
    """The file that a command hands over."""
    file = (await ask(text, user)).file
    assert file is not None
    return file


async def saved(store: SqlStore, user: str = "u1") -> list[Word]:
    """A person's words, the oldest first."""
    return [each.text for each in reversed(await store.saved_words(CHANNEL.platform, user))]


async def test_a_word_has_its_sentence_its_level_and_whose_it_is(
    ask: Ask, store: SqlStore, collection: Anki
) -> None:
    """And in the deck's description the sources are named, with their licences."""
    await store.save_word(*ME, EAT)
    await store.save_word(*ME, Word("猫", "ねこ", "cat", 1467640))
    file = await file_of(ask, "/anki")
    assert (file.name, collection.take(file.content)) == ("kaiwa-mine.apkg", Imported(new=2))
    note = collection.note("食べる")
    assert note["SentenceFurigana"] == "友[とも]だちと&#91;w] 食[た]べた。"
    assert (note["Level"], note["Pitch"], note["SentenceMeaning"]) == ("N5", "たべ↘る", "")
    assert note["Source"].startswith("JMdict, CC BY-SA")
    example = collection.note("猫")
    assert "猫" in example["Sentence"] and "Tatoeba, CC BY 2.0 FR" in example["Source"]
    about = collection.about("食べる")
    for name in ("JMdict", "Electronic Dictionary Research", "Jonathan Waller", "Tatoeba"):
        assert name in about


async def test_a_groups_words_follow_what_changed_there(
    ask: Ask, store: SqlStore, collection: Anki
) -> None:
    """Of nobody in particular: without the sentences of those who saved them."""
    own = Word("推し活", "おしかつ", "fandom", sentence="秘密の文。")
    await store.save_word(CHANNEL.platform, "u2", CHANNEL.workspace, own)
    first = await file_of(ask, "/anki group")
    assert collection.take(first.content) == Imported(new=1)
    assert collection.note("推し活")["Sentence"] == ""
    assert collection.deck("推し活") == "Kaiwa::Group"
    changed = replace(own, meaning="cheering")
    saved, _ = await store.save_word(CHANNEL.platform, "u2", CHANNEL.workspace, changed)
    with_changes = await store.group_words_with_changes(CHANNEL.platform, CHANNEL.workspace)
    assert with_changes == [(replace(changed, sentence=""), saved.changed_at)]
    assert collection.take((await file_of(ask, "/anki group")).content).new == 0


async def test_a_level_is_the_same_file_for_everybody(ask: Ask, collection: Anki) -> None:
    """All words of its list; the stamps of two notes differ, so that "Always" can update them."""
    one, other = await file_of(ask, "/anki n5"), await file_of(ask, "/アンキ N5 apkg", "u2")
    assert one == other
    assert collection.take(one.content) == Imported(new=682)
    assert collection.take(one.content, notes=ALWAYS) == Imported(unchanged=682)


async def test_a_file_that_no_platform_takes_is_not_handed_over(
    ask: Ask, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What else there is, is said."""
    await store.save_word(*ME, EAT)
    monkeypatch.setattr(anki, "MOST_BYTES", 1_000)
    with pytest.raises(BotError, match="/anki csv"):
        await ask("/anki")


async def test_tables_go_out_and_come_back(ask: Ask, store: SqlStore) -> None:
    """With a mark for Excel in CSV; nothing is changed by them."""
    await store.save_word(*ME, EAT)
    await store.save_word(*ME, Word("-的", "てき", "=like", None))
    file = await file_of(ask, "/anki csv")
    assert file.content.startswith(b"\xef\xbb\xbfword,reading,meaning,sentence\r\n")
    text = (await file_of(ask, "/anki mine tsv")).content.decode()
    assert "\n'-的\tてき\t'=like\t\r\n" in text
    before = await saved(store)
    assert "0 new, 2 that you had" in (await ask(f"/import {text}")).english
    assert await saved(store) == before
    assert "2 new" in (await ask(f"/import {file.content.decode()}", "u2")).english
    assert await saved(store, "u2") == before
    level = (await file_of(ask, "/anki n5 csv")).content.decode("utf-8-sig").splitlines()
    assert len(level) == 683 and any(line.startswith("食べる,たべる,") for line in level)


async def test_the_dictionary_adds_what_a_table_lacks(ask: Ask, store: SqlStore) -> None:
    """A word that is written and read as the dictionary has it is the dictionary's."""
    notice = await ask(
        "/import ```csv\n食べる\n橋,はし\n箸,はし,eating sticks\n逢う\nきれい\n謎語彙\n```"
    )
    assert "5 new" in notice.english and "Left out: 1" in notice.english
    words = {word.word: word for word in await saved(store)}
    assert (words["食べる"].reading, words["食べる"].entry) == ("たべる", 1358280)
    assert "bridge" in words["橋"].meaning and words["箸"].meaning == "eating sticks"
    assert (words["逢う"].reading, words["きれい"].reading) == ("あう", "きれい")
    assert None not in {word.entry for word in words.values()}
    assert isinstance(notice.detail, tuple)
    assert "does not know 謎語彙" in notice.detail[0].text


async def test_without_a_dictionary_a_table_with_readings_is_taken(
    ask: Ask, store: SqlStore, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As words of one's own."""
    monkeypatch.setattr(study, "file", None)
    assert "1 new" in (await ask("/import 犬,いぬ,dog\n猫")).english
    assert await saved(store) == [Word("犬", "いぬ", "dog")]


async def test_a_file_that_was_cut_loses_its_last_line_and_says_so(
    ask: Ask, store: SqlStore
) -> None:
    """That line may be half of one; a file that is no text is told of, too."""
    table = "犬,いぬ,dog\n猫,ねこ,cat and more than that\n".encode()
    files = {"words.csv": table, "words.xls": b"\xd0\xcf\x11\xe0\0"}
    refs = tuple(FileRef(name, len(content), "") for name, content in files.items())

    async def fetch(file: FileRef, most: int) -> bytes:
        return files[file.name][:most]

    text = "\n".join(["/import", *map(attached, files)])
    reading = await with_files(Reading(text, refs), fetch, len(table) - 6)
    notice = await ask(reading.text)
    assert "1 new" in notice.english and await saved(store) == [Word("犬", "いぬ", "dog", 1258330)]
    assert isinstance(notice.detail, tuple)
    told = " ".join(span.text for span in notice.detail)
    assert "longer than I read" in told and "could not be read" in told


@pytest.mark.parametrize("text", ["", " ", "\n", "```\n```"])
async def test_nothing_to_import_is_answered_with_how(ask: Ask, text: str) -> None:
    """In both languages."""
    with pytest.raises(BotError, match=re.escape("食べる,たべる,to eat")):
        await ask(f"/import {text}")
