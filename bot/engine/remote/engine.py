"""A `TextGenerator` over servers that speak OpenAI's API: vLLM, llama.cpp's server, others.

The same promises as `LocalEngine`'s: a bounded queue, a place and an estimate for who waits, a
deadline, an end to the model's work when nobody listens. It decides when a request is sent and
where, and what becomes of one that fails; how it is said is in `wire.py`.

Until a server has written something, another may take over. Afterwards a failure is the
reply's: what was shown cannot be taken back.

Longer than most files: what becomes of a request, whichever way it ends, can be read in one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp

from bot.engine.remote.client import FAILED, Refused, TooLong, Unavailable
from bot.engine.remote.complaints import room_after
from bot.engine.remote.plain_text import PlainText
from bot.engine.remote.pool import Pool
from bot.engine.remote.queue import PlaceQueue
from bot.engine.remote.reply import RemoteReply
from bot.engine.remote.server import RemoteOptions, Server, no_context_length
from bot.engine.remote.wire import ENDED_BADLY
from bot.errors import (
    BotError,
    DeadlineExceeded,
    EngineBusy,
    EngineClosed,
    GenerationFailed,
    MessageTooLong,
    PromptTooLong,
)
from bot.messages import (
    GenerationEnd,
    GenerationEvent,
    GenerationRequest,
    TextDelta,
    Thinking,
)
from bot.meters import EngineTotals
from bot.templated import end_ids
from bot.thinking import opens
from bot.tokenizer import Tokenizer

TRIES = 3  # at least, of one request; with several servers one more than there are
PATIENCE = 2.0  # seconds between tries, at most, where the server asked for none
LAST_WORDS = 2.0  # seconds for the counts, once a reply has ended
ANOTHER_REQUEST = (400, 413, 422)  # refusals that another server would repeat

__all__ = ["RemoteEngine", "RemoteOptions"]

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Stream:
    """The receiving end of a request. `begun`: a server has written something. `asked_for`: the
    tokens of prompt and reply, when it was sent last."""

    request: GenerationRequest
    deadline: float  # on the event loop's clock
    events: asyncio.Queue[GenerationEvent | BotError] = field(default_factory=asyncio.Queue)
    begun: bool = False
    asked_for: int = 0


class RemoteEngine:
    """Serves all conversations from other machines. Use as an async context manager."""

    remote = True
    device = "servers"

    def __init__(
        self, tokenizer: Tokenizer, options: RemoteOptions, plain: PlainText | None = None
    ) -> None:
        self._tokenizer = tokenizer
        self._ends = end_ids(tokenizer)
        self._plain = plain
        self._options = options
        self._context_length = options.context_length
        self._places = PlaceQueue(options.max_batch, options.max_waiting)
        self._session: aiohttp.ClientSession | None = None
        self._pool = Pool(())
        self.totals = EngineTotals()
        self._ended = asyncio.Event()
        self._tasks: dict[asyncio.Task[None], _Stream] = {}

    @property
    def context_length(self) -> int:
        """The longest prompt plus reply, in tokens. Known once the engine is started."""
        return self._context_length or 0

    @property
    def is_closed(self) -> bool:
        """Whether no server is asked any more."""
        return self._ended.is_set()

    @property
    def running(self) -> int:
        """How many requests are with a server."""
        return self._places.running

    @property
    def waiting(self) -> int:
        """How many requests wait for their turn."""
        return self._places.waiting

    async def start(self) -> None:
        """Ask all servers what they serve. Raises BotError when none of them can be used."""
        self._session = session = self._options.session()
        urls = dict.fromkeys(self._options.base_urls)
        self._pool = Pool(
            Server(session, url, self._options, self._tokenizer, self._plain) for url in urls
        )
        try:
            greetings = await asyncio.gather(*map(self._greet, self._pool.servers))
            if all(greetings):
                raise next(filter(None, greetings))
            if not self._context_length:
                raise no_context_length()
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """End every stream with EngineClosed, and with it its work on a server."""
        self._ended.set()
        session, self._session = self._session, None
        for task, stream in self._tasks.items():
            stream.events.put_nowait(EngineClosed())
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if session is not None:
            await session.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """Yield its place while it waits, text as it is written, then one `GenerationEnd`.

        See `TextGenerator`. Also raises MessageTooLong, DeadlineExceeded and EngineClosed, and
        PromptTooLong where a server takes less than was known.
        """
        if self._session is None:
            raise EngineClosed
        if not request.prompt.ids:
            raise ValueError("a prompt needs at least one token")
        if len(request.prompt.ids) >= self.context_length:
            raise MessageTooLong(len(request.prompt.ids), self.context_length - 1)
        deadline = asyncio.get_running_loop().time() + self._options.deadline_seconds
        stream = _Stream(request, deadline)
        task = asyncio.create_task(self._run(stream), name="kaiwa-remote")
        self._tasks[task] = stream
        task.add_done_callback(self._tasks.pop)
        try:
            while True:
                event = await stream.events.get()
                if isinstance(event, BotError):
                    raise event
                yield event
                if isinstance(event, GenerationEnd):
                    return
        finally:
            task.cancel()  # nobody listens any more; nothing to one that is done
            await asyncio.wait([task])

    def prefill_ahead(
        self, conversation: str, beginning: Callable[[], Awaitable[Sequence[int]]]
    ) -> None:
        """Nothing: these servers have no such request, and know best when they are idle."""

    def chosen(self, conversation: str, candidate: int) -> None:
        """Nothing: what these servers cache is theirs, and goes by itself."""

    def forget(self, conversations: Collection[str] | None = None) -> None:
        """Nothing: what these servers cache is theirs, and goes by itself."""

    async def ended(self) -> None:
        """Wait until the engine is closed. A request's error is that request's, never the end."""
        await self._ended.wait()

    async def _run(self, stream: _Stream) -> None:
        """Bring a request to its end, whichever that is."""
        tell = stream.events.put_nowait
        try:
            place = self._places.place(
                tell,
                conversation=stream.request.conversation,
                person=stream.request.person,
                patient=not stream.request.candidate,
            )
            async with asyncio.timeout_at(stream.deadline), place:
                end: GenerationEnd | BotError = self._counted(await self._generate(stream))
        except TimeoutError:
            end = DeadlineExceeded(self._options.deadline_seconds)
        except BotError as error:
            end = error
        except Exception:
            log.exception("a request to a model server failed")
            end = GenerationFailed()
        tell(end)

    def _counted(self, end: GenerationEnd) -> GenerationEnd:
        self.totals.prompt += end.prompt_tokens
        self.totals.cached += end.cached_tokens
        self.totals.generated += end.generated_tokens
        return end

    async def _generate(self, stream: _Stream) -> GenerationEnd:
        """Ask one server after the other, until one has begun to write."""
        conversation = stream.request.conversation
        busy = False
        for number in range(max(TRIES, len(self._pool.servers) + 1)):
            server = self._pool.choose(conversation)
            await self._wait_for(server, stream, PATIENCE if number else 0.0)
            try:
                return await self._write(server, stream)
            except Unavailable as problem:
                log.warning("%s", problem.english)
                self._pool.set_aside(server, problem.retry_after)
                busy = problem.busy
                if stream.begun:
                    raise GenerationFailed from problem
            except Refused as problem:
                log.error("%s", problem.english)
                if isinstance(problem, TooLong) and not stream.begun:
                    raise self._shortened(stream, problem) from problem
                if stream.begun or problem.status in ANOTHER_REQUEST:
                    raise GenerationFailed from problem
                self._pool.set_aside(server)
                if self._pool.pause(self._pool.choose(conversation)):
                    raise GenerationFailed from problem
        raise self._busy() if busy else GenerationFailed()

    async def _write(self, server: Server, stream: _Stream) -> GenerationEnd:
        """Let a server write the reply."""
        request, tell = stream.request, stream.events.put_nowait
        await self._meet(server)
        prompt = len(request.prompt.ids)
        max_tokens = min(max(1, request.sampling.max_new_tokens), self.context_length - prompt)
        if max_tokens < 1:
            raise MessageTooLong(prompt, self.context_length - 1)
        stream.asked_for = prompt + max_tokens
        stop = request.stop + request.sampling.stop
        reply = RemoteReply(self._tokenizer, stop, self._ends, opens(request.prompt.text))
        thinking = False
        try:
            async with (
                asyncio.timeout(None) as patience,
                aclosing(server.pieces(request, max_tokens)) as pieces,
            ):
                async for piece in pieces:
                    if piece.finished in ENDED_BADLY:
                        raise Unavailable(server.url, FAILED)
                    if piece.is_written and not stream.begun:
                        stream.begun = True
                        self._pool.note_success(server)
                    text = reply.push(piece)
                    if reply.thinking and not thinking:
                        tell(Thinking())
                    thinking = reply.thinking
                    if text:
                        tell(TextDelta(text))
                    if reply.stopped:
                        break
                    if piece.finished:  # not every server says [DONE], or closes
                        patience.reschedule(asyncio.get_running_loop().time() + LAST_WORDS)
        except (Unavailable, Refused, TimeoutError):
            if not reply.finished:  # otherwise only its counts are lost
                raise
        if text := reply.finish():
            tell(TextDelta(text))
        return reply.end(prompt)

    def _shortened(self, stream: _Stream, refusal: TooLong) -> BotError:
        """The context is shorter than was known: as the server says, or as its refusal shows."""
        known, prompt = self.context_length, len(stream.request.prompt.ids)
        if stream.asked_for <= known:  # otherwise another's refusal was here first
            room = room_after(refusal.complaint, stream.asked_for)
            if room is None:  # whatever that was about
                return GenerationFailed()
            log.warning("prompts and replies have %d tokens from now on, and had %d", room, known)
            self._context_length = room
        return PromptTooLong(prompt, self.context_length - 1)

    async def _greet(self, server: Server) -> BotError | None:
        """Meet a server at the start; what is wrong with it is told, and it is set aside."""
        try:
            await self._meet(server)
        except (Unavailable, Refused) as problem:
            log.warning("%s", problem.english)
            self._pool.set_aside(server)
            return problem
        return None

    async def _meet(self, server: Server) -> None:
        """Know what a server serves. The shortest context of all counts."""
        told = (await server.meet()).context_length
        self._context_length = min(filter(None, (told, self._context_length)), default=None)

    async def _wait_for(self, server: Server, stream: _Stream, patience: float) -> None:
        """Wait as long as a server that is set aside asked for, or this long at most."""
        pause = self._pool.pause(server)
        if not self._pool.asked_to_wait(server):
            pause = min(pause, patience)
        elif asyncio.get_running_loop().time() + pause > stream.deadline:
            raise self._busy()
        await asyncio.sleep(pause)

    def _busy(self) -> EngineBusy:
        return EngineBusy(self.running + self.waiting)
