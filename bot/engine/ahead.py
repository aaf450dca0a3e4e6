"""What is to be prefilled ahead: which conversations' prompts, and when they are made.

A conversation is noted at once and its prompt asked for later, when the engine has nothing else
to do: a burst of messages costs one reading of the history, and a busy engine none. What is
read goes to the scheduler, which runs it while there is no request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from collections.abc import Sequence as Tokens

from bot.bounded import Bounded
from bot.engine.scheduler import Scheduler
from bot.engine.sequence import Sequence
from bot.messages import Sampling

PAUSE = 0.5  # seconds between a conversation's first note and the reading
MOST = 64  # conversations that are noted; of more, the oldest are dropped

Beginning = Callable[[], Awaitable[Tokens[int]]]

log = logging.getLogger(__name__)


class Ahead:
    """The conversations that are noted, oldest first, of which one at a time is read.

    `wake` makes the engine look again. Used on the event loop only. `vocabulary`: how many
    tokens the model knows.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        context_length: int,
        wake: Callable[[], None],
        pause: float = PAUSE,
        *,
        vocabulary: int | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._context_length = context_length
        self._vocabulary = vocabulary
        self._wake = wake
        self._pause = pause
        self._noted: Bounded[str, tuple[float, Beginning]] = Bounded(MOST)
        self._reading: asyncio.Task[None] | None = None
        self._conversation: str | None = None  # whose beginning is being read

    def __len__(self) -> int:
        """How many conversations are noted or being read."""
        return len(self._noted) + (self._conversation is not None)

    def note(self, conversation: str, beginning: Beginning) -> None:
        """Read this later, in place of what was noted of the conversation before."""
        self._scheduler.drop_ahead(conversation)
        known = self._noted.get(conversation)
        due = known[0] if known else asyncio.get_running_loop().time() + self._pause
        self._noted[conversation] = due, beginning
        self._wake()

    def forget(self, conversation: str) -> None:
        """A request came: its own prompt has all that was noted before."""
        self._noted.pop(conversation, None)
        if self._conversation == conversation:
            self._conversation = None

    def forget_all(self, conversations: Collection[str] | None) -> None:
        """What was noted of these conversations, or of all, is of no interest any more."""
        if conversations is None:
            self._noted.clear()
            self._conversation = None
        else:
            for conversation in conversations:
                self.forget(conversation)

    def look(self) -> None:
        """The engine is idle: read the oldest, once it is due."""
        if self._noted and self._reading is None:
            conversation, (due, _) = min(self._noted.items(), key=lambda noted: noted[1][0])
            self._reading = asyncio.create_task(self._read(conversation, due), name="kaiwa-ahead")

    async def aclose(self) -> None:
        """Drop everything."""
        self._noted.clear()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _read(self, conversation: str, due: float) -> None:
        try:
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            if not self._scheduler.is_idle or conversation not in self._noted:
                return
            _, beginning = self._noted.pop(conversation)
            self._conversation = conversation
            ids = await beginning()
            fits = 0 < len(ids) < self._context_length and is_known(ids, self._vocabulary)
            if self._conversation == conversation and fits:
                # With room for a reply too, so that the slot need not grow for it, which copies.
                room = min(len(ids) + self._context_length // 4, self._context_length)
                sequence = Sequence(tuple(ids), Sampling(), conversation, room, ahead=True)
                self._scheduler.prefill_ahead(sequence)
        except Exception:  # nobody asked for it, so nobody is told
            log.exception("the beginning of a conversation's next prompt could not be read")
        finally:
            self._conversation = self._reading = None
            self._wake()


def is_known(ids: Tokens[int], vocabulary: int | None) -> bool:
    """Whether a model of so many tokens (None: of any number) knows all of these."""
    return vocabulary is None or max(ids, default=0) < vocabulary
