"""Plays a batch of sequences, and counts what came of everything that was said in it."""

from __future__ import annotations

import asyncio
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field, fields
from itertools import count
from pathlib import Path

from storage.database import Database
from storage.store import SqlStore
from tests.adapters.sequences.steps import Batch, Forward, Restart, Say, Step, Swap, To, Wait, Where
from tests.adapters.sequences.talk import Echoing, Fate, Talk, tokens
from tests.adapters.stages.fixtures import open_stage
from tests.adapters.stages.stage import Stage
from tests.empty_database import put_empty_database

STOPPED = "⏹"
PATIENCE = 30.0  # seconds until what is not answered counts as never answered


@dataclass(slots=True)
class Tally:
    """How often what happened. `together`: answered by the reply to a newer message. `faults`
    names what is not as it should be."""

    sequences: int = 0
    restarts: int = 0
    messages: int = 0
    addressed: int = 0
    once: int = 0
    together: int = 0
    twice: int = 0
    never: int = 0
    strays: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count another one in."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def __str__(self) -> str:
        return (
            f"{self.sequences} sequences, {self.restarts} restarts, {self.messages} messages, "
            f"{self.addressed} addressed: answered once {self.once}, together with a newer one "
            f"{self.together}, twice {self.twice}, never {self.never}; strays {self.strays}"
        )


def play(platform: str, batch: Batch) -> Tally:
    """Play a batch on a server, with a bot and a database of its own."""
    memory = "/dev/shm"  # where there is one: nobody waits for a disk
    with tempfile.TemporaryDirectory(dir=memory if os.path.isdir(memory) else None) as folder:
        put_empty_database(Path(folder, "kaiwa.db"))
        return asyncio.run(_play(platform, batch, folder))


async def _play(platform: str, batch: Batch, folder: str) -> Tally:
    tally = Tally(len(batch.sequences), len(batch.restarts))
    echoing = Echoing(context_length=8_192)
    url = f"sqlite+aiosqlite:///{folder}/kaiwa.db"
    async with (
        await Database.open(url) as database,
        open_stage(platform, SqlStore(database), echoing, redelivers=True) as stage,
    ):
        await Playing(stage, echoing, batch, tally).run()
    return tally


class Playing:
    """A batch on its stage."""

    def __init__(self, stage: Stage, echoing: Echoing, batch: Batch, tally: Tally) -> None:
        self._stage = stage
        self._batch = batch
        self._tally = tally
        numbers = count(1)
        self._talks = [Talk(stage, numbers, echoing) for _ in batch.sequences]
        self._done = 0
        self._ends = sorted(batch.restarts, key=lambda restart: restart.after, reverse=True)
        self._ending = asyncio.Lock()

    async def run(self) -> None:
        """Play all of it, end the bot, and look."""
        stage = self._stage
        await stage.start()
        for talk, steps in zip(self._talks, self._batch.sequences, strict=True):
            if Where.DIRECT in _used(steps):  # which a history does not have before a first word
                talk.say(Where.DIRECT, To.BOT)
        await self._until_answered(*self._talks)
        await asyncio.gather(*map(self._sequence, self._talks, self._batch.sequences))
        for restart in self._ends:
            await self._restart(restart)
        for talk, steps in zip(self._talks, self._batch.sequences, strict=True):
            for where in _used(steps):
                talk.say(where, To.BOT)
        await self._until_answered(*self._talks)
        await stage.stop()
        for number, talk in enumerate(self._talks):
            self._look(number, talk)

    async def _sequence(self, talk: Talk, steps: tuple[Step, ...]) -> None:
        for step in steps:
            if isinstance(step, Wait):
                await self._until_answered(talk)
            else:
                talk.do(step)
                await asyncio.sleep(0)
            self._done += 1
            if self._ends and self._done >= self._ends[-1].after:
                await self._restart(self._ends.pop())
        await self._until_answered(talk)

    async def _restart(self, restart: Restart) -> None:
        async with self._ending:
            for talk in self._talks:
                talk.cut()
            await (self._stage.kill() if restart.killed else self._stage.stop())
            await self._stage.start()

    async def _until_answered(self, *talks: Talk) -> None:
        def answered() -> bool:
            return all([talk.all_answered() for talk in talks])

        with suppress(TimeoutError):  # which `_look` tells
            await self._stage.until(answered, PATIENCE)

    def _look(self, number: int, talk: Talk) -> None:
        tally, stage = self._tally, self._stage
        tally.messages += len(talk.words)
        by_token = {word.token: word for word in talk.words}
        for word in talk.words:
            # What was stopped because its question was edited away is no answer.
            own = sum(not (word.changed and STOPPED in each.text) for each in talk.answers(word))
            together = not own and talk.is_answered(word)
            tally.addressed += word.fate is Fate.ONCE
            tally.once += own == 1
            tally.together += together
            tally.twice += own > 1
            never = word.fate is Fate.ONCE and not own and not together
            tally.never += never
            if own > 1 or never or (own and word.fate is Fate.NEVER):
                tally.faults.append(
                    f"sequence {number}: {word.token} in the {word.where.value} was to be answered "
                    f"{word.fate.value}, and was {own} times"
                )
        for where, place in talk.places.items():
            for shown in stage.shown(place):
                found = tokens(shown.text)
                said = by_token.get(found[-1]) if found else None
                if said is None or said.where is not where or not stage.answers(shown, said.said):
                    tally.strays += 1
                    tally.faults.append(f"sequence {number}: a stray {shown.text!r} in {where}")


def _used(steps: tuple[Step, ...]) -> list[Where]:
    """Where something is said in a sequence."""
    said = {step.where for step in steps if isinstance(step, Say | Swap | Forward)}
    return [where for where in Where if where in said]
