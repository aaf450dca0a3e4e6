"""Quizzes without a platform: a clock that a test moves, an announcer that notes what is said."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.announcing import Announcements
from bot.errors import BotError
from bot.learning.ports.quizzes import Quiz
from bot.learning.quiz.question import Kind, Question
from bot.learning.quiz.running import Runner
from bot.learning.quiz.wanted import Wanted
from bot.messages import ConversationKey
from bot.notices import Notice
from bot.ports import Store
from bot.study.study import Study

GROUP = ConversationKey("chat", "home", "general")
ALONE = ConversationKey("chat", "", "dm")

_OPTION = re.compile(r"=(\d+)\.(\d+)\.")


@dataclass(eq=False, slots=True)
class _Timer:
    at: datetime
    work: Callable[[], object]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeClock:
    """A clock that stands still until it is moved. Implements `bot.learning.quiz.clock.Clock`."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 9, tzinfo=UTC)
        self.timers: list[_Timer] = []

    def now(self) -> datetime:
        """The moment that it shows."""
        return self.moment

    def later(self, seconds: float, work: Callable[[], object]) -> _Timer:
        """Once it is moved that far."""
        timer = _Timer(self.moment + timedelta(seconds=seconds), work)
        self.timers.append(timer)
        return timer

    def move(self, seconds: float) -> None:
        """Let time pass, and do what was to be done by then."""
        self.moment += timedelta(seconds=seconds)
        due = [timer for timer in self.timers if timer.at <= self.moment]
        self.timers = [timer for timer in self.timers if timer.at > self.moment]
        for timer in due:
            if not timer.cancelled:
                timer.work()


class Refusal(BotError):
    """The platform does not take it."""

    def __init__(self) -> None:
        super().__init__("no", "だめ")


@dataclass(slots=True)
class FakeAnnouncer:
    """Notes what is said. Implements `bot.ports.Announcer`. `refusals`: so many are refused first;
    `before` and `after`: what happens around each saying, for tests that end the process there."""

    said: list[tuple[ConversationKey, Notice]] = field(default_factory=list)
    refusals: int = 0
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None

    async def announce(self, conversation: ConversationKey, notice: Notice) -> str:
        """Say it, after a turn of the event loop."""
        await asyncio.sleep(0)
        self.before()
        if self.refusals:
            self.refusals -= 1
            raise Refusal
        self.said.append((conversation, notice))
        self.after()
        return str(len(self.said))

    @property
    def texts(self) -> list[str]:
        """What was said, in English."""
        return [notice.in_one(japanese=False) for _, notice in self.said]

    @property
    def asked(self) -> list[int]:
        """The positions of the questions that were asked with buttons."""
        found = [_OPTION.match(notice.offers[0].text) for _, notice in self.said if notice.offers]
        return [int(match[2]) for match in found if match]


@dataclass(slots=True)
class Life:
    """One life of the process that runs quizzes, over a store that outlives it."""

    store: Store
    clock: FakeClock
    announcer: FakeAnnouncer
    runner: Runner

    @classmethod
    async def begun(
        cls,
        store: Store,
        study: Study | None = None,
        clock: FakeClock | None = None,
        announcer: FakeAnnouncer | None = None,
        *,
        resume: bool = True,
    ) -> Life:
        """A process that is connected, and has gone on with what it found."""
        announcements = Announcements()
        announcer = announcer or FakeAnnouncer()
        clock = clock or FakeClock()
        runner = Runner(store, study or Study(), announcements, clock)
        await announcements.connect(GROUP.platform, announcer)
        life = cls(store, clock, announcer, runner)
        if resume:
            await runner.resume(await store.open_quizzes(GROUP.platform))
            await life.settled()
        return life

    async def start(
        self,
        questions: list[Question],
        key: ConversationKey = GROUP,
        *,
        typed: bool = False,
        by: str = "u1",
    ) -> Quiz:
        """A quiz whose first question was asked."""
        wanted = Wanted("n5", seconds=20, typed=typed)
        quiz = await self.runner.start(key, "home", by, wanted, questions)
        self.runner.go(quiz)
        await self.settled()
        return quiz

    async def settled(self) -> None:
        """Once nothing more is to be done at this moment."""
        for key in (GROUP, ALONE):
            await self.runner.settled(key)

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and what comes of that happen."""
        self.clock.move(seconds)
        await self.settled()


def question(word: str = "犬", *, typed: bool = False, kind: Kind = Kind.READING) -> Question:
    """A question of which the second choice is right."""
    return Question(
        kind,
        1_000 + len(word),
        word,
        "",
        word,
        "いぬ",
        "dog",
        readings=("いぬ",),
        glosses=("dog", "hound", "university"),
        writings=(word,),
        choices=() if typed else ("ねこ", "いぬ", "とり", "さる"),
        right=0 if typed else 1,
    )
