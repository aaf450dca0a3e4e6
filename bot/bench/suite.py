"""A whole run: every workload, round by round, one party after the other.

In each round all parties do the same work; every other round they come in the opposite order, so
that a machine that grows slower does not always do so for the same one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from bot.bench.batching import ContinuousBatching
from bot.bench.generate import GenerateBot
from bot.bench.kaiwa import Kaiwa
from bot.bench.measure import Run, measure
from bot.bench.party import Party
from bot.bench.results import KAIWA, Case
from bot.bench.servers import Server
from bot.bench.workload import Conversation, Workload
from bot.engine.loader import LoadedModel
from bot.engine.local import EngineOptions
from bot.errors import BotError

Progress = Callable[[str], None]
PATIENCE = 1_800.0  # seconds that one run of a peer may take; Kaiwa's may take any time


def parties(
    loaded: LoadedModel, options: EngineOptions, against: Sequence[str]
) -> dict[str, Party]:
    """Kaiwa and its peers, by name. Raises BotError for one that is not known."""
    found: dict[str, Party] = {KAIWA: Kaiwa(loaded, options)}
    for peer in against:
        name, is_server, url = peer.partition("=")
        if name in found:
            raise BotError(f"Two parties are named {name}.", f"{name} という名前が重なっています。")
        if is_server and name and url.startswith(("http://", "https://")):
            found[name] = Server(name, url)
        elif peer == GenerateBot.name:
            found[name] = GenerateBot(loaded)
        elif peer == ContinuousBatching.name:
            found[name] = ContinuousBatching(loaded)
        else:
            raise BotError(
                f"--against {peer} is unknown: give generate, batching or NAME=http://…",
                f"--against {peer} は不明です。generate、batching、名前=http://… のいずれかです。",
            )
    return found


class Suite:
    """The parties of a run, less those that failed. `failures` says why, one line each."""

    def __init__(self, members: dict[str, Party], progress: Progress) -> None:
        self._all = members
        self._members = dict(members)
        self._progress = progress
        self._warm: set[str] = set()
        self._rounds = 0
        self.failures: list[str] = []

    @property
    def llama_cpp(self) -> str | None:
        """The name of the party that is llama.cpp's server, also where it failed later on."""
        servers = (party for party in self._all.values() if isinstance(party, Server))
        return next((server.name for server in servers if server.is_llama_cpp), None)

    async def run(self, work: Workload, names: Sequence[str], rounds: int) -> Case:
        """Measure the named parties on a workload. What Kaiwa raises is raised."""
        runs: dict[str, list[Run]] = {name: [] for name in names}
        for number in range(rounds):
            self._rounds += 1
            for name in names if number % 2 == 0 else reversed(names):
                if name not in self._members:
                    continue
                self._progress(
                    f"{work.channels} × {work.history} tokens, round {number + 1}: {name} …"
                )
                if run := await self._try(name, work):
                    runs[name].append(run)
                else:
                    runs[name].clear()
        in_process = {n for n, party in self._members.items() if party.in_process}
        return Case(work, runs, frozenset(in_process))

    async def _try(self, name: str, work: Workload) -> Run | None:
        """A party's run; None where it failed, and it is then out of the suite."""
        party = self._members[name]
        try:
            async with asyncio.timeout(None if name == KAIWA else PATIENCE):
                if name not in self._warm:
                    await _warm_up(party, work)
                    self._warm.add(name)
                return await measure(party, work, seed=self._rounds)
        except Exception as error:
            cause: BaseException = error
            while isinstance(cause, BaseExceptionGroup):
                cause = cause.exceptions[0]
            if name == KAIWA:
                raise cause from None
            self._failed(name, cause)
            return None

    def _failed(self, name: str, error: BaseException) -> None:
        line = f"{name} failed: {type(error).__name__}: {error}"
        if isinstance(error, BotError):
            line = f"{name}: {error.both()}"
        self.failures.append(line)
        self._progress(line)
        del self._members[name]


async def _warm_up(party: Party, work: Workload) -> None:
    """A short reply that nobody measures: the first one pays for more than its tokens."""
    small = replace(work, channels=1, history=0, reply=2)
    prompt = Conversation(small, 0, -1).tokens
    async with party.session(small) as ask, aclosing(ask(0, prompt)) as reply:
        async for _ in reply:
            pass
