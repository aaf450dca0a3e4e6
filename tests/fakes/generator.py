"""A text generator that says what the test wrote, when the test lets it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field

from bot.messages import (
    FinishReason,
    GenerationEnd,
    GenerationEvent,
    GenerationRequest,
    Queued,
    TextDelta,
    Thinking,
)

Piece = str | Queued | Thinking | FinishReason | Exception | asyncio.Event


@dataclass(slots=True)
class FakeGenerator:
    """Implements bot.ports.TextGenerator.

    Replies are taken from `script` in order, each a list of deltas, places in the queue, thoughts,
    events to wait for, errors to raise and why it ends, or an error alone; an empty script echoes
    the prompt's last turn. A reply waits before each piece until `gate` is open. `running` counts
    streams that are not closed, `ahead` holds what may be prefilled, the newest of each
    conversation, `forgotten` what was to be forgotten, and `choices` which candidates were chosen.
    """

    script: list[list[Piece] | Exception] = field(default_factory=list)
    context_length: int = 512
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    requests: list[GenerationRequest] = field(default_factory=list)
    ahead: dict[str, Callable[[], Awaitable[Sequence[int]]]] = field(default_factory=dict)
    running: int = 0
    remote: bool = False
    forgotten: list[Collection[str] | None] = field(default_factory=list)
    choices: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """See TextGenerator."""
        self.requests.append(request)
        echo: list[Piece] = [request.prompt.turns[-1].text]
        pieces = self.script.pop(0) if self.script else echo
        self.running += 1
        reason = FinishReason.END
        try:
            if isinstance(pieces, Exception):
                raise pieces
            for piece in pieces:
                await self.gate.wait()
                if isinstance(piece, Exception):
                    raise piece
                if isinstance(piece, asyncio.Event):
                    await piece.wait()
                elif isinstance(piece, FinishReason):
                    reason = piece
                else:
                    yield piece if isinstance(piece, Queued | Thinking) else TextDelta(piece)
            await self.gate.wait()
            length = len(request.prompt.ids)
            yield GenerationEnd(reason, length, 0, len(pieces))
        finally:
            self.running -= 1

    def prefill_ahead(
        self, conversation: str, beginning: Callable[[], Awaitable[Sequence[int]]]
    ) -> None:
        """See TextGenerator."""
        self.ahead[conversation] = beginning

    def chosen(self, conversation: str, candidate: int) -> None:
        """See TextGenerator."""
        self.choices.append((conversation, candidate))

    def forget(self, conversations: Collection[str] | None = None) -> None:
        """See TextGenerator."""
        self.forgotten.append(conversations)
