"""A platform as a test plays it: people say things in places, and see what the bot shows there.

What differs between the platforms is a driver's: discord.py and slack.py beside this file.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.chat import Chat
from bot.level import Held
from bot.messages import ConversationKey
from bot.ports import TextGenerator
from bot.study.study import Study
from storage.store import SqlStore
from tests.adapters.stages.running import Process

PATIENCE = 60.0  # seconds until a test gives up waiting for what is to happen


@dataclass(frozen=True, slots=True)
class Place:
    """A channel, a thread or direct messages. `root`: the first message, of a thread on Slack."""

    native: Any
    root: str = ""


@dataclass(eq=False, slots=True)
class Said:
    """Something that a person said."""

    place: Place
    author: Any
    native: Any
    told: list[Any] = field(default_factory=list)  # the events of it


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the bot as people read it. `done`: it ends a complete reply."""

    text: str
    done: bool
    writing: bool
    native: Any


class Stage(ABC):
    """One platform's fake server, and the bot on it. `options` are settings of the platform."""

    name: str
    bot: str  # what mentions it
    everyone: str  # what mentions everybody

    def __init__(self, store: SqlStore, generator: TextGenerator) -> None:
        self.store = store
        self.generator = generator
        self.options: dict[str, Any] = {}
        self.levels: Held | None = None
        self.grace = 5.0
        self.study: Study | None = None
        self.process: Process | None = None

    # The bot.

    @property
    def chat(self) -> Chat:
        """The chat of the process that runs."""
        assert self.process is not None
        return self.process.chat

    @property
    def running(self) -> bool:
        """Whether the bot runs now."""
        return self.process is not None

    async def start(self) -> None:
        """Start the bot, and wait until it is connected."""
        process = Process(self.store, self.generator, self._serve, self.study, self.levels)
        await process.start()
        self.process = process

    async def stop(self) -> None:
        """End it in order: what was taken in is answered within `grace` seconds."""
        process, self.process = self.process, None
        if process is not None:
            await process.stop()

    async def kill(self) -> None:
        """Cut it off."""
        process, self.process = self.process, None
        if process is not None:
            await process.kill()

    @abstractmethod
    def _serve(self, chat: Chat) -> AbstractAsyncContextManager[object]: ...

    # People and places.

    @abstractmethod
    def person(self, name: str, *, administrator: bool = False) -> Any:
        """Somebody."""

    @abstractmethod
    def mention(self, person: Any) -> str:
        """What mentions somebody."""

    @abstractmethod
    def channel(self, *people: Any) -> Place:
        """A channel with the bot and these people in it."""

    @abstractmethod
    def thread(self, channel: Place, person: Any) -> Place:
        """A thread of a channel, begun by somebody, in which the bot has not spoken."""

    @abstractmethod
    def dm(self, person: Any) -> Place:
        """Somebody's direct messages with the bot."""

    # What people do.

    @abstractmethod
    def say(self, place: Place, author: Any, text: str) -> Said:
        """Say something."""

    def ask(self, place: Place, author: Any, text: str) -> Said:
        """Say something to the bot, with a mention."""
        return self.say(place, author, f"{self.bot} {text}")

    @abstractmethod
    def reply(self, place: Place, author: Any, shown: Shown, text: str) -> Said:
        """Answer a message of the bot by the platform's own means, without a mention."""

    @abstractmethod
    def forward(self, place: Place, author: Any, other: Any, text: str) -> Said:
        """Pass on what somebody said where the bot is not, without an own word."""

    @abstractmethod
    def edit(self, said: Said, text: str) -> None:
        """Change what was said."""

    @abstractmethod
    def delete(self, said: Said) -> None:
        """Take back what was said."""

    @abstractmethod
    def again(self, said: Said, shape: int = 0) -> None:
        """Deliver what was said once more, in one of its shapes."""

    @abstractmethod
    def again_own(self, shown: Shown) -> None:
        """Deliver a message of the bot's own once more."""

    @abstractmethod
    def disguise(self) -> None:
        """From now on nothing but the id of the bot's user says whose its messages are."""

    SHAPES = 2  # of `again`

    @abstractmethod
    def press(self, shown: Shown, person: Any, button: str) -> None:
        """Press "stop", "regenerate", "good" or "bad" below a message of the bot."""

    # What comes of it.

    @abstractmethod
    def shown(self, place: Place) -> list[Shown]:
        """The bot's messages in a place, in order; in a channel of Slack, with the threads that
        answer what stands there."""

    @abstractmethod
    def answers(self, shown: Shown, said: Said) -> bool:
        """Whether a message of the bot stands where an answer to this is to stand."""

    def texts(self, place: Place) -> list[str]:
        """What they say."""
        return [each.text for each in self.shown(place)]

    @abstractmethod
    def told(self, place: Place, person: Any) -> list[str]:
        """What the bot said to somebody alone about a place, wherever it says that."""

    @abstractmethod
    def key(self, said: Said) -> ConversationKey:
        """The conversation that a message belongs to."""

    async def kept(self, said: Said) -> list[str]:
        """What is stored of a message's conversation, oldest first."""
        number = await self.store.find(self.key(said))
        if number is None:
            return []
        return [message.text for message in await self.store.history(number, limit=100)]

    async def until_kept(self, said: Said, holds: Callable[[list[str]], object]) -> list[str]:
        """Wait until something holds of what is stored of a message's conversation."""
        async with asyncio.timeout(PATIENCE):
            while not holds(kept := await self.kept(said)):  # noqa: ASYNC110  the store tells nobody
                await asyncio.sleep(0.02)
        return kept

    async def remembered(self, place: Place, author: Any, text: str) -> Said:
        """Ask something, and wait until it and its answer, which repeats it, are stored."""
        said = self.ask(place, author, text)
        await self.answered(place, text)
        await self.until_kept(said, lambda kept: kept == [text, text])
        return said

    @property
    @abstractmethod
    def own(self) -> ConversationKey:
        """Where the store keeps what concerns the application itself."""

    async def seen(self) -> datetime | None:
        """Until when everything counts as having come in."""
        found = (await self.store.settings(self.own)).get("seen")
        return datetime.fromisoformat(found) if found else None

    # Waiting.

    @abstractmethod
    async def until(self, holds: Callable[[], object], within: float = PATIENCE) -> None:
        """Wait until something holds."""

    async def answered(self, place: Place, text: str) -> Shown:
        """Wait until a complete reply says this in a place."""

        def found() -> Shown | None:
            shown = self.shown(place)
            return next((each for each in shown if each.done and text in each.text), None)

        await self.until(found)
        answer = found()
        assert answer is not None
        return answer

    async def marked(self, place: Place, author: Any, text: str = "最後") -> None:
        """Say something more to the bot, and wait for its answer: all before was looked at."""
        self.ask(place, author, text)
        await self.answered(place, text)

    def later(self) -> None:
        """Let a moment pass on the platform, whose times may be coarse."""
        self.advance(1.0)

    @abstractmethod
    def advance(self, seconds: float) -> None:
        """Move the platform's clock ahead."""

    # Faults.

    @abstractmethod
    def connect_anew(self) -> None:
        """Break the connections so that the bot connects anew and may have missed something."""

    @abstractmethod
    def connects(self) -> int:
        """How often it has connected so far, ready to be told of everything."""

    @abstractmethod
    def fail_history(self, times: int) -> None:
        """Let the next requests for a history fail, as a server that is overloaded."""

    @abstractmethod
    def relent(self) -> None:
        """Let nothing fail any more."""

    @abstractmethod
    def histories(self) -> int:
        """How often a history was asked for."""

    @abstractmethod
    def hold_history(self) -> AbstractContextManager[Any]:
        """Let requests for a history wait."""

    @abstractmethod
    def hold_writing(self) -> AbstractContextManager[Any]:
        """Let changes of the bot's messages wait."""

    @abstractmethod
    def slow(self, place: Place, person: Any, text: str) -> AbstractContextManager[Any]:
        """Somebody whom the bot does not know says this to it, so that something is to be looked
        up, which waits."""

    @contextmanager
    def held(self) -> Iterator[list[Any]]:
        """Keep events back, which `deliver` then delivers in the order that the test wants."""
        held: list[Any] = []
        world = self._world
        emit, world.emit = world.emit, held.append
        try:
            yield held
        finally:
            world.emit = emit

    def deliver(self, events: list[Any]) -> None:
        """Let events arrive that were kept back."""
        for event in events:
            self._world.emit(event)

    @abstractmethod
    def look_up(self, person: Any) -> None:
        """Have the bot look somebody up before it answers what they say."""

    @abstractmethod
    def fail_look_ups(self, times: int) -> None:
        """Let the next look-ups of people fail, as a server that is overloaded."""

    @property
    @abstractmethod
    def _world(self) -> Any: ...
