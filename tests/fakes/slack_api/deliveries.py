"""How events, interactions and commands reach the app, how often, and what becomes of them.

Knows carriers, which bring one notice once and return its acknowledgement: a socket (sockets.py)
or a request (pushes.py). An event that is not acknowledged in time is delivered again, numbered;
interactions and commands are not, and the one who made them sees an error. What was under way in a
connection that broke is sent once more as it was, as people have seen it (slackapi/bolt-js#2487).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.slack_api.objects import Json
from tests.fakes.slack_api.world import Notice, World


class Undelivered(Exception):
    """It did not arrive, or was not acknowledged: Slack's reason.

    final: it is not to be tried again
    broken: its connection broke, so that it is sent once more
    """

    def __init__(self, reason: str, *, final: bool = False, broken: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
        self.broken = broken


@dataclass(eq=False, slots=True)
class Delivery:
    """One of a notice's deliveries with its retries.

    envelope_id: of Socket Mode, where the number of attempts is added to it
    attempts: how many failed; those whose connection broke are in `broken`, and not counted
    answer: what came back with the acknowledgement: a payload, or None
    sent_at, acked_at: seconds of time.monotonic(), of each attempt, and of the acknowledgement
    """

    notice: Notice
    envelope_id: str
    attempts: int = 0
    broken: int = 0
    reason: str = ""
    acked: bool = False
    answer: Any = None
    sent_at: list[float] = field(default_factory=list)
    acked_at: float = 0.0

    @property
    def payload(self) -> Json:
        """What is delivered."""
        return self.notice.payload


Carrier = Callable[[Delivery, float], Awaitable[Any]]


@dataclass(slots=True)
class Deliveries:
    """Delivers what it is given. What is set here holds for what happens from then on.

    over: the carriers' names, "socket" and "http"; each is given everything
    copies: how often each event is delivered, were it acknowledged or not
    shuffled: deliver what happened at the same time in an order drawn by lot, copies apart
    drop: the chance that the connection breaks and the acknowledgement is lost with it
    retry_after: seconds before each retry of an event; Slack's are about 0, 60 and 300
    ack_within: seconds; what is acknowledged later is delivered again, and in `late_acks`
    keep: how many deliveries `all` has, the newest; None is all
    waits: seconds that a notice waits for a socket where there is none; with 0 it is lost at once
    """

    world: World
    seed: int = 0
    over: tuple[str, ...] = ("socket",)
    copies: int = 1
    shuffled: bool = False
    drop: float = 0.0
    retry_after: tuple[float, ...] = (0.0, 0.05, 0.2)
    ack_within: float = 3.0
    waits: float = 30.0
    keep: int | None = None
    carriers: dict[str, Carrier] = field(default_factory=dict)
    all: list[Delivery] = field(default_factory=list)
    lost: list[Delivery] = field(default_factory=list)
    late_acks: list[Delivery] = field(default_factory=list)
    random: random.Random = field(init=False)
    _waiting: list[tuple[str, Delivery]] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def emit(self, notice: Notice) -> None:
        """Deliver something, from the next turn of the loop on."""
        copies = self.copies if notice.kind == "events_api" else 1
        for over in self.over:
            for _ in range(copies):
                delivery = Delivery(notice, self.world.id("envelope-"))
                self.all.append(delivery)
                self._waiting.append((over, delivery))
        if self.keep is not None:
            del self.all[: -self.keep]
        if len(self._waiting) == copies * len(self.over):
            self._start(self._begin())

    @property
    def pending(self) -> bool:
        """Whether anything is under way."""
        return bool(self._tasks)

    def close(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()

    def drops(self) -> bool:
        """Whether the connection breaks now."""
        return self.drop > 0 and self.random.random() < self.drop

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.world.touch()
        if not task.cancelled():
            task.result()

    async def _begin(self) -> None:
        batch, self._waiting = self._waiting, []
        if self.shuffled:
            self.random.shuffle(batch)
        for over, delivery in batch:
            self._start(self._deliver(over, delivery))

    async def _deliver(self, over: str, delivery: Delivery) -> None:
        retries = self.retry_after if delivery.notice.kind == "events_api" else ()
        for pause in (0.0, *retries):
            if pause:
                await asyncio.sleep(pause)
            try:
                delivery.answer = await self._carry(over, delivery)
            except Undelivered as error:
                delivery.attempts += 1
                delivery.reason = error.reason
                if error.final:
                    break
                continue
            delivery.acked, delivery.acked_at = True, time.monotonic()
            delivery.notice.answered(delivery.answer)
            return
        self.lost.append(delivery)

    async def _carry(self, over: str, delivery: Delivery) -> Any:
        while True:
            try:
                return await self.carriers[over](delivery, self.ack_within)
            except Undelivered as error:
                if not error.broken:
                    raise
                delivery.broken += 1

    def sent(self, delivery: Delivery) -> None:
        """A carrier has handed it over just now."""
        delivery.sent_at.append(time.monotonic())
