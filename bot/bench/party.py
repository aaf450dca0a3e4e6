"""Who is measured. A party opens a session, in which any channel may ask at any time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from bot.bench.workload import Workload

Tokens = tuple[int, ...]

# Ask for the reply to a prompt in a channel; yields its tokens as they come.
Ask = Callable[[int, Sequence[int]], AsyncGenerator[Tokens, None]]


class Party(Protocol):
    """Kaiwa, or what it is compared with."""

    @property
    def name(self) -> str:
        """What the tables call it."""

    @property
    def in_process(self) -> bool:
        """Whether it runs in this process, so that it may keep the event loop waiting."""

    def session(self, work: Workload) -> AbstractAsyncContextManager[Ask]:
        """Ready to be asked for `work`; every reply has exactly `work.reply` tokens."""
