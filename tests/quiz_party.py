"""Thirty people answer a quiz's questions within a second, while the bot's event loop is watched.

    python -m tests.quiz_party --people 30

Prints whether all were counted, in order, how long each waited, in how many transactions they were
kept, and how long the event loop was busy at once.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.learning.ports.quizzes import Attempt, Outcome
from bot.learning.quiz.question import Kind
from bot.learning.quizzes import Typed
from bot.study.study import Study
from storage.database import Database
from storage.store import SqlStore
from tests.bot.study.built import study_file
from tests.fakes.quiz_stage import GROUP, Life, question

WITHIN = 1.0  # seconds in which all answer
LOOKS = 0.001  # seconds between looks at the event loop


class CountingStore(SqlStore):
    """Counts the transactions that keep answers."""

    transactions = 0

    async def answer(self, attempts: Sequence[Attempt]) -> Sequence[Outcome]:
        """As ever, and counted."""
        self.transactions += 1
        return await super().answer(attempts)


async def party(people: int, *, typed: bool, at_once: bool, study: Study) -> str:
    """One question; what was seen, in a line."""
    with TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder)}/kaiwa.db"
        async with await Database.open(url) as database:
            store = CountingStore(database)
            life = await Life.begun(store, study)
            asked = question(typed=typed, kind=Kind.MEANING if typed else Kind.READING)
            quiz = await life.start([asked], typed=typed)
            waits: list[float] = []
            came: list[str] = []

            async def answers(number: int) -> None:
                await asyncio.sleep(0 if at_once else WITHIN * number / people)
                who, began = f"p{number}", time.perf_counter()
                came.append(who)
                if typed:
                    await life.runner.hear(GROUP, Typed("universty", who, who, False, False))
                else:
                    await life.runner.press(GROUP, who, who, quiz.id, 0, 1)
                waits.append(time.perf_counter() - began)

            lags: list[float] = []
            watch = asyncio.create_task(_watch(lags))
            await asyncio.gather(*map(answers, range(people)))
            watch.cancel()
            standing = await store.standing(quiz.id)
            assert standing is not None
            kept = [each.user_id for each in standing.answers]
            life.runner.close()
    how = f"{'typed' if typed else 'pressed'}, {'at once' if at_once else 'within a second'}"
    order = "in order" if kept == came else "NOT in order"
    waited = f"{1e3 * statistics.median(waits):.0f} ms, at most {1e3 * max(waits):.0f} ms"
    return (
        f"{how}: {len(kept)} of {people} counted, {order}, {store.transactions} transactions; "
        f"waited {waited}; event loop busy at most {1e3 * max(lags):.1f} ms"
    )


async def _watch(lags: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(LOOKS)
        lags.append(time.perf_counter() - began - LOOKS)


async def _parties(people: int) -> None:
    study = Study(study_file())
    await study.ask(lambda: study.dictionary.knows("犬"))
    for typed in (False, True):
        for at_once in (False, True):
            print(await party(people, typed=typed, at_once=at_once, study=study))
    study.close()


def main() -> None:
    """Have them answer, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    asyncio.run(_parties(parser.parse_args().people))


if __name__ == "__main__":
    main()
