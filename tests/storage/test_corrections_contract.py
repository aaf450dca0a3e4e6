"""What every CorrectionStore must do: a group's readings, and whose they are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.errors import BotError
from bot.ports import Correction
from storage import corrections
from storage.corrections import TooManyCorrections
from storage.store import SqlStore

HERE = ("console", "home")


async def readings(
    store: SqlStore, platform: str = "console", group: str = "home"
) -> dict[str, str]:
    """A group's readings of words."""
    found = await store.corrections(platform, group)
    return {surface: correction.reading for surface, correction in found.items()}


async def test_a_groups_readings_are_its_own(store: SqlStore) -> None:
    """Neither another group's nor another platform's."""
    before = datetime.now(UTC)
    await store.correct(*HERE, "一日", "ついたち", "u1")
    await store.correct("console", "school", "一日", "いちにち", "u1")
    await store.correct("slack", "home", "生", "なま", "u1")
    assert await readings(store) == {"一日": "ついたち"}
    assert await readings(store, group="school") == {"一日": "いちにち"}
    assert await readings(store, group="nowhere") == {}
    (correction,) = (await store.corrections("slack", "home")).values()
    assert before <= correction.created_at <= datetime.now(UTC)
    assert correction == Correction("生", "なま", "u1", correction.created_at)


async def test_a_later_correction_replaces_the_one_before(store: SqlStore) -> None:
    """And is its author's."""
    await store.correct(*HERE, "一日", "ついたち", "u1")
    await store.correct(*HERE, "一日", "いちにち", "u2")
    assert await readings(store) == {"一日": "いちにち"}
    assert await store.corrections_of("console", "u1") == []
    assert [group for group, _ in await store.corrections_of("console", "u2")] == ["home"]


async def test_a_correction_is_undone_once(store: SqlStore) -> None:
    """Where it stands, and nowhere else."""
    await store.correct(*HERE, "一日", "ついたち", "u1")
    await store.correct("console", "school", "一日", "いちにち", "u1")
    assert await store.undo_correction(*HERE, "一日")
    assert not await store.undo_correction(*HERE, "一日")
    assert await readings(store) == {}
    assert await readings(store, group="school") == {"一日": "いちにち"}


async def test_a_persons_corrections_are_found_in_all_groups_of_a_platform(
    store: SqlStore,
) -> None:
    """Oldest first."""
    await store.correct(*HERE, "生", "なま", "u1")
    await store.correct("console", "school", "一日", "ついたち", "u1")
    await store.correct(*HERE, "他", "ほか", "u2")
    await store.correct("slack", "home", "市場", "いちば", "u1")
    found = await store.corrections_of("console", "u1")
    assert [(group, c.surface, c.reading) for group, c in found] == [
        ("home", "生", "なま"),
        ("school", "一日", "ついたち"),
    ]


async def test_a_forgotten_persons_corrections_stay_without_their_name(store: SqlStore) -> None:
    """The group goes on reading as it did; others' and other platforms' stay as they are."""
    await store.correct(*HERE, "生", "なま", "u1")
    await store.correct(*HERE, "他", "ほか", "u2")
    await store.correct("slack", "home", "市場", "いちば", "u1")
    assert await store.forget_member("console", "u1") == 0
    assert await readings(store) == {"生": "なま", "他": "ほか"}
    found = await store.corrections(*HERE)
    assert [found[word].user_id for word in ("生", "他")] == ["", "u2"]
    assert await store.corrections_of("console", "u1") == []
    assert len(await store.corrections_of("slack", "u1")) == 1


async def test_who_opted_out_corrects_without_their_name(store: SqlStore) -> None:
    """Until they opt in again."""
    await store.opt_out("console", "u1", True)
    await store.correct(*HERE, "生", "なま", "u1")
    assert (await store.corrections(*HERE))["生"].user_id == ""
    await store.opt_out("console", "u1", False)
    await store.correct(*HERE, "生", "せい", "u1")
    assert (await store.corrections(*HERE))["生"].user_id == "u1"


async def test_a_group_has_so_many_corrections_at_most(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of a word that it has may still be changed, and another may come where one goes."""
    monkeypatch.setattr(corrections, "MOST_CORRECTIONS", 2)
    for word in ("生", "他"):
        await store.correct(*HERE, word, "あ", "u1")
    with pytest.raises(TooManyCorrections, match="Undo one"):
        await store.correct(*HERE, "市場", "いちば", "u1")
    await store.correct(*HERE, "生", "なま", "u1")
    await store.correct("console", "school", "市場", "いちば", "u1")
    await store.undo_correction(*HERE, "他")
    await store.correct(*HERE, "市場", "いちば", "u1")
    assert await readings(store) == {"生": "なま", "市場": "いちば"}
    assert issubclass(TooManyCorrections, BotError)


async def test_what_is_written_is_told_apart_to_the_letter(store: SqlStore) -> None:
    """Also what a database cannot hold does no harm."""
    for word in ("は", "ハ", "叱る", "𠮟る", "\x00\ud800"):
        await store.correct(*HERE, word, word, "u1")
    assert len(await readings(store)) == 5
