"""Quizzes as the rest of the bot knows them: whether one asks for typed answers somewhere, and a
way to it. What running one takes is loaded for who plays.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bot.announcing import Announcements
from bot.errors import BotError
from bot.messages import ConversationKey
from bot.meters import Tally
from bot.notices import Notice

if TYPE_CHECKING:
    from bot.learning.ports import LearningStore
    from bot.learning.ports.quizzes import Posed
    from bot.learning.quiz.running import Runner
    from bot.study.study import Study

log = logging.getLogger(__name__)

RETRY_SECONDS = 30.0  # after which the store is asked again which quizzes go on
CLOCKS = timedelta(seconds=2)  # by which a platform's clock and this machine's may differ


@dataclass(frozen=True, slots=True)
class Typed:
    """A message that may be an answer. `private`: in direct messages; `addressed`: it is certainly
    for the bot. `sent_at`: by the platform's clock, where it has one. `platform`: which knows them
    by that id, where it is not the conversation's."""

    text: str
    user_id: str
    name: str
    private: bool
    addressed: bool
    sent_at: datetime | None = None
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Attempted:
    """It was an answer. `notice`: what is to be said to who gave it, if anything."""

    notice: Notice | BotError | None = None


class Quizzes:
    """Those of all conversations. Nothing is loaded, nor asked of the store, before there is one;
    whether some go on is asked when a platform is connected."""

    def __init__(
        self,
        store: LearningStore,
        study: Study,
        announcements: Announcements,
        answers: Tally | None = None,
        began: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._answers = answers
        self._began = began  # is told of a platform on which one began
        self._store = store
        self._study = study
        self._announcements = announcements
        self._runner: Runner | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._retries: dict[str, asyncio.TimerHandle] = {}
        announcements.when_connected(self._connected)

    async def runner(self) -> Runner:
        """What runs them; made when it is first needed."""
        if self._runner is None:
            running = await asyncio.to_thread(import_module, "bot.learning.quiz.running")
            if self._runner is None:
                self._runner = running.Runner(
                    self._store,
                    self._study,
                    self._announcements,
                    answers=self._answers,
                    began=self._began,
                )
        return self._runner

    def began_elsewhere(self, platform: str) -> None:
        """Another process began one: answers to it may come to this one."""
        if self._announcements.connected(platform):
            self._do(self._join(platform))

    async def _join(self, platform: str) -> None:
        try:
            await (await self.runner()).join(await self._store.open_quizzes(platform))
        except BotError as error:
            log.warning("a quiz of another process is not known here yet: %s", error)
            self._try_again(platform)

    def in_conversation(self, conversation: ConversationKey) -> bool:
        """Whether a quiz goes on there, or may: that is still being asked. Costs nothing."""
        if self._tasks:
            return True
        return self._runner is not None and self._runner.in_conversation(conversation)

    async def hear(self, conversation: ConversationKey, typed: Typed) -> Attempted | None:
        """What becomes of a message in a conversation with a quiz; None: it is no answer."""
        if self._tasks:
            await asyncio.wait(self._tasks)
        if not self.in_conversation(conversation):  # it goes on, but nobody has come to it yet
            await self._resume(conversation.platform)
        return None if self._runner is None else await self._runner.hear(conversation, typed)

    async def posed_at(self, conversation: ConversationKey, moment: datetime) -> Posed | None:
        """The question that was open there at a moment by a platform's clock."""
        found = await self._store.posed_at(conversation, moment)
        return found or await self._store.posed_at(conversation, moment + CLOCKS)

    async def was_answer(self, posed: Posed, typed: Typed) -> bool:
        """Whether a message that is only read now was an answer when it was sent."""
        await self.runner()  # has imported it, away from the event loop
        from bot.learning.quiz.answering import was_answer

        return was_answer(posed, typed)

    async def settled(self, conversation: ConversationKey) -> None:
        """Once what follows from the last answer there was said."""
        if self._runner is not None:
            await self._runner.settled(conversation)

    def close(self) -> None:
        """Do nothing more; what goes on does so at the next start."""
        for task in self._tasks:
            task.cancel()
        for retry in self._retries.values():
            retry.cancel()
        if self._runner is not None:
            self._runner.close()

    async def _connected(self, platform: str) -> None:
        self._begin_to_resume(platform)

    def _begin_to_resume(self, platform: str) -> None:
        if (retry := self._retries.pop(platform, None)) is not None:
            retry.cancel()
        if not self._announcements.connected(platform):
            return  # it is asked once it is connected again
        self._do(self._resume(platform))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _resume(self, platform: str) -> None:
        try:
            quizzes = await self._store.open_quizzes(platform)
            if quizzes:
                await (await self.runner()).resume(quizzes)
        except BotError as error:
            log.warning("quizzes could not be resumed: %s", error)
            self._try_again(platform)
        except Exception:
            log.exception("quizzes could not be resumed")

    def _try_again(self, platform: str) -> None:
        if platform not in self._retries:
            loop = asyncio.get_running_loop()
            self._retries[platform] = loop.call_later(
                RETRY_SECONDS, self._begin_to_resume, platform
            )
