"""What is said without being asked just now: one contract, over both platforms' servers."""

from __future__ import annotations

import asyncio

import pytest

from adapters.announcing import CannotAnnounce, announcing
from adapters.outlet import MessageGone, Refused, TryAgain
from adapters.slack.errors import RateLimited
from bot.announcing import NotConnected, NotSaid
from bot.errors import BotError
from bot.messages import ConversationKey
from bot.notices import Notice, Offer, bold
from tests.adapters.stages.discord import DiscordStage
from tests.adapters.stages.giving import giving
from tests.adapters.stages.stage import Stage

everywhere = pytest.mark.parametrize("stage", ["discord", "slack"], indirect=True)
QUESTION = Notice("The next question.", "次の問題です。", (bold("食べる"),))


async def connected(stage: Stage) -> None:
    """Wait until something can be announced."""
    async with asyncio.timeout(20):
        while not stage.chat.announcements.connected(stage.name):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@everywhere
async def test_it_is_said_in_channels_threads_and_direct_messages(stage: Stage) -> None:
    """To everybody, in both languages, with buttons that work; its id is the message's."""
    tanaka = stage.person("田中")
    channel, dm = stage.channel(tanaka), stage.dm(tanaka)
    thread = stage.thread(channel, tanaka)
    await stage.start()
    await connected(stage)
    offer = Offer("Help", "ヘルプ", "help")
    for place in (channel, thread, dm):
        key = stage.key(stage.say(place, tanaka, "ここです"))
        notice = Notice("The next question.", "次の問題です。", (bold("食べる"),), offers=(offer,))
        said = await stage.chat.announcements.say(key, notice)
        await stage.until(lambda place=place: "次の問題です。" in "".join(stage.texts(place)))  # type: ignore[misc]
        shown = next(each for each in stage.shown(place) if "次の問題" in each.text)
        assert "The next question." in shown.text and "食べる" in shown.text
        native = shown.native
        assert said == str(native.id if isinstance(stage, DiscordStage) else native.ts)
    sent = "kaiwa:do:help" if isinstance(stage, DiscordStage) else "kaiwa_do:0"
    answer = await giving(stage).press(dm, tanaka, native, sent)
    assert "プライバシー" in answer.text


@everywhere
async def test_where_it_cannot_be_said_that_is_an_error_to_be_shown(stage: Stage) -> None:
    """A channel that is not there, or where the bot may not write; and no platform."""
    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    await connected(stage)
    key = stage.key(stage.say(channel, tanaka, "ここです"))
    nowhere = ConversationKey(
        key.platform, key.workspace, "999" if key.channel.isdecimal() else "C0"
    )
    with pytest.raises(BotError, match="write"):
        await stage.chat.announcements.say(nowhere, QUESTION)
    announcements = stage.chat.announcements
    await stage.stop()
    with pytest.raises(NotConnected):
        await announcements.say(key, QUESTION)


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (TryAgain("HTTP 503"), TryAgain),
        (RateLimited("later"), NotSaid),
        (Refused("is_archived"), CannotAnnounce),
        (MessageGone(), CannotAnnounce),
    ],
)
def test_what_may_have_been_said_is_told_from_what_was_not(
    error: Exception, raised: type[Exception]
) -> None:
    """So that nothing is said twice, and what was certainly not said may be."""
    with pytest.raises(raised) as seen, announcing():
        raise error
    assert isinstance(seen.value, BotError) == (raised is not TryAgain)


@everywhere
async def test_who_waits_for_a_platform_is_told_at_every_connection(stage: Stage) -> None:
    """Also when it has connected anew."""
    told: list[str] = []

    async def waiting(platform: str) -> None:
        told.append(platform)

    tanaka = stage.person("田中")
    channel = stage.channel(tanaka)
    await stage.start()
    stage.chat.announcements.when_connected(waiting)
    await stage.marked(channel, tanaka)
    before = len(told)
    stage.connect_anew()
    await stage.until(lambda: len(told) > before)
    assert set(told) == {stage.name}
