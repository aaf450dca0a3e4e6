"""The bot as one process after the other, in this one: started, ended in order, or cut off.

Each process has a chat of its own over the one store. Where one is cut off, all its tasks end
where they are, and from then on nothing that they still do reaches the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from contextvars import Context, ContextVar, copy_context
from typing import Any
from weakref import WeakSet

from bot.chat import Chat
from bot.level import Held
from bot.ports import TextGenerator
from bot.prompt import RinnaFormat
from bot.signals import Signals
from bot.study.study import Study
from storage.store import SqlStore
from tests.bot.conftest import PREAMBLE
from tests.fakes.letters import CharacterTokenizer

Serve = Callable[[Chat], AbstractAsyncContextManager[object]]

_CONNECTIONS = ("Platform.run", "Connection.run")

_process: ContextVar[Process | None] = ContextVar("process", default=None)


class Process:
    """One life of the bot. `serve` is what runs it while it is entered."""

    def __init__(
        self,
        store: SqlStore,
        generator: TextGenerator,
        serve: Serve,
        study: Study | None = None,
        held: Held | None = None,
        signals: Signals | None = None,
    ) -> None:
        known: Any = _StoreOf(self, store)
        self.chat = Chat(
            known,
            generator,
            RinnaFormat(CharacterTokenizer()),
            preamble=PREAMBLE,
            study=study,
            held=held,
            signals=signals,
        )
        self.tasks: WeakSet[asyncio.Task[Any]] = WeakSet()
        self.dead = False
        self._storing: set[asyncio.Task[Any] | None] = set()
        self._serve = serve
        self._ready = asyncio.Event()
        self._end = asyncio.Event()
        self._main: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Run until connected. Raises what keeps it from running."""
        factory: Any = _in_its_process  # its keyword is optional, which the types do not know
        asyncio.get_running_loop().set_task_factory(factory)
        context = copy_context()
        context.run(_process.set, self)
        self._main = asyncio.create_task(self._run(), context=context)
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait({self._main, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._main.done():
            self._main.result()

    async def _run(self) -> None:
        try:
            async with self._serve(self.chat):
                self._ready.set()
                await self._end.wait()
        finally:
            self.chat.quizzes.close()

    async def stop(self) -> None:
        """End as an operator ends it: what is under way comes to its end first."""
        self._end.set()
        assert self._main is not None
        await self._main

    async def kill(self) -> None:
        """End as a machine ends that loses its power."""
        self.dead = True
        self.chat.quizzes.close()
        for task in list(self.tasks):
            if task not in self._storing and not _closes_by_itself(task):
                task.cancel()
        while living := {task for task in self.tasks if not task.done()}:
            _, left = await asyncio.wait(living, timeout=5)
            for task in left:
                task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def store(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do something with the store, unless it is too late."""
        if self.dead:
            raise asyncio.CancelledError
        task = asyncio.current_task()
        inner = task in self._storing
        self._storing.add(task)
        try:
            result = await work()
        finally:
            if not inner:
                self._storing.discard(task)
        if self.dead:
            raise asyncio.CancelledError
        return result


def _closes_by_itself(task: asyncio.Task[Any]) -> bool:
    """Whether it is a connection, to a platform or to the database, which closes when its parts
    end, and would be left open if it was cancelled meanwhile."""
    work: Any = task.get_coro()
    code = getattr(work, "cr_code", None)
    from_library = code is not None and "sqlalchemy" in code.co_filename
    return from_library or str(getattr(work, "__qualname__", "")).endswith(_CONNECTIONS)


class _StoreOf:
    """The store as a process has it."""

    def __init__(self, process: Process, store: SqlStore) -> None:
        self._process = process
        self._store = store

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def call(*arguments: Any, **options: Any) -> Any:
            return await self._process.store(lambda: method(*arguments, **options))

        return call


def _in_its_process(
    loop: asyncio.AbstractEventLoop,
    work: Coroutine[Any, Any, Any],
    *,
    context: Context | None = None,
) -> asyncio.Task[Any]:
    """Makes a task, and notes whose it is: of the process in which it was begun."""
    task = asyncio.Task(work, loop=loop, context=context)
    process = _process.get() if context is None else context.get(_process)
    if process is not None:
        process.tasks.add(task)
    return task
