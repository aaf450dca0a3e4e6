"""What a quiz says, each once: claimed in the store before it is said, and given back where it
certainly was not."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.announcing import Announcements
from bot.errors import BotError
from bot.learning.ports import LearningStore
from bot.learning.ports.quizzes import Standing, Step
from bot.learning.quiz import telling
from bot.learning.quiz.live import Live
from bot.notices import Notice

log = logging.getLogger(__name__)


class Saying:
    """Says the questions, results and ends of quizzes."""

    def __init__(
        self, store: LearningStore, announcements: Announcements, now: Callable[[], datetime]
    ) -> None:
        self._now = now
        self._store = store
        self._announcements = announcements

    def can_speak(self, live: Live) -> bool:
        """Whether its platform is connected."""
        return self._announcements.connected(live.quiz.conversation.platform)

    async def ask(self, live: Live, position: int) -> None:
        """Ask a question. Raises BotError where it was not asked."""
        notice = telling.asks(live.quiz, position, live.questions, live.wanted)
        if not await self._store.claim(live.quiz.id, position, Step.ASK, self._now()):
            return
        # Who is fast answers before the platform says that it was said.
        live.open, live.opened_at = position, self._now()
        try:
            said = await self._say(live, notice)
        except BotError:
            live.open = None
            await self._store.release(live.quiz.id, position, Step.ASK)
            raise
        await self.give_time(live, position, said)

    async def give_time(self, live: Live, position: int, platform_id: str | None = None) -> None:
        """Let a question be open for its time from now on."""
        until = self._now() + timedelta(seconds=live.wanted.seconds)
        await self._store.asked(live.quiz.id, position, until, platform_id)

    async def tell(self, live: Live, standing: Standing, position: int) -> None:
        """Say how a question went. Raises BotError where it was not said."""
        question = live.questions[position]
        notice = telling.tells(standing, position, question, alone=live.alone)
        if not await self._store.claim(live.quiz.id, position, Step.TELL, self._now()):
            return
        try:
            await self._say(live, notice)
        except BotError:
            await self._store.release(live.quiz.id, position, Step.TELL)
            raise

    async def end(self, live: Live, standing: Standing) -> bool:
        """End a quiz, and say how it went; False where it had ended. Raises BotError where it was
        not said."""
        if not await self._store.end_quiz(live.quiz.id, self._now()):
            return False
        try:
            await self._say(live, telling.ends(standing, live.questions))
        except BotError:
            await self._store.reopen_quiz(live.quiz.id)
            raise
        return True

    async def _say(self, live: Live, notice: Notice) -> str:
        """Say something there; its id. Raises BotError where it certainly was not said."""
        try:
            return await self._announcements.say(live.quiz.conversation, notice)
        except BotError:
            raise
        except Exception:
            log.exception("a quiz does not know whether it was heard")
            return ""
