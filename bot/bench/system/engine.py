"""A stand-in for the engine: its steps take a set time, for any number of conversations.

It computes nothing, so that what a run takes is the bot's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence

from bot.messages import FinishReason, GenerationEnd, GenerationEvent, GenerationRequest, TextDelta

CONTEXT = 2_048  # tokens, rinna's
_PIECES = (
    "それ",
    "は",
    "いい",
    "です",
    "ね",
    "。",
    "Let us",
    " learn",
    " 日本",
    "語",
    "を",
    "一緒に",
)


class TimedEngine:
    """Implements TextGenerator: each reply has `tokens` tokens, one a step of `step` seconds."""

    context_length = CONTEXT
    remote = False

    def __init__(self, step: float, tokens: int) -> None:
        self._step = step
        self._tokens = tokens
        self._next: asyncio.Future[None] | None = None

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """See TextGenerator."""
        for number in range(self._tokens):
            await asyncio.shield(self._step_end())
            yield TextDelta(_PIECES[number % len(_PIECES)])
        yield GenerationEnd(FinishReason.END, len(request.prompt.ids), 0, self._tokens)

    def _step_end(self) -> asyncio.Future[None]:
        """The end of the step that is computed now, by all who wait together."""
        if self._next is None or self._next.done():
            loop = asyncio.get_running_loop()
            self._next = loop.create_future()
            loop.call_later(self._step, self._next.set_result, None)
        return self._next

    def prefill_ahead(
        self, conversation: str, beginning: Callable[[], Awaitable[Sequence[int]]]
    ) -> None:
        """See TextGenerator."""

    def chosen(self, conversation: str, candidate: int) -> None:
        """See TextGenerator."""

    def forget(self, conversations: Collection[str] | None = None) -> None:
        """See TextGenerator."""
