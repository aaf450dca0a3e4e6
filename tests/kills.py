"""Kills the bot at random moments under load, and counts what became of every question:

    python -m tests.kills                                          on SQLite, one process
    python -m tests.kills --database postgresql --processes 3      one of three each time

People on a fake Discord and a fake Slack ask one question after the other, each in a place of
their own, while `kill -9` hits a process of the bot that starts, stores, writes, shows or ends;
another one is started in its place. In the end every question must have its one whole answer on its
platform, and every reply in the ledger its end. Exit code 1 where that is not so.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import re
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.config import Settings
from tests.adapters.slack.steps import is_finished
from tests.fakes.discord_server import DiscordServer
from tests.fakes.slack_server import SlackServer
from tests.kills_victim import expected, serve
from tests.postgres import empty_database

PEOPLE = 5  # on each platform
PATIENCE = 180.0  # seconds after the last kill until everything must be answered
LOOK = 0.05

# What a process had in hand, by the platform's ids.
_IN_HAND = text(
    "SELECT m.platform_id FROM messages m LEFT JOIN replies r ON r.trigger_message_id = m.id "
    "WHERE m.addressed AND coalesce(r.holder, m.taken_by) = :process AND r.delivered_at IS NULL"
)
_UNENDED = text("SELECT count(*) FROM replies WHERE status = 'writing'")
_KEPT = text("SELECT platform_id FROM messages WHERE addressed")
_PROCESS = re.compile("this is process ([0-9]+) of")


@dataclass(eq=False, slots=True)
class Question:
    """What somebody asked. `shown`: the bot's messages to it, as they are now."""

    said: str
    id: str
    shown: Callable[[], list[tuple[str, bool]]]
    answered_at: float | None = None
    killed_at: float | None = None  # when the process was that had it in hand last

    def look(self) -> bool:
        """Whether it is answered by now."""
        if self.answered_at is None and any(done for _, done in self.shown()):
            self.answered_at = time.monotonic()
        return self.answered_at is not None

    @property
    def text(self) -> str:
        """All that stands there as its answer."""
        return "".join("".join(text.split()) for text, _ in self.shown())


@dataclass(slots=True)
class Figures:
    """What came of it. `waits`: seconds from a kill to the answer of what that process had."""

    kills: int = 0
    asked: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    unended: int = 0
    waits: list[float] = field(default_factory=list)
    slowest: str = ""
    seen: list[str] = field(default_factory=list)  # of what was doubled

    @property
    def good(self) -> bool:
        """Whether nothing was lost, doubled or left."""
        return not (self.lost or self.twice or self.unended)

    def lines(self) -> list[str]:
        """The figures, to be read."""
        return [
            f"kills {self.kills}",
            f"questions {self.asked}, acknowledged {self.acknowledged}",
            f"lost {len(self.lost)}",
            f"answered twice {len(self.twice)}",
            f"never ended {self.unended}",
            f"in hand of a killed process {len(self.waits)}, "
            f"longest until answered {max(self.waits, default=0.0):.1f} s ({self.slowest})",
        ]


class Bots:
    """The processes of the bot, each in place of one that was killed."""

    def __init__(self, settings: Settings, environment: dict[str, str], folder: Path) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.kills_victim"])
        self._given = (settings, environment)
        self._folder = folder
        self._logs: dict[Any, Path] = {}
        self.running: list[Any] = []

    def start(self) -> None:
        """One more."""
        log = self._folder / f"{len(self._logs)}.log"
        victim = self._context.Process(target=serve, args=(*self._given, str(log)), daemon=True)
        victim.start()
        self._logs[victim] = log
        self.running.append(victim)

    def kill(self, victim: Any) -> int | None:
        """Kill -9; the id that it had among those that share the database. Raises RuntimeError
        for one that has ended by itself."""
        if victim.exitcode is not None:
            raise RuntimeError(f"a bot ended by itself: {self._logs[victim]}")
        victim.kill()
        victim.join()
        self.running.remove(victim)
        log = self._logs[victim]
        found = _PROCESS.search(log.read_text()) if log.exists() else None
        return int(found[1]) if found else None

    async def end(self) -> None:
        """End all in order. Raises RuntimeError where one does not."""
        for victim in self.running:
            victim.terminate()
        for victim in self.running:
            await asyncio.to_thread(victim.join, 60)
            if victim.exitcode is None:
                victim.kill()
                raise RuntimeError(f"a bot did not end: {self._logs[victim]}")


class Crowd:
    """Those who ask, and what they asked."""

    def __init__(self, seed: int) -> None:
        self.questions: list[Question] = []
        self.over = False
        self._rng = random.Random(seed)

    async def keep_asking(self, ask: Callable[[str], Question]) -> None:
        """One person asks, waits for the answer, and asks on."""
        while not self.over:
            question = ask(f"質問{len(self.questions)}")
            self.questions.append(question)
            while not question.look():  # noqa: ASYNC110  it is looked at
                await asyncio.sleep(LOOK)
            await asyncio.sleep(self._rng.uniform(0, 0.4))


def on_discord(server: DiscordServer) -> list[Callable[[str], Question]]:
    """People, each in a channel of their own."""
    guild = server.guild("町")

    def one(number: int) -> Callable[[str], Question]:
        user = server.user(f"u{number}")
        server.member(guild, user)
        channel = server.channel(guild, f"c{number}")

        def ask(said: str) -> Question:
            asked = server.user_says(channel, user, f"{server.bot.mention} {said}")

            def shown() -> list[tuple[str, bool]]:
                found = list[tuple[str, bool]]()
                for message in reversed(server.messages(channel)):
                    if message is asked:
                        break
                    if message.author is server.bot:
                        found.append((message.text, "kaiwa:good" in message.custom_ids))
                    else:
                        found.clear()  # of the next question
                return found[::-1]

            return Question(said, str(asked.id), shown)

        return ask

    return [one(number) for number in range(PEOPLE)]


def on_slack(server: SlackServer) -> list[Callable[[str], Question]]:
    """People in one channel, whose questions are answered in threads."""
    people = [server.person(f"u{number}") for number in range(PEOPLE)]
    channel = server.channel("general", *people)

    def one(person: Any) -> Callable[[str], Question]:
        def ask(said: str) -> Question:
            asked = person.says(channel, f"{server.bot.mention} {said}")

            def shown() -> list[tuple[str, bool]]:
                found = server.bot_messages(channel, asked.ts)
                return [(message.shown, is_finished(message)) for message in found]

            return Question(said, str(asked.ts), shown)

        return ask

    return [one(person) for person in people]


async def run(url: str, *, processes: int, count: int, seed: int, folder: Path) -> Figures:
    """Kill so often, wait until everything is answered, and count."""
    rng, figures, crowd = random.Random(seed), Figures(), Crowd(seed)
    sqlite = url.startswith("sqlite")
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(DiscordServer(privileged=["message_content"]))
        slack = await stack.enter_async_context(SlackServer())
        slack.deliveries.retry_after = (1.0, 3.0)
        engine = create_async_engine(url)
        stack.push_async_callback(engine.dispose)
        settings = Settings.model_validate(
            {
                "storage": {"url": url},
                "chat": {"user_messages_per_minute": 0, "channel_messages_per_minute": 0},
                "study": {"file": str(folder / "none.db")},
                "discord": {
                    "enabled": True,
                    "api_url": discord.api_url,
                    "gateway_url": discord.gateway_url,
                },
                "slack": {"enabled": True, "api_url": slack.api_url},
            }
        )
        secrets = {
            "KAIWA_DISCORD_TOKEN": discord.token,
            "KAIWA_SLACK_BOT_TOKEN": slack.token,
            "KAIWA_SLACK_APP_TOKEN": slack.app_token,
        }
        bots = Bots(settings, secrets, folder)
        stack.push_async_callback(bots.end)
        for _ in range(processes):
            bots.start()
        asking = [
            asyncio.create_task(crowd.keep_asking(ask))
            for ask in (*on_discord(discord), *on_slack(slack))
        ]
        # Until the first one answers there is no load.
        await _until(lambda: any(each.answered_at for each in crowd.questions))
        while figures.kills < count:
            await asyncio.sleep(rng.uniform(0.05, rng.choice((2.0, 8.0))))  # while it starts, too
            process = bots.kill(rng.choice(bots.running))
            now = time.monotonic()
            figures.kills += 1
            bots.start()
            pending = [each for each in crowd.questions if not each.look()]
            if not sqlite:
                async with engine.connect() as connection:
                    held = set(await connection.scalars(_IN_HAND, {"process": process}))
                pending = [each for each in pending if each.id in held]
            for question in pending:
                question.killed_at = now
        crowd.over = True
        await asyncio.wait(asking, timeout=PATIENCE)
        for task in asking:
            task.cancel()
        await bots.end()
        async with engine.connect() as connection:
            figures.unended = int(await connection.scalar(_UNENDED) or 0)
            kept = set(await connection.scalars(_KEPT))
        for question in crowd.questions:
            _count(figures, question, kept)
        await discord.until(lambda: not discord.gateway.sockets)
    return figures


def _count(figures: Figures, question: Question, kept: set[str]) -> None:
    figures.asked += 1
    figures.acknowledged += question.id in kept
    want, found = expected(question.said), question.text
    if len(found) < len(want) or question.answered_at is None:
        figures.lost.append(question.said)
    elif found != want:
        figures.twice.append(question.said)
        figures.seen.append(f"{question.said} ({question.id}): {question.shown()!r}")
    if question.answered_at is not None and question.killed_at is not None:
        wait = question.answered_at - question.killed_at
        if wait > max(figures.waits, default=0.0):
            figures.slowest = question.said
        figures.waits.append(wait)


async def _until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110  it is looked at
            await asyncio.sleep(LOOK)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Kills the bot under load, and counts.")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--logs", type=Path, help="a folder for the processes' logs")
    given = parser.parse_args()
    if given.database == "sqlite" and given.processes != 1:
        parser.error("SQLite has one process")
    signal.signal(signal.SIGTERM, lambda *_: parser.exit(143))
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.logs or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        sqlite = given.database == "sqlite"
        url = f"sqlite+aiosqlite:///{temporary}/kaiwa.db" if sqlite else empty_database()
        figures = asyncio.run(
            run(
                url,
                processes=given.processes,
                count=given.count,
                seed=given.seed,
                folder=folder,
            )
        )
    print("\n".join(figures.lines()))
    for name, found in (("lost", figures.lost), ("twice", figures.twice)):
        if found:
            print(f"{name}: {', '.join(found)}")
    print("\n".join(figures.seen))
    raise SystemExit(not figures.good)


if __name__ == "__main__":
    main()
