"""Channels that do to an engine whatever users and operators do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from bot.engine.sequence import State
from bot.errors import BotError
from bot.messages import (
    GenerationEnd,
    GenerationRequest,
    Prompt,
    Queued,
    Role,
    Sampling,
    TextDelta,
    Turn,
)
from bot.prompt import RinnaFormat, beginning
from tests.bot.engine.watched import Sample, WatchedEngine
from tests.soaking import QUESTIONS

STOPS = ("。", "です", "!", "ん")


@dataclass(slots=True)
class Channel:
    """Somebody who asks one thing after the other, and changes their mind."""

    number: int
    engine: WatchedEngine
    format: RinnaFormat
    dice: Random
    turns: list[Turn] = field(default_factory=list)
    others: Sequence[Channel] = ()
    refused: bool = False  # the last request, by a full queue

    @property
    def name(self) -> str:
        """The conversation's name."""
        return f"c{self.number}"

    async def act(self) -> None:
        """Do something, and take a breath: a longer one when told to."""
        doings = {
            self.ask: 40,
            self.close: 12,
            self.cancel: 12,
            self.hurry: 8,
            self.reset: 5,
            self.overflow: 5,
            self.burst: 1,
            self.fork: 8,
            self.note: 8,
        }
        (doing,) = self.dice.choices(list(doings), list(doings.values()))
        await doing()
        pause = (0.05, 0.2, 0.5) if self.refused else (0, 0, 0.01, 0.05)
        await asyncio.sleep(self.dice.choice(pause))

    async def ask(self) -> None:
        """Ask the next question, and hear the reply."""
        await self.listen(self.request())

    async def close(self) -> None:
        """Stop listening: after some words, or at the place in the queue."""
        await self.listen(self.request(), words=self.dice.randint(0, 6))

    async def cancel(self) -> None:
        """Be gone a moment later, wherever the request is then."""
        listening = asyncio.create_task(self.listen(self.request()))
        await asyncio.sleep(self.dice.choice((0, 0, 0.002, 0.02, 0.1)))
        listening.cancel()
        await asyncio.wait([listening])
        if not listening.cancelled() and (error := listening.exception()):
            raise error

    async def hurry(self) -> None:
        """Ask with a deadline that is too short, or nearly."""
        await self.listen(self.request(), deadline=self.dice.choice((0, 0.01, 0.05, 0.2)))

    async def reset(self) -> None:
        """Begin afresh."""
        self.turns = []
        await self.ask()

    async def overflow(self) -> None:
        """Ask with a prompt that just fits, just does not, or never will."""
        context = self.engine.context_length
        length = self.dice.choice((context - 2, context - 1, context, context + 1, 3 * context))
        ids = (self.request().prompt.ids * length)[:length]
        await self.listen(GenerationRequest(Prompt("", ids, ()), self.sampling(), self.name))

    async def burst(self) -> None:
        """Ask more at once than the queue holds."""
        requests = [self.request() for _ in range(self.dice.randint(8, 16))]
        await asyncio.gather(*map(self.listen, requests))

    async def fork(self) -> None:
        """Continue another channel's conversation, as a thread does."""
        self.turns = list(self.dice.choice(self.others).turns)
        await self.ask()

    async def note(self) -> None:
        """Let the engine prefill ahead; sometimes what it then asks for cannot be read."""
        self.engine.prefill_ahead(self.name, self.beginning)
        await asyncio.sleep(0)

    async def beginning(self) -> Sequence[int]:
        """See TextGenerator.prefill_ahead."""
        await asyncio.sleep(self.dice.choice((0, 0.005)))
        if self.dice.random() < 0.1:
            raise RuntimeError("injected: no history")
        return beginning(self.format, self.turns)

    async def follow_up(self) -> None:
        """Ask something after a prefill ahead that has come to its end."""
        ids = beginning(self.format, self.turns)
        end = await self.listen(self.request(greedy=True))
        if end is not None and self.turns:
            self.engine.tally.prefilled += 1
            self.engine.tally.found += end.cached_tokens >= len(ids)

    def sampling(self, greedy: bool = False) -> Sampling:
        """One of the ways to choose tokens."""
        dice = self.dice
        longest = dice.randint(1, 40)
        stop = (dice.choice(STOPS),) if dice.random() < 0.2 else ()
        if greedy or dice.random() < 0.5:
            return Sampling(longest, temperature=0, stop=stop)
        return Sampling(
            longest,
            temperature=dice.choice((0.3, 1.0, 2.0)),
            top_p=dice.choice((0.5, 0.85, 1.0)),
            top_k=dice.choice((0, 0, 1, 40)),
            repetition_penalty=dice.choice((1.0, 1.0, 1.2)),
            seed=dice.choice((None, 7)),
            stop=stop,
        )

    def request(self, greedy: bool = False) -> GenerationRequest:
        """The next question; a conversation that grew too long begins afresh."""
        question = Turn(Role.USER, self.dice.choice(QUESTIONS) * self.dice.choice((1, 1, 1, 4)))
        text, ids = self.format.encode((*self.turns, question))
        if len(ids) > self.engine.context_length - 40:
            self.turns.clear()
            text, ids = self.format.encode((question,))
        prompt = Prompt(text, ids, (*self.turns, question))
        return GenerationRequest(prompt, self.sampling(greedy), self.name, self.format.stop)

    async def listen(
        self, request: GenerationRequest, words: int | None = None, deadline: float | None = None
    ) -> GenerationEnd | None:
        """Hear a reply, or its first `words`; note how it ended. The end, if it had one."""
        engine, tally = self.engine, self.engine.tally
        engine.deadline = deadline
        stream = engine.stream(request)
        text, heard, end, outcome = "", 0, None, "cancelled"
        try:
            async for event in stream:
                if end is not None:
                    tally.problems.append("something came after the end")
                if isinstance(event, GenerationEnd):
                    end, outcome = event, event.reason.value
                elif isinstance(event, TextDelta):
                    text, heard = text + event.text, heard + 1
                if words is not None and end is None and heard >= words:
                    outcome = "closed in the queue" if isinstance(event, Queued) else "closed"
                    break
        except BotError as error:
            outcome = type(error).__name__
            if end is not None:
                tally.problems.append(f"{outcome} after the end")
        finally:
            await stream.aclose()
            tally.outcomes[outcome] += 1
            self._check(request, outcome, end, deadline)
            self.refused = outcome == "EngineBusy"
        if end is not None and request.prompt.turns:
            self.turns = [*request.prompt.turns, Turn(Role.ASSISTANT, text.strip())]
        return end

    def _check(
        self,
        request: GenerationRequest,
        outcome: str,
        end: GenerationEnd | None,
        deadline: float | None,
    ) -> None:
        tally, length = self.engine.tally, len(request.prompt.ids)
        found = self.engine.submitted.pop(id(request.prompt), None)
        too_long = length >= self.engine.context_length
        if (outcome == "MessageTooLong") != too_long and outcome != "cancelled":
            tally.problems.append(f"{outcome} for a prompt of {length} tokens")
        if outcome == "DeadlineExceeded" and deadline is None:
            tally.problems.append("a deadline that nobody had set")
        if found is None:  # refused, or cancelled before it was asked
            if outcome not in ("EngineBusy", "MessageTooLong", "cancelled"):
                tally.problems.append(f"{outcome} of a request that was never accepted")
            return
        sequence, stream = found
        ends = self.engine.ends.get(sequence, 0)
        natural = end is not None or outcome in ("DeadlineExceeded", "GenerationFailed")
        if ends > 1 or (natural and (ends != 1 or not stream.events.empty())):
            tally.problems.append(f"{outcome}, but {ends} ends and {stream.events.qsize()} left")
        if sequence.state is not State.FINISHED or sequence.slot is not None:
            tally.problems.append(f"{outcome}, but {sequence.state}")
        tally.generated += sequence.generated
        if end is not None and request.sampling.temperature == 0:
            tally.keep(Sample(request, sequence.tokens[length:]))
