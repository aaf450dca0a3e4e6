"""Clocks that are wrong, or are set: one contract, over both platforms' servers.

That the machine's clock is behind is the same as that the platform's is ahead.
"""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import UTC, datetime, timedelta

import pytest

from adapters import platform_time
from adapters.platform_time import PlatformTime, machine_now
from tests.adapters.stages.stage import Place, Stage

HOURS = timedelta(hours=2)
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


async def ended(stage: Stage, place: Place, author: object) -> list[str]:
    """What stands in a place when everything was looked at and the bot has ended."""
    await stage.marked(place, author)
    await stage.stop()
    return [text for text in stage.texts(place) if text != "最後"]


@pytest.mark.parametrize(
    ("stage", "ahead"),
    [("discord", -HOURS), ("slack", -HOURS), ("slack", HOURS)],
    indirect=["stage"],
)
async def test_a_machine_whose_clock_is_wrong_takes_up_what_it_missed(
    stage: Stage, ahead: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    """And nothing twice; the log says how wrong it is."""
    caplog.set_level(logging.WARNING)
    stage.advance(ahead.total_seconds())
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    stage.ask(channel, tanaka, "前")
    await stage.answered(channel, "前")
    await stage.stop()
    stage.ask(channel, tanaka, "留守中")
    await stage.start()
    await stage.answered(channel, "留守中")
    assert await ended(stage, channel, tanaka) == ["前", "留守中"]
    how = "behind" if ahead > timedelta(0) else "ahead of"
    assert re.search(rf"this machine's clock is (1:59:59|2:00:0[01]) {how}", caplog.text)


@pytest.mark.parametrize("stage", ["slack"], indirect=True)
@pytest.mark.parametrize("jump", [HOURS, -HOURS], ids=["forwards", "backwards"])
async def test_a_clock_that_is_set_while_the_bot_runs_loses_nothing(
    stage: Stage, jump: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor while it is away, and set right again; nothing is answered twice, and nothing hangs."""
    monkeypatch.setattr("adapters.absence.SEEN_SECONDS", 0.05)
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    stage.ask(channel, tanaka, "一")
    await stage.answered(channel, "一")
    with monkeypatch.context() as clock:
        for module in ("platform_time", "absence", "intake"):
            clock.setattr(f"adapters.{module}.machine_now", lambda: datetime.now(UTC) + jump)
        stage.ask(channel, tanaka, "二")
        await stage.answered(channel, "二")
        await asyncio.sleep(0.2)  # in which what is seen is noted
        await stage.kill()
    stage.ask(channel, tanaka, "三")
    await stage.start()
    await stage.answered(channel, "三")
    assert await ended(stage, channel, tanaka) == ["一", "二", "三"]


@pytest.mark.parametrize("stage", ["slack"], indirect=True)
async def test_what_was_noted_by_a_wrong_clock_is_not_believed(stage: Stage) -> None:
    """Else all would count as seen that is said until that moment comes."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    stage.ask(channel, tanaka, "留守中")
    await stage.store.set_setting(stage.own, "seen", (machine_now() + HOURS).isoformat())
    await stage.start()
    await stage.answered(channel, "留守中")
    assert await ended(stage, channel, tanaka) == ["留守中"]
    seen = await stage.seen()
    assert seen is not None and seen < machine_now() + SECOND


def test_clocks_count_as_equal_as_long_as_the_answers_allow_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A time is told to the second, and takes its time to come in."""
    monkeypatch.setattr(platform_time, "machine_now", lambda: NOON)
    time = PlatformTime("Slack")
    assert time.now() == NOON
    time.told(NOON, NOON + 0.3 * SECOND, NOON + 9 * SECOND)
    time.told(NOON + 9 * SECOND, NOON + 9.9 * SECOND, NOON + 10.1 * SECOND)
    assert time.now() == NOON and time.here(NOON) == NOON


def test_how_far_clocks_are_apart_is_known_to_less_than_a_second(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And anew when one of them is set. What is wrong by more than half a minute is told once."""
    monkeypatch.setattr(platform_time, "machine_now", lambda: NOON)
    caplog.set_level(logging.WARNING)
    time = PlatformTime("Slack")
    for ahead in (7.25, 3_600.75, -3_600.75):
        for tenth in range(100):
            there = NOON + (ahead + tenth / 10) * SECOND
            date = there.replace(microsecond=0)
            time.told(date, NOON + (tenth / 10 - 0.2) * SECOND, NOON + (tenth / 10 + 0.3) * SECOND)
        assert abs(time.now() - NOON - ahead * SECOND) < SECOND
        assert abs(NOON - time.here(NOON) - ahead * SECOND) < SECOND
    assert caplog.messages == [
        "this machine's clock is 1:00:00 behind Slack's: set it (timedatectl set-ntp true)"
    ]
