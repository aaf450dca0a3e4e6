"""A text generator that says what the test wrote, when the test lets it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from bot.messages import FinishReason, GenerationEnd, GenerationRequest, TextDelta


@dataclass(slots=True)
class FakeGenerator:
    """Implements bot.ports.TextGenerator.

    Replies are taken from `script` in order, each a list of deltas or an error to raise; an
    empty script echoes the prompt's last turn. A reply waits before each delta until `gate` is
    open. `running` counts streams that are not closed.
    """

    script: list[list[str] | Exception] = field(default_factory=list)
    context_length: int = 512
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    requests: list[GenerationRequest] = field(default_factory=list)
    running: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    async def stream(
        self, request: GenerationRequest
    ) -> AsyncGenerator[TextDelta | GenerationEnd, None]:
        """See TextGenerator."""
        self.requests.append(request)
        echo = [request.prompt.turns[-1].text]
        deltas = self.script.pop(0) if self.script else echo
        self.running += 1
        try:
            if isinstance(deltas, Exception):
                raise deltas
            for delta in deltas:
                await self.gate.wait()
                yield TextDelta(delta)
            await self.gate.wait()
            length = len(request.prompt.ids)
            yield GenerationEnd(FinishReason.END, length, 0, len(deltas))
        finally:
            self.running -= 1
