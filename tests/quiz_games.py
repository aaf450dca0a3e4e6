"""Plays quizzes at random on a real database: people press, platforms deliver twice, the process
ends at any moment and begins again. Every answer counts once, and nothing is said twice.

    python -m tests.quiz_games --count 1000 --seed 1
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bot.announcing import Announcements
from bot.errors import BotError, EndedMeanwhile
from bot.learning.ports.quizzes import POINTS, Quiz, Standing
from bot.learning.quiz.question import Question
from bot.learning.quiz.running import Runner
from bot.learning.quiz.wanted import Wanted
from bot.messages import ConversationKey
from bot.study.study import Study
from storage.database import Database
from storage.store import SqlStore
from tests.fakes.quiz_stage import FakeAnnouncer, FakeClock, question

MOST_MOVES = 400  # of a game; then it is stuck
AT_ONCE = 8  # games of a process
PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Press:
    """A button that somebody pressed; it may be delivered again."""

    position: int
    who: str
    choice: int


@dataclass(slots=True)
class Game:
    """One quiz, and what must come of it."""

    store: SqlStore
    number: int
    random: Random
    figures: Counter[str]
    clock: FakeClock = field(default_factory=FakeClock)
    announcer: FakeAnnouncer = field(default_factory=FakeAnnouncer)
    counted: dict[tuple[int, str], int] = field(default_factory=dict)
    pressed: list[Press] = field(default_factory=list)
    ended_while_speaking: int = 0
    key: ConversationKey = field(init=False)
    runner: Runner = field(init=False)
    quiz: Quiz = field(init=False)

    async def play(self) -> None:
        """Play it to its end. Raises AssertionError where something is wrong."""
        self.key = ConversationKey(f"chat{self.number}", "home", "general")
        self.runner = await self._life()
        questions = [question("犬" * n) for n in range(1, self.random.randint(2, 3) + 1)]
        self.quiz = await self.runner.start(
            self.key, "home", "u0", Wanted("n5", seconds=20), questions
        )
        self.runner.go(self.quiz)
        people = [f"u{n}" for n in range(self.random.randint(1, 4))]
        for _ in range(MOST_MOVES):
            if not self.runner.in_conversation(self.key):
                await self.runner.settled(self.key)
                if (await self._standing()).quiz.ended_at is not None:
                    break
                await self._restart()
            await self._move(people)
        else:
            raise AssertionError("the quiz is stuck")
        self.runner.close()
        await self._check()

    async def _life(self) -> Runner:
        announcements = Announcements()
        runner = Runner(self.store, Study(), announcements, self.clock)
        await announcements.connect(self.key.platform, self.announcer)
        await runner.resume(await self.store.open_quizzes(self.key.platform))
        return runner

    async def _standing(self) -> Standing:
        standing = await self.store.standing(self.quiz.id)
        assert standing is not None
        return standing

    async def _move(self, people: list[str]) -> None:
        move = self.random.random()
        if move < 0.35:
            await self.runner.settled(self.key)
            asked = self.announcer.asked
            if asked:
                near = asked[-1] if self.random.random() < 0.8 else self.random.choice(asked)
                await self._press(Press(near, self.random.choice(people), self._choice()))
        elif move < 0.42 and self.pressed:
            self.figures["delivered again"] += 1
            await self._press(self.random.choice(self.pressed))
        elif move < 0.84:
            self.clock.move(self.random.choice([1, 5, 20, 30, 30]))
            if self.random.random() < 0.7:
                await self.runner.settled(self.key)
        elif move < 0.90:
            await self._restart()
        elif move < 0.94:
            self._end_while_speaking()
        elif move < 0.97:
            self.announcer.refusals = self.random.randint(1, 2)
            self.figures["sayings refused"] += self.announcer.refusals
        else:
            await self._press_and_end(people)

    def _choice(self) -> int:
        return self.random.choice([1, 1, 0, 2])

    async def _press(self, press: Press) -> None:
        self.pressed.append(press)
        self.figures["presses"] += 1
        try:
            said = await self.runner.press(
                self.key, press.who, press.who, self.quiz.id, press.position, press.choice
            )
        except EndedMeanwhile:  # it ended while speaking, and they press again
            await self._restart()
            await self._press_again(press)
            return
        if said is not None and not isinstance(said, BotError) and "Noted" in said.english:
            place = (press.position, press.who)
            assert place not in self.counted, f"counted twice: {press}"
            self.counted[place] = press.choice

    async def _press_and_end(self, people: list[str]) -> None:
        """The process ends somewhere between the press and what is said to it; the platform
        delivers the press again."""
        asked = self.announcer.asked
        if not asked:
            return
        press = Press(asked[-1], self.random.choice(people), self._choice())
        task = asyncio.create_task(self._press(press))
        for _ in range(self.random.randint(0, 6)):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        self.figures["ends within a press"] += 1
        await self._restart()
        await self._press_again(press)

    async def _press_again(self, press: Press) -> None:
        """Press once more what may have been kept before the process ended."""
        await self.runner.settled(self.key)
        row = await self._row(press)
        if row is not None:  # it was kept, though nobody was told
            self.counted.setdefault((press.position, press.who), row)
        await self._press(press)

    async def _row(self, press: Press) -> int | None:
        for each in (await self._standing()).answers:
            if (each.position, each.user_id) == (press.position, press.who):
                choices: list[str] = list(question().choices)
                return choices.index(each.answer)
        return None

    async def _restart(self) -> None:
        self.figures["restarts"] += 1
        self.runner.close()
        self.announcer.before = self.announcer.after = lambda: None
        await asyncio.sleep(0)
        self.runner = await self._life()

    def _end_while_speaking(self) -> None:
        """The process ends right before, or right after, the next saying reaches the platform."""
        runner = self.runner

        def end() -> None:
            self.announcer.before = self.announcer.after = lambda: None
            self.figures["ends while speaking"] += 1
            self.ended_while_speaking += 1
            runner.close()
            raise asyncio.CancelledError

        if self.random.random() < 0.5:
            self.announcer.before = end
        else:
            self.announcer.after = end

    async def _check(self) -> None:
        standing = await self._standing()
        self.figures["answers"] += len(standing.answers)
        kept = {(each.position, each.user_id): each for each in standing.answers}
        assert len(kept) == len(standing.answers)
        assert kept.keys() == self.counted.keys(), "an answer was lost, or kept unasked"
        questions = [Question.load(posed.question) for posed in standing.questions]
        for place, choice in self.counted.items():
            assert kept[place].answer == questions[place[0]].choices[choice]
        for position, asked in enumerate(questions):
            right = [a.points for a in standing.answers if a.position == position and a.right]
            due = [0 if asked.again else POINTS[min(n, 2)] for n in range(len(right))]
            assert right == due, "points in the order of the answers"
        self._check_said(standing.quiz, len(questions))

    def _check_said(self, quiz: Quiz, questions: int) -> None:
        said = Counter(
            text.splitlines()[0] if "The answer" in text else text for text in self.announcer.texts
        )
        asked = Counter(self.announcer.asked)
        assert all(count == 1 for count in asked.values()), "a question was asked twice"
        results = sum(count for text, count in said.items() if "The answer" in text)
        ends = sum(count for text, count in said.items() if text.startswith("The end."))
        assert results <= questions and ends <= 1
        if not self.ended_while_speaking:
            assert ends == 1 and results == len(asked)
        else:  # so many at most were not said
            missing = (1 - ends) + (questions - results)
            idle = questions - len(asked)
            assert missing <= self.ended_while_speaking + max(idle, 0)


def _played(numbers: Sequence[int], seed: int) -> Counter[str]:
    logging.disable(logging.WARNING)  # of what the games do on purpose
    return asyncio.run(play(numbers, seed))


async def play(numbers: Sequence[int], seed: int) -> Counter[str]:
    """Play the games of these numbers, several at once; what happened in them."""
    figures: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kaiwa.db"
        async with await Database.open(f"sqlite+aiosqlite:///{path}") as database:
            store = SqlStore(database)
            slots = asyncio.Semaphore(AT_ONCE)

            async def one(number: int) -> None:
                async with slots:
                    try:
                        await Game(store, number, Random(f"{seed}/{number}"), figures).play()
                    except AssertionError as error:
                        raise AssertionError(f"seed {seed}, game {number}: {error}") from error
                    figures["games"] += 1

            await asyncio.gather(*map(one, numbers))
    return figures


def main() -> None:
    """Play, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    figures: Counter[str] = Counter()
    parts = [range(start, given.count, PROCESSES) for start in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        for part in pool.map(_played, parts, repeat(given.seed)):
            figures += part
    for name, count in figures.most_common():
        print(f"{count:8,}  {name}")
    print(f"every answer counted once, nothing said twice; {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
