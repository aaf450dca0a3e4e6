"""What every WordStore must do: whose words they are, each once, and how they are found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.errors import OptedOut
from bot.learning.ports.words import Word
from storage.learning import words
from storage.learning.words import TooManyWords
from storage.store import SqlStore

ME, OTHER = ("console", "u1"), ("console", "u2")
EAT = Word("食べる", "たべる", "to eat", 1358280, "ご飯を食べる。")
SEE = Word("見る", "みる", "to see; to look", 1259290)
OWN = Word("推し", "おし", "one's favourite")


async def save(store: SqlStore, *saved: Word, who: tuple[str, str] = ME) -> list[int]:
    """Save words in the group "home"; their ids."""
    return [(await store.save_word(*who, "home", word))[0].id for word in saved]


async def of(store: SqlStore, search: str = "") -> list[str]:
    """A person's words, as they are listed."""
    return [each.text.word for each in await store.saved_words(*ME, search=search)]


async def test_a_word_is_kept_as_it_was_saved(store: SqlStore) -> None:
    """With its texts, its group and its moment."""
    before = datetime.now(UTC)
    saved, new = await store.save_word(*ME, "home", EAT)
    assert new
    assert (saved.text, saved.group) == (EAT, "home")
    assert before <= saved.saved_at == saved.changed_at <= datetime.now(UTC)
    assert await store.saved_word(*ME, saved.id) == saved
    assert await store.saved_words(*ME) == [saved]


async def test_a_persons_words_are_their_own(store: SqlStore) -> None:
    """Neither another person's nor the same id's on another platform."""
    (id,) = await save(store, EAT)
    await save(store, SEE, who=OTHER)
    await save(store, OWN, who=("slack", "u1"))
    assert await of(store) == ["食べる"]
    assert await store.saved_word(*OTHER, id) is None
    assert await store.remove_word(*OTHER, id) is None
    assert await store.count_words(*ME) == 1
    assert await store.count_words("slack", "u9") == 0


async def test_a_word_is_saved_once(store: SqlStore) -> None:
    """The same writing and reading; another reading is another word."""
    first, _ = await store.save_word(*ME, "home", EAT)
    again, new = await store.save_word(*ME, "school", EAT)
    assert (again, new) == (first, False)
    await save(store, Word("生", "なま", "raw"), Word("生", "せい", "life"))
    assert await of(store) == ["生", "生", "食べる"]


async def test_a_word_that_is_saved_again_takes_what_is_new_of_its_texts(store: SqlStore) -> None:
    """And only then it has changed; what is empty changes nothing."""
    first, _ = await store.save_word(*ME, "home", EAT)
    bare = Word("食べる", "たべる", "")
    assert (await store.save_word(*ME, "home", bare))[0] == first
    other = replace(EAT, sentence="パンを食べた。")
    changed, new = await store.save_word(*ME, "home", other)
    assert not new
    assert (changed.id, changed.text) == (first.id, other)
    assert changed.changed_at > first.changed_at
    assert changed.saved_at == first.saved_at


async def test_a_persons_own_word_gets_its_entry_later(store: SqlStore) -> None:
    """Which is no change of a text."""
    first, _ = await store.save_word(*ME, "home", OWN)
    found, _ = await store.save_word(*ME, "home", replace(OWN, entry=7))
    assert found.text.entry == 7
    assert found.changed_at == first.changed_at


async def test_words_are_listed_by_pages_the_newest_first(store: SqlStore) -> None:
    """Without gaps and without repetitions."""
    await save(store, EAT, SEE, OWN)
    pages = [await store.saved_words(*ME, limit=2, offset=start) for start in (0, 2, 4)]
    assert [[each.text.word for each in page] for page in pages] == [
        ["推し", "見る"],
        ["食べる"],
        [],
    ]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("食べ", ["食べる"]),
        ("みる", ["見る"]),
        ("LOOK", ["見る"]),
        ("ご飯", ["食べる"]),
        ("to ", ["見る", "食べる"]),
        ("%", []),
        ("t_", []),
        ("1358280", []),
    ],
)
async def test_words_are_found_by_their_texts(
    store: SqlStore, search: str, found: list[str]
) -> None:
    """Writing, reading, meaning, sentence; in capitals or not, and to the letter."""
    await save(store, EAT, SEE)
    assert await of(store, search) == found
    assert await store.count_words(*ME, search=search) == len(found)


async def test_a_word_that_is_removed_is_gone_and_may_come_again(store: SqlStore) -> None:
    """As a new one: its id is never used again."""
    (id,) = await save(store, EAT)
    gone = await store.remove_word(*ME, id)
    assert gone is not None and gone.text == EAT
    assert await store.remove_word(*ME, id) is None
    assert await of(store) == []
    assert await save(store, EAT) != [id]


async def test_a_group_has_its_members_words_the_most_saved_first(store: SqlStore) -> None:
    """Each once, of nobody in particular: without sentences."""
    await save(store, EAT, OWN)
    await save(store, EAT, SEE, who=OTHER)
    await store.save_word("console", "u3", "school", SEE)
    await store.save_word("slack", "u1", "home", SEE)
    every = [replace(EAT, sentence=""), SEE, OWN]
    assert await store.group_words("console", "home") == every
    assert await store.group_words("console", "home", limit=1, offset=1) == every[1:2]
    assert await store.count_group_words("console", "home") == 3
    assert await store.group_words("console", "nowhere") == []
    with_changes = await store.group_words_with_changes("console", "home")
    assert [word for word, _ in with_changes] == every
    (eat,) = [each for each in await store.saved_words(*OTHER) if each.text == EAT]
    assert with_changes[0][1] == eat.changed_at


async def test_nothing_is_kept_of_who_opted_out(store: SqlStore) -> None:
    """Until they opt in again."""
    await store.opt_out(*ME, True)
    with pytest.raises(OptedOut):
        await store.save_word(*ME, "home", EAT)
    await store.opt_out(*ME, False)
    assert len(await save(store, EAT)) == 1


async def test_a_person_has_so_many_words_at_most(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that they have may still be changed, and another may come where one goes."""
    monkeypatch.setattr(words, "MOST_WORDS", 2)
    (id, _) = await save(store, EAT, SEE)
    with pytest.raises(TooManyWords, match="/words"):
        await store.save_word(*ME, "home", OWN)
    await save(store, replace(EAT, sentence="もう食べた。"))
    await save(store, OWN, who=OTHER)
    await store.remove_word(*ME, id)
    assert len(await save(store, OWN)) == 1


async def test_what_a_database_cannot_hold_does_no_harm(store: SqlStore) -> None:
    """Also where it is saved once more."""
    strange = Word("\x00\ud800", "あ", "\x00", None, "\ud800")
    first, new = await store.save_word(*ME, "home", strange)
    assert new
    assert await store.save_word(*ME, "home", strange) == (first, False)
