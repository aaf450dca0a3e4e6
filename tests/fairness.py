"""One person asks 300 questions in as many threads, and ten people one each; and what it costs to
count how often people ask.

    python -m tests.fairness

The real chat and its policy, a database, and the built-in model on this machine. The ten are asked
alone and beside the flood, in turn, in conversations of their own each time; a wait is until the
first words are there. Prints what they waited and whether one of them was told that the engine is
busy; exit code 1 if they waited more than 1.5 times as long beside the flood, if one was refused,
or if counting takes longer where more people ask.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from statistics import mean, median
from tempfile import TemporaryDirectory

from bot.app import App, open_app
from bot.chat import Chat
from bot.config import EngineSettings, GenerationSettings, Settings, StorageSettings
from bot.errors import BotError, EngineBusy
from bot.limits import RateLimiter, TooFast
from bot.messages import ConversationKey, IncomingMessage, Queued, TextDelta
from bot.policy import Policy
from bot.serving import policy

PATIENCE = 1.5  # times what the ten wait alone
DEARER = 4.0  # times what a use costs among few: a large dictionary is slower to read, too
QUESTIONS = ("「猫」は英語で何ですか。", "What does 本 mean?", "ありがとう。", "How are you?")

_NUMBERS = count(1)


@dataclass(slots=True)
class Heard:
    """What became of some people's questions: seconds until the first words, and refusals."""

    waits: list[float] = field(default_factory=list)
    placed: int = 0  # questions that are in the engine's queue, or have ended
    busy: int = 0
    too_fast: int = 0


@dataclass(frozen=True, slots=True)
class Round:
    """The ten, without and with the flood, and what the flood was told."""

    alone: Heard
    beside: Heard
    flood: Heard

    @property
    def refused(self) -> int:
        """How many of the ten were."""
        heard = (self.alone, self.beside)
        return sum(each.busy + each.too_fast for each in heard)


async def ask(chat: Chat, person: str, heard: Heard) -> None:
    """One question in a thread of its own, to its end."""
    number = next(_NUMBERS)
    message = IncomingMessage(
        conversation=ConversationKey("fairness", "workspace", person, f"thread {number}"),
        id=f"message {number}",
        author_id=person,
        author_name=person,
        text=QUESTIONS[number % len(QUESTIONS)],
        sent_at=datetime.now(UTC),
    )
    began, waits, placed = time.perf_counter(), True, False
    try:
        async for event in chat.respond(message):
            if isinstance(event, Queued | TextDelta) and not placed:
                placed = True
                heard.placed += 1
            if isinstance(event, TextDelta) and waits:
                heard.waits.append(time.perf_counter() - began)
                waits = False
    except EngineBusy:
        heard.busy += 1
    except TooFast:
        heard.too_fast += 1
    except BotError as error:
        print(f"  {person}: {type(error).__name__}")
    finally:
        heard.placed += not placed


async def ten(chat: Chat, people: int) -> Heard:
    """Everybody asks one question at the same time; other people each time."""
    heard, first = Heard(), next(_NUMBERS)
    await asyncio.gather(*(ask(chat, f"person {first}.{n}", heard) for n in range(people)))
    return heard


async def together(app: App, questions: int, people: int) -> Round:
    """The ten alone, then while one person's flood is being answered."""
    alone = await ten(app.chat, people)
    flood, who = Heard(), f"flood {next(_NUMBERS)}"
    asking = [asyncio.create_task(ask(app.chat, who, flood)) for _ in range(questions)]
    while flood.placed < questions or not flood.waits:  # noqa: ASYNC110, it has no event
        await asyncio.sleep(0.01)
    beside = await ten(app.chat, people)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    return Round(alone, beside, flood)


@contextlib.asynccontextmanager
async def served(waiting: int, limits: bool) -> AsyncIterator[App]:
    """The chat over a database and the built-in model; `limits`: as they are set by default."""
    with TemporaryDirectory() as folder:
        settings = Settings(
            engine=EngineSettings(max_waiting=waiting),
            storage=StorageSettings(url=f"sqlite+aiosqlite:///{folder}/kaiwa.db"),
            generation=GenerationSettings(max_new_tokens=64, seed=7),
        )
        answering = policy(settings) if limits else Policy()
        async with open_app(settings, lambda _: None, answering) as app:
            await ten(app.chat, 10)  # everything has been used once
            yield app


async def flooded(
    waiting: int, limits: bool, rounds: int, questions: int, people: int
) -> list[Round]:
    """Some rounds at one setting."""
    async with served(waiting, limits) as app:
        return [await together(app, questions, people) for _ in range(rounds)]


def shown(seen: Sequence[Round], of: str) -> bool:
    """Print some rounds; whether the ten were well served."""
    alone, beside = [each.alone for each in seen], [each.beside for each in seen]
    refused = sum(each.refused for each in seen)
    ratio = _middle(beside) / _middle(alone)
    flood = seen[-1].flood
    print(
        f"{of}: they waited {_told(alone)} alone, "
        f"{_told(beside)} beside the flood: {ratio:.2f} times; "
        f"{refused} of them were refused (of the flood, {flood.busy} as busy and "
        f"{flood.too_fast} as too fast)",
        flush=True,
    )
    return ratio <= PATIENCE and not refused


def _middle(heard: Sequence[Heard]) -> float:
    """Of the rounds' means, so that a moment in which the machine did other work counts little."""
    return median(mean(each.waits or [math.inf]) for each in heard)


def _told(heard: Sequence[Heard]) -> str:
    longest = max(max(each.waits, default=math.inf) for each in heard)
    return f"{_middle(heard):.2f} s (longest {longest:.2f})"


def counting(people: int) -> float:
    """Seconds that counting one question takes, where so many people ask all the time."""
    now = 0.0
    limiter = RateLimiter(20, lambda: now)
    names = [f"person {n}" for n in range(people)]
    uses = max(400_000, 3 * people)
    seconds = 0.0
    for first in range(0, uses, 1_000):
        some = [names[n % people] for n in range(first, first + 1_000)]
        began = time.perf_counter()
        for name in some:
            limiter.use(name)
            now += 4.0 / people  # each asks every four seconds
        seconds += time.perf_counter() - began
    return seconds / uses


def limited() -> bool:
    """Print what counting takes; whether it does not grow with the number of people."""
    few, many = (min(counting(people) for _ in range(3)) for people in (10, 100_000))
    print(
        f"counting a question: {1e6 * few:.1f} µs with 10 people, {1e6 * many:.1f} µs with 100,000"
    )
    return many <= DEARER * few


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fairness", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--questions", type=int, default=300, help="of the one person")
    parser.add_argument("--people", type=int, default=10)
    given = parser.parse_args(arguments)
    well = limited()
    for waiting, limits in ((64, False), (64, True), (1_000, False)):
        seen = asyncio.run(flooded(waiting, limits, given.rounds, given.questions, given.people))
        well &= shown(seen, f"queue of {waiting}, {'the default' if limits else 'no'} limits")
    return 0 if well else 1


if __name__ == "__main__":
    raise SystemExit(main())
