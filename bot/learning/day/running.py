"""Gives each channel what it asked for, once a day.

It looks at the clock again and again, rather than wait for a moment: clocks are set and machines
sleep. What a channel is given is claimed in the store before it is said, so that no restart and
no second process says it twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime

from bot.announcing import Announcements, NotSaid
from bot.errors import BotError, EngineBusy
from bot.learning.calendar import zone_of_name
from bot.learning.day.plan import MONDAY, SETTING, WEEK, Plan, read
from bot.learning.day.week import summary
from bot.messages import ConversationKey
from bot.notices import Notice
from bot.ports import Store
from bot.study.study import Study

log = logging.getLogger(__name__)

LOOK_SECONDS = 20.0  # between two looks at the clock


def _now() -> datetime:
    return datetime.now(UTC)


class Days:
    """The posts of all channels, on every platform that is connected."""

    def __init__(
        self,
        store: Store,
        study: Study,
        announcements: Announcements,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._store = store
        self._study = study
        self._announcements = announcements
        self._now = now
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._resting: set[str] = set()
        announcements.when_connected(self._connected)
        announcements.when_disconnected(self._disconnected)

    async def _connected(self, platform: str) -> None:
        """Watch its channels, until it is not connected any more."""
        if platform not in self._watching:
            task = asyncio.create_task(self._watch(platform), name=f"kaiwa-days-{platform}")
            self._watching[platform] = task

    def _disconnected(self, platform: str) -> None:
        """Watch them no more; what is being said is said."""
        if platform in self._resting:
            self._resting.discard(platform)
            self._watching.pop(platform).cancel()  # it may be connected again before that ends it

    async def _watch(self, platform: str) -> None:
        try:
            while self._announcements.connected(platform):
                self._resting.add(platform)
                await asyncio.sleep(LOOK_SECONDS)
                self._resting.discard(platform)
                try:
                    await self.look(platform)
                except BotError as error:
                    log.warning("the day's posts could not be looked for: %s", error)
                except Exception:
                    log.exception("the day's posts could not be looked for")
        finally:
            if self._watching.get(platform) is asyncio.current_task():
                self._resting.discard(platform)
                del self._watching[platform]

    async def look(self, platform: str) -> None:
        """Give every channel of a platform what is due now. Raises BotError where the store does
        not tell; what cannot be given in one channel keeps no other waiting."""
        for channel, text in await self._store.channels_with(platform, SETTING):
            try:
                plan = read(text)
            except BotError:  # of another version
                log.warning("a channel's plan of the day cannot be read: %r", text)
                continue
            day = plan.due(self._now())
            if day is None:
                continue
            await self._give(channel, plan, plan.kind, day)
            if day.weekday() == MONDAY:
                await self._give(channel, plan, WEEK, day)

    async def _give(self, channel: ConversationKey, plan: Plan, kind: str, day: date) -> None:
        if not await self._store.claim_day(channel, kind, day, self._now()):
            return
        try:
            what, notice = await self._made(channel, plan, kind, day)
            if notice is not None:
                await self._announcements.say(channel, notice)
        except (NotSaid, EngineBusy):  # certainly not said: soon, or not at all
            await self._store.give_back_day(channel, kind, day)
        except BotError as error:
            log.warning("a channel was not given its %s of the day: %s", kind, error)
        except Exception:
            log.exception("a channel was not given its %s of the day", kind)
        else:
            await self._store.given(channel, kind, day, what)

    async def _made(
        self, channel: ConversationKey, plan: Plan, kind: str, day: date
    ) -> tuple[str, Notice | None]:
        """What is given, by what it is known; None where there is nothing to say."""
        if kind == WEEK:
            return "", await summary(self._store, channel, day, zone_of_name(plan.zone))
        from bot.learning.day.contents import REMEMBERED, post

        before = set(await self._store.given_before(channel, kind, REMEMBERED))
        seed = f"{channel.platform} {channel.workspace} {channel.channel} {day} {kind}"
        made = await self._study.ask(
            lambda: post(kind, plan.level, self._study.dictionary, before, seed)
        )
        return made.what, made.notice
