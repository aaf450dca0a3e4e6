"""One reply as it is measured: how long its question waited, when its first words came, how fast
the rest, and how it ended. Counted, and logged in one line without what was said.
"""

from __future__ import annotations

import asyncio
import logging
import time
from types import TracebackType

from bot.errors import DeadlineExceeded, EmptyReply, EngineBusy, MessageTooLong
from bot.messages import GenerationEnd, ReplyEnd, ReplyEvent, TextDelta
from bot.meters import Meters
from bot.ports import TakenOver

log = logging.getLogger(__name__)

# What a reply that did not come to an end of its own is counted as.
_ENDS: tuple[tuple[type[BaseException], str], ...] = (
    (EngineBusy, "busy"),
    (DeadlineExceeded, "late"),
    (MessageTooLong, "too_long"),
    (EmptyReply, "empty"),
    (TakenOver, "taken_over"),
    (asyncio.CancelledError, "interrupted"),
    (GeneratorExit, "interrupted"),
)


class Measured:
    """A reply from its turn to its end; a context manager around both. `asked`: when its question
    was, by `time.monotonic()`."""

    def __init__(self, meters: Meters, platform: str, conversation_id: int, asked: float) -> None:
        self._meters = meters
        self._platform = platform
        self._conversation_id = conversation_id
        self._asked = asked
        self._began = time.monotonic()
        self._first = self._last = 0.0
        self._pieces = 0
        self._end = "failed"
        self.generation: GenerationEnd | None = None

    def saw(self, event: ReplyEvent) -> None:
        """An event of the reply."""
        if isinstance(event, TextDelta):
            self._pieces += 1
            self._last = time.monotonic()
            self._first = self._first or self._last
        elif isinstance(event, ReplyEnd):
            self._end = event.reason.value

    def __enter__(self) -> Measured:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            found = (end for type_, end in _ENDS if isinstance(error, type_))
            self._end = next(found, "failed")
        self._count()

    def _count(self) -> None:
        meters, now = self._meters, time.monotonic()
        waited, took = self._began - self._asked, now - self._began
        # A reply that was cut off has no count of its own; a piece is a token, or nearly.
        tokens = self._pieces if self.generation is None else self.generation.generated_tokens
        writing = self._last - self._first
        speed = (tokens - 1) / writing if tokens > 1 and writing > 0 else None
        first = self._first - self._began if self._first else None
        meters.replies.add(self._platform, self._end)
        meters.waits.add(waited)
        meters.lengths.add(took)
        if first is not None:
            meters.first.add(first)
        if speed is not None:
            meters.speeds.add(speed)
        log.info(
            "%s, conversation %d: waited %.2f s, first words after %s s, %d tokens, %s tokens/s, "
            "%.2f s in all: %s",
            self._platform,
            self._conversation_id,
            waited,
            "-" if first is None else f"{first:.2f}",
            tokens,
            "-" if speed is None else f"{speed:.1f}",
            took,
            self._end,
        )
