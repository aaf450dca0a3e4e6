"""The rules of `bot/bench/suite.py`, with parties that fail on purpose."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from bot.bench.kaiwa import Kaiwa
from bot.bench.party import Ask, Tokens
from bot.bench.results import KAIWA
from bot.bench.servers import Server
from bot.bench.suite import Suite
from bot.bench.workload import Workload
from bot.engine.loader import LoadedModel
from bot.engine.local import EngineOptions
from bot.errors import GenerationFailed

OPTIONS = EngineOptions(cache_tokens=2_048)


class Failing:
    """A party that fails as soon as it is asked."""

    in_process = False

    def __init__(self, name: str) -> None:
        self.name = name

    @asynccontextmanager
    async def session(self, work: Workload) -> AsyncIterator[Ask]:
        """See Party."""

        async def ask(channel: int, prompt: Sequence[int]) -> AsyncGenerator[Tokens, None]:
            raise GenerationFailed
            yield ()

        yield ask


class FailingLlama(Failing, Server):
    """A llama.cpp server that answers nothing any more."""

    is_llama_cpp = True


async def test_a_peer_that_fails_is_told_of_and_the_others_go_on(
    loaded: LoadedModel, small: Workload
) -> None:
    """And is still known for what it is, so that what was measured of it counts."""
    llama = FailingLlama("llama.cpp")
    suite = Suite({KAIWA: Kaiwa(loaded, OPTIONS), llama.name: llama}, lambda line: None)
    case = await suite.run(small, [KAIWA, llama.name], rounds=2)
    assert len(case.runs[KAIWA]) == 2 and case.runs[llama.name] == []
    (line,) = suite.failures
    assert line.startswith("llama.cpp:")
    assert suite.llama_cpp == "llama.cpp"


async def test_what_stops_kaiwa_stops_the_run(small: Workload) -> None:
    """As the error that it was, of which the command makes one line."""
    suite = Suite({KAIWA: Failing(KAIWA)}, lambda line: None)
    with pytest.raises(GenerationFailed):
        await suite.run(small, [KAIWA], rounds=1)
