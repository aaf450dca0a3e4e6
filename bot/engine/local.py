"""The engine as the rest of the bot sees it: a `TextGenerator` over a model in this process.

All scheduling happens on the event loop, so nothing needs a lock; the step itself runs on the one
thread that computes, and its tokens come back in one call however many conversations there are.
The event loop never waits for a step. On a GPU the next step is on its way by then.

Longer than most files: requests come in, steps run and streams end over one state that nothing
else is to touch; what can be decided without it is in the files that are imported here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from collections.abc import Sequence as Tokens
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from bot.engine.ahead import Ahead, is_known
from bot.engine.errors import EngineFailed, StepHung, UnknownToken
from bot.engine.flight import Flight
from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.loader import LoadedModel
from bot.engine.memory import free_bytes
from bot.engine.model_runner import ModelRunner
from bot.engine.pace import Pace
from bot.engine.room import divide, no_room
from bot.engine.scheduler import Scheduler
from bot.engine.sequence import Sequence, Step
from bot.engine.slots import SlotTable
from bot.engine.thread import COMPUTE, compute
from bot.engine.warm_up import known_tokens, warm_up
from bot.errors import (
    BotError,
    DeadlineExceeded,
    EngineBusy,
    EngineClosed,
    GenerationFailed,
    MessageTooLong,
)
from bot.messages import (
    FinishReason,
    GenerationEnd,
    GenerationEvent,
    GenerationRequest,
    TextDelta,
    Thinking,
)
from bot.meters import EngineTotals
from bot.thinking import opens
from bot.tokenizer import StreamingDetokenizer, Tokenizer
from bot.watchdog import stack_of

log = logging.getLogger(__name__)

CLOSING_SECONDS = 30.0  # that a step has to come back when the engine is closed


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Bounds of the engine. None is derived from the model and the memory that is free.

    A step prefills `max_step_tokens` at most, and fewer where that takes long (`pace.py`). One
    that has not come back `hang_seconds` after a request's deadline at the latest never does.
    """

    max_batch: int = 16
    max_waiting: int = 64
    max_step_tokens: int = 1024
    cache_tokens: int | None = None
    context_length: int | None = None
    deadline_seconds: float = 300
    hang_seconds: float = 30


@dataclass(frozen=True, slots=True)
class EngineStats:
    """What the engine is doing now. The speed is that of the last steps, all replies together."""

    running: int
    waiting: int
    cached_tokens: int
    tokens_per_second: float


@dataclass(slots=True)
class _Stream:
    """The receiving end of a sequence. `started`: when its first step ran."""

    detokenizer: StreamingDetokenizer
    started: float | None = None
    thinking: bool = False
    events: asyncio.Queue[GenerationEvent | BotError] = field(default_factory=asyncio.Queue)


class LocalEngine:
    """Serves all conversations with one model. Use as an async context manager."""

    remote = False

    def __init__(
        self,
        runner: ModelRunner,
        tokenizer: Tokenizer,
        *,
        context_length: int,
        cache_tokens: int,
        eos_ids: frozenset[int],
        options: EngineOptions,
        device: str = "cpu",
        vocabulary: int | None = None,
    ) -> None:
        self.device = device
        self._runner = runner
        self._tokenizer = tokenizer
        self._context_length = context_length
        self._eos_ids = eos_ids
        self._deadline_seconds = options.deadline_seconds
        self._step_seconds = options.deadline_seconds + options.hang_seconds
        self._max_batch = options.max_batch
        self._slots = SlotTable(context_length, cache_tokens)
        self._pace = Pace(options.max_step_tokens)
        self._scheduler = Scheduler(
            self._slots,
            max_batch=options.max_batch,
            max_waiting=options.max_waiting,
            max_step_tokens=self._pace.tokens,
        )
        self.totals = EngineTotals()
        self._streams: dict[Sequence, _Stream] = {}
        self._work = asyncio.Event()
        self._vocabulary = vocabulary
        self._ahead = Ahead(self._scheduler, context_length, self._work.set, vocabulary=vocabulary)
        self._serving: asyncio.Task[None] | None = None
        self._closing = False
        self._ended = asyncio.Event()
        self._error: Exception | None = None  # that ended it
        self._steps: deque[tuple[float, int]] = deque(maxlen=64)  # seconds, tokens generated

    @classmethod
    def from_loaded(cls, loaded: LoadedModel, options: EngineOptions | None = None) -> Self:
        """An engine for a model as `load_model` returns it.

        Raises LoadError where there is no memory for the cache.
        """
        options = options or EngineOptions()
        shape = CacheShape.of(loaded.model.config)
        set_by_hand = options.context_length, options.cache_tokens
        each = shape.bytes_per_token(loaded.dtype)
        fits = 0 if options.cache_tokens is not None else _free(loaded, options) // each
        room = divide(loaded.context_length, fits, options.max_batch, *set_by_hand)
        size = room.cache * each
        try:
            if any(set_by_hand) and size > free_bytes(loaded.device):
                raise MemoryError  # which a CPU would show only when the memory is used
            cache = KVCache(shape, room.cache, loaded.dtype, loaded.device)
        except (RuntimeError, MemoryError) as error:  # torch's lack of memory is the first
            raise no_room(room, size, loaded.device.type, *set_by_hand) from error
        return cls(
            ModelRunner(loaded.model, cache),
            loaded.tokenizer,
            context_length=room.context,
            cache_tokens=room.cache,
            eos_ids=loaded.eos_ids,
            options=options,
            device=str(loaded.device),
            vocabulary=known_tokens(loaded.model),
        )

    @property
    def context_length(self) -> int:
        """The longest prompt plus reply, in tokens."""
        return self._context_length

    @property
    def is_closed(self) -> bool:
        """Whether nothing is computed any more."""
        return self._ended.is_set()

    @property
    def stats(self) -> EngineStats:
        """What the engine is doing now."""
        seconds = sum(s for s, _ in self._steps)
        tokens = sum(t for _, t in self._steps)
        return EngineStats(
            self._scheduler.running,
            self._scheduler.waiting,
            self._slots.cached,
            tokens / seconds if seconds else 0.0,
        )

    async def start(self) -> None:
        """Begin to serve. To be called once."""
        loop = asyncio.get_running_loop()
        most = self._pace.most
        await loop.run_in_executor(COMPUTE, self._runner.capture, self._max_batch, most)
        self._serving = asyncio.create_task(self._serve(), name="kaiwa-engine")

    async def aclose(self) -> None:
        """Let the running step end, end every stream with EngineClosed, and forget all requests.

        A step that does not come back is left alone.
        """
        self._closing = True
        await self._ahead.aclose()
        self._work.set()
        if self._serving is not None:
            _, late = await asyncio.wait([self._serving], timeout=CLOSING_SECONDS)
            if late:
                _tell_where_it_is(CLOSING_SECONDS)
                self._serving.cancel()
                await asyncio.wait([self._serving])

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

        See `TextGenerator`. Also raises MessageTooLong, UnknownToken, DeadlineExceeded and
        EngineClosed.
        """
        sequence, stream = self._submit(request)
        try:
            while True:
                event = await stream.events.get()
                if isinstance(event, BotError):
                    raise event
                yield event
                if isinstance(event, GenerationEnd):
                    return
        finally:
            if self._streams.pop(sequence, None):  # nobody listens any more
                self._scheduler.remove(sequence)

    def prefill_ahead(
        self, conversation: str, beginning: Callable[[], Awaitable[Tokens[int]]]
    ) -> None:
        """See `TextGenerator`."""
        if self._serving is not None and not self._closing:
            self._ahead.note(conversation, beginning)

    def chosen(self, conversation: str, candidate: int) -> None:
        """See `TextGenerator`."""
        self._scheduler.chosen(conversation, candidate)

    def forget(self, conversations: Collection[str] | None = None) -> None:
        """See `TextGenerator`. What its requests that run now leave behind is dropped, too."""
        self._ahead.forget_all(conversations)
        self._scheduler.forget(conversations)

    async def ended(self) -> None:
        """Wait until the engine is closed. Raises EngineFailed where an error has ended it."""
        await self._ended.wait()
        if self._error is not None:
            raise EngineFailed from self._error

    def _submit(self, request: GenerationRequest) -> tuple[Sequence, _Stream]:
        if self._closing or self._serving is None:
            raise EngineClosed
        prompt, sampling = request.prompt.ids, request.sampling
        if not prompt:
            raise ValueError("a prompt needs at least one token")
        if len(prompt) >= self._context_length:
            raise MessageTooLong(len(prompt), self._context_length - 1)
        if not is_known(prompt, self._vocabulary):
            raise UnknownToken
        sequence = Sequence(
            prompt,
            sampling,
            request.conversation,
            max_tokens=min(len(prompt) + max(1, sampling.max_new_tokens), self._context_length),
            deadline=time.monotonic() + self._deadline_seconds,
            candidate=request.candidate,
            person=request.person,
        )
        self._scheduler.add(sequence)
        self._end_refused()
        self._ahead.forget(request.conversation)
        stop = request.stop + sampling.stop
        thinking = opens(request.prompt.text)
        stream = _Stream(StreamingDetokenizer(self._tokenizer, stop, thinking))
        self._streams[sequence] = stream
        self._work.set()
        return sequence, stream

    async def _serve(self) -> None:
        """Serve until closed. However it ends, nobody is left waiting."""
        try:
            await self._run_steps()
        except Exception as error:
            log.exception("the engine has ended by an error")
            self._error = error
        finally:
            self._closing = True
            self._ended.set()
            for sequence in list(self._streams):
                self._end(sequence, EngineClosed())

    async def _run_steps(self) -> None:
        """Step after step while there is work; asleep while there is none.

        A step that can be foreseen is begun before the one before it is waited for.
        """
        begun: Flight | None = None
        while not self._closing:
            for sequence in self._scheduler.expired(time.monotonic()):
                self._end(sequence, DeadlineExceeded(self._deadline_seconds))
            flight = begun or self._next()
            self._end_refused()
            self._tell_places()
            if flight is None:
                self._ahead.look()
                self._work.clear()
                await self._work.wait()
                continue
            begun = self._begun_after(flight)
            await self._run(flight)
        if begun is not None:
            await self._run(begun)  # nobody waits for it but the memory that it writes to

    def _next(self) -> Flight | None:
        """The step that is due, begun where steps are begun; None where there is none."""
        self._scheduler.max_step_tokens = self._pace.tokens
        step = self._scheduler.schedule()
        return None if step is None else self._begun(Flight(step))

    def _begun_after(self, flight: Flight) -> Flight | None:
        """The step that follows one that is not waited for yet, begun; None if unforeseeable."""
        step = self._scheduler.foresee(flight.step) if self._runner.runs_ahead() else None
        return None if step is None else self._begun(Flight(step), flight)

    def _begun(self, flight: Flight, after: Flight | None = None) -> Flight:
        if self._runner.runs_ahead():
            COMPUTE.submit(self._runner.begin, flight, after)
        return flight

    async def _run(self, flight: Flight) -> None:
        """Wait for a step's tokens, and hand them on; or end those whose step fails."""
        step = flight.step
        started = time.monotonic()
        for chunk in step.chunks:
            if stream := self._streams.get(chunk.sequence):  # none where it is ahead
                stream.started = stream.started or started
        self.totals.step_began = started
        try:
            tokens = await self._computed(flight)
        except StepHung:
            raise
        except Exception:
            log.exception("a step of %d sequences failed", len(step.chunks))
            self._pace.failed()
            for sequence in self._scheduler.fail(step):
                self._end(sequence, GenerationFailed())
        else:
            seconds = time.monotonic() - started
            self._postprocess(step, tokens)
            self._pace.note(step.prefilled, seconds)
            if not step.is_ahead:
                drawn = sum(token is not None for token in tokens)
                self._steps.append((seconds, drawn))
                self._count(len(step.chunks), drawn)
        finally:
            self.totals.step_began = None

    def _count(self, sequences: int, tokens: int) -> None:
        self.totals.steps += 1
        self.totals.sequences += sequences
        self.totals.generated += tokens

    async def _computed(self, flight: Flight) -> Tokens[int | None]:
        """A step's tokens. Raises what went wrong, and StepHung where it does not come back."""
        loop = asyncio.get_running_loop()
        running: asyncio.Future[Any]
        if self._runner.runs_ahead():
            running = loop.run_in_executor(COMPUTE, self._runner.finish, flight)
        else:
            running = loop.run_in_executor(COMPUTE, self._runner.run, flight.step)
        try:
            done, _ = await asyncio.wait([running], timeout=self._step_seconds)
        except asyncio.CancelledError:
            running.add_done_callback(_ignored)
            raise
        if not done:
            running.add_done_callback(_ignored)
            _tell_where_it_is(self._step_seconds)
            raise StepHung(f"a step has not come back within {self._step_seconds:.0f} s")
        try:
            tokens: Tokens[int | None] = running.result()
            return tokens
        finally:
            del running, done  # or an error keeps what its step holds

    def _end_refused(self) -> None:
        for sequence in self._scheduler.refused():
            self._end(sequence, EngineBusy(self._scheduler.waiting))

    def _tell_places(self) -> None:
        """Tell those who wait where they stand, each time that changed."""
        for sequence, queued in self._scheduler.queue.news():
            self._streams[sequence].events.put_nowait(queued)

    def _postprocess(self, step: Step, tokens: Tokens[int | None]) -> None:
        """Hand each new token to its stream, and end the sequences that are complete."""
        for sequence, token in self._scheduler.advance(step, tokens):
            stream = self._streams[sequence]
            detokenizer = stream.detokenizer
            ended = token in self._eos_ids
            text = "" if ended else detokenizer.push(token)
            reason = None
            if ended:
                reason = FinishReason.END
            elif detokenizer.stopped:
                reason = FinishReason.STOP
            elif sequence.is_full:
                reason = FinishReason.LENGTH
            if reason is not None:
                text += detokenizer.finish()
            if detokenizer.thinking and not stream.thinking:
                stream.events.put_nowait(Thinking())
            stream.thinking = detokenizer.thinking
            if text:
                stream.events.put_nowait(TextDelta(text))
            if reason is not None:
                assert stream.started is not None  # a step has run
                self._scheduler.queue.note(time.monotonic() - stream.started)
                counts = len(sequence.prompt), sequence.cached, sequence.generated
                self.totals.prompt += counts[0]
                self.totals.cached += counts[1]
                self._end(sequence, GenerationEnd(reason, *counts))

    def _end(self, sequence: Sequence, event: GenerationEnd | BotError) -> None:
        self._scheduler.remove(sequence)
        self._streams.pop(sequence).events.put_nowait(event)


def _ignored(running: asyncio.Future[Any]) -> None:
    """Nobody waits for it any more."""
    if not running.cancelled():
        running.exception()


def _tell_where_it_is(seconds: float) -> None:
    """Log where the computing thread is: lines of code, and nothing of what they work on."""
    log.error(
        "a step has not come back for %.0f s; the computing thread is at:\n%s",
        seconds,
        stack_of(COMPUTE.ident),
    )


def _free(loaded: LoadedModel, options: EngineOptions) -> int:
    """Bytes that the cache may take: half of what is free, nearly all on a GPU.

    There, what a step of the most tokens needs besides has been taken first.
    """
    if loaded.device.type != "cuda":
        return free_bytes(loaded.device) // 2
    tokens = min(options.max_step_tokens, loaded.context_length)
    compute(warm_up, loaded.model, loaded.dtype, loaded.device, tokens)
    return free_bytes(loaded.device) * 9 // 10
