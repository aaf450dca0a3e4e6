"""What the remote engine's tests ask it, and what comes back."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from typing import Any

from bot.engine.remote.engine import RemoteEngine, RemoteOptions
from bot.messages import (
    GenerationEnd,
    GenerationRequest,
    Prompt,
    Queued,
    Role,
    Sampling,
    TextDelta,
    Turn,
)
from tests.fakes.letters import CharacterTokenizer
from tests.fakes.openai_server import OpenAIServer

TURNS = (Turn(Role.USER, "猫"), Turn(Role.USER, "犬"), Turn(Role.ASSISTANT, "はい"))
PROMPT = Prompt("猫犬", (3, 4, 5), TURNS)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply."""

    text: str
    end: GenerationEnd
    deltas: tuple[str, ...]
    queued: tuple[Queued, ...]


def asked(
    conversation: str = "c", stop: tuple[str, ...] = (), **sampling: Any
) -> GenerationRequest:
    """A request for a reply to PROMPT."""
    return GenerationRequest(PROMPT, Sampling(**sampling), conversation, stop)


def engine(*servers: OpenAIServer, **options: Any) -> RemoteEngine:
    """An engine over these servers."""
    urls = tuple(server.url for server in servers)
    return RemoteEngine(CharacterTokenizer(), RemoteOptions(urls, **options))


async def reply(
    engine: RemoteEngine, conversation: str = "c", stop: tuple[str, ...] = (), **sampling: Any
) -> Reply:
    """One whole reply; see `asked`."""
    events = [e async for e in engine.stream(asked(conversation, stop, **sampling))]
    end = events[-1]
    assert isinstance(end, GenerationEnd)
    deltas = tuple(e.text for e in events if isinstance(e, TextDelta))
    queued = tuple(e for e in events if isinstance(e, Queued))
    return Reply("".join(deltas), end, deltas, queued)


def names_at(engine: RemoteEngine, server: OpenAIServer, count: int = 1) -> list[str]:
    """Conversations that go to a server. Ports differ, so they are others in each run."""
    names = (f"c{number}" for number in itertools.count())
    home = (name for name in names if engine._pool.choose(name).url.startswith(server.url))
    return list(itertools.islice(home, count))


async def until(condition: Any) -> None:
    """Wait for something that another task, or the server, does."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110, what is waited for has no event
            await asyncio.sleep(0.002)
