"""Several candidates for a reply, where servers run the model."""

from __future__ import annotations

from collections import deque

import pytest

from bot.candidates import best_of
from bot.messages import GenerationEnd, TextDelta
from tests.bot.engine.remote.asking import asked, engine
from tests.fakes.openai_server import OpenAIServer


@pytest.mark.parametrize(("places", "written"), [(4, 3), (2, 2), (1, 1)])
async def test_candidates_are_requests_of_their_own(
    server: OpenAIServer, places: int, written: int
) -> None:
    """Side by side, each with its seed, as many as there are places; the best is shown."""
    server.script = deque([("難", "難"), ("難", "い"), ("難" * 3,)])
    judged: list[str] = []

    def hard(text: str) -> float:
        judged.append(text)
        return text.count("難")

    async with engine(server, max_batch=places) as remote:
        events = [e async for e in best_of(remote, asked(seed=2**63 - 1), 3, hard)]
    best = TextDelta("難い" if written > 1 else "難難")
    assert events[0] == best and isinstance(events[-1], GenerationEnd)
    assert len(judged) == (written if written > 1 else 0)
    seeds = {body["seed"] for body in server.requests}
    assert seeds == {2**63 - 1, 0, 1} - set(range(written - 1, 2))
