"""Which tokens run in the next step. Knows no torch, no text and no clock.

Every decoding sequence runs its one token in every step; what is left of the step's budget
goes to prefill, so that a long prompt does not stop the others (`share.py`). Those who wait come in
turn by person (`fair_queue.py`). A further candidate for a reply never waits, and makes way for
whoever has to.

Where there is no request at all, one prompt is prefilled ahead of its request, a few tokens a
step. It owns its slot during a step only: between steps what it has computed is an idle slot
like any other, which the request takes over, and of which nobody has to wait for the memory.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence as Tokens

from bot.engine.fair_queue import FairQueue
from bot.engine.sequence import Chunk, Sequence, State, Step
from bot.engine.share import share
from bot.engine.slot import Placement
from bot.engine.slots import SlotTable

# A request that comes waits for one step of prefilling ahead at most. On a CPU 32 tokens cost
# little more each than 512 do, and take about as long as a full batch's decode step.
AHEAD_TOKENS = 32


class Scheduler:
    """The queue and the running batch. All methods are called from one thread.

    `max_step_tokens`, the step's budget, may be changed between steps. In `queue` sequences wait;
    who is to be told where they stand, asks it.
    """

    def __init__(
        self, slots: SlotTable, *, max_batch: int, max_waiting: int, max_step_tokens: int
    ) -> None:
        self._slots = slots
        self._max_batch = max_batch
        self.max_step_tokens = max_step_tokens
        self.queue: FairQueue[Sequence] = FairQueue(max_batch, max_waiting)
        self._candidates: list[Sequence] = []  # until the next step
        self._running: list[Sequence] = []  # in the order of admission
        self._ahead: Sequence | None = None
        self._refused: list[Sequence] = []

    @property
    def waiting(self) -> int:
        """How many sequences are in the queue."""
        return len(self.queue) + len(self._candidates)

    @property
    def running(self) -> int:
        """How many sequences own a slot."""
        return len(self._running)

    @property
    def is_idle(self) -> bool:
        """Whether there is no request."""
        return not (self._running or self.waiting)

    def add(self, sequence: Sequence) -> None:
        """Queue a sequence. Raises EngineBusy when the queue is full; another one may be `refused`
        in its place, where that one's person has more."""
        if sequence.candidate:
            self._candidates.append(sequence)
        else:
            free_places = self._max_batch - sum(not s.candidate for s in self._running)
            pushed_out = self.queue.add(sequence, free_places)
            if pushed_out is not None:
                pushed_out.state = State.FINISHED
                self._refused.append(pushed_out)
        self.drop_ahead(sequence.conversation)

    def prefill_ahead(self, sequence: Sequence) -> None:
        """Compute the prompt of a sequence that is `ahead` while there is nothing else to do.

        In place of the one before, if that was not done.
        """
        self._ahead = sequence

    def drop_ahead(self, conversation: str) -> None:
        """Prefill no further ahead of this conversation; what is computed stays."""
        if self._ahead is not None and self._ahead.conversation == conversation:
            self._ahead = None

    def forget(self, conversations: Collection[str] | None = None) -> None:
        """Keep nothing of what these conversations, or all, have in the cache.

        What those that wait will have there is not kept past their end either.
        """
        if self._ahead and (conversations is None or self._ahead.conversation in conversations):
            self._ahead = None
        for sequence in (*self.queue, *self._candidates):
            sequence.forgotten |= conversations is None or sequence.conversation in conversations
        self._slots.forget(conversations)

    def remove(self, sequence: Sequence) -> None:
        """End a sequence, whatever its state. Its slot stays with its conversation.

        May be called while a step runs: the step's outcome for it is then ignored.
        """
        if sequence.state is State.WAITING and sequence.candidate:
            self._candidates.remove(sequence)
        elif sequence.state is State.WAITING:
            self.queue.remove(sequence)
        elif sequence.state is State.RUNNING:
            self._running.remove(sequence)
            if not sequence.candidate:
                self.queue.leave(sequence)
            assert sequence.slot is not None
            self._slots.release(sequence.slot)
            sequence.slot = None
        sequence.state = State.FINISHED

    def refused(self) -> list[Sequence]:
        """Those that made way for others, and candidates that found no place, since this was
        asked."""
        refused, self._refused = self._refused, []
        return refused

    def chosen(self, conversation: str, candidate: int) -> None:
        """Keep of a conversation's candidates this one's tokens alone."""
        self._slots.chosen(conversation, candidate)

    def expired(self, now: float) -> list[Sequence]:
        """The sequences whose deadline has passed. Removing them is the caller's part."""
        return [s for s in (*self._running, *self.queue, *self._candidates) if s.deadline <= now]

    def schedule(self) -> Step | None:
        """The next step, or None where there is nothing to do."""
        self._slots.begin_step()
        placements = [*self._admit(), *self._extend()]
        shares = share(self._running, self.max_step_tokens)
        chunks = tuple(_chunk(s, shares[s]) for s in self._running if shares.get(s))
        if not chunks:
            return self._step_ahead() if self.is_idle else None
        return Step(chunks, tuple(placements), self._slots.live)

    def foresee(self, step: Step) -> Step | None:
        """The step after one that still runs, where only its tokens are not known yet.

        All steps before that one have been noted by `advance`. None where the next step may be
        another: somebody may come in, or a prompt is not at its end. A sequence that ends with
        the step by its text runs once more, and what comes of it is ignored.
        """
        if self._candidates or any(not c.samples or len(c.tokens) != 1 for c in step.chunks):
            return None
        is_full = len(self._running) >= self._max_batch
        if self.queue and (not is_full or any(s.candidate for s in self._running)):
            return None
        rows = {chunk.sequence: row for row, chunk in enumerate(step.chunks)}
        chunks = []
        for sequence in self._running:
            row = rows.get(sequence)
            if row is None or sequence.drawn_again:
                return None
            chunk = step.chunks[row]
            if chunk.start != sequence.computed:  # the step runs on what came out otherwise
                return None
            if len(sequence.tokens) + 1 < sequence.max_tokens:
                chunks.append(Chunk(sequence, chunk.slot, chunk.start + 1, (0,), True, row))
        return Step(tuple(chunks), (), self._slots.live) if chunks else None

    def advance(self, step: Step, sampled: Tokens[int | None]) -> list[tuple[Sequence, int]]:
        """Note that a step has run; the sequences that have a new token, with the token.

        `sampled` has one token for each chunk that samples, in order. A sequence that was
        removed meanwhile is left out; so is one whose chunk was foreseen and ran on a token that
        came out otherwise: it runs again.
        """
        fresh = iter(sampled)
        outcome = []
        for chunk in step.chunks:
            token = next(fresh) if chunk.samples else None
            sequence = chunk.sequence
            if sequence.state is not State.RUNNING:
                continue
            if chunk.follows is None:
                chunk.slot.tokens.extend(chunk.tokens)
            elif token is None or chunk.start != sequence.computed:
                sequence.drawn_again = True
                continue
            else:
                chunk.slot.tokens.append(sequence.tokens[chunk.start])
            if token is not None:
                sequence.tokens.append(token)
                outcome.append((sequence, token))
            if sequence.ahead:
                self._pause(sequence)
        return outcome

    def fail(self, step: Step) -> list[Sequence]:
        """Note that a step failed; the sequences that end with it.

        Its slots may be half written or half copied: none of them is used again.
        """
        touched = {c.slot.id for c in step.chunks} | {p.slot for p in step.placements}
        failed = [s for s in self._running if s.slot is not None and s.slot.id in touched]
        for sequence in failed:
            self.remove(sequence)
        for slot_id in touched:
            self._slots.discard(slot_id)
        if step.is_ahead:
            self._ahead = None
        return failed

    def _extend(self) -> list[Placement]:
        """Copy what other running sequences have computed of the same prompts meanwhile."""
        placements = []
        for sequence in self._running:
            if sequence.remaining > 1 and not sequence.generated:
                assert sequence.slot is not None
                placement = self._slots.extend(sequence.slot, sequence.prompt)
                if placement:
                    sequence.cached += placement.matched - placement.keep
                    placements.append(placement)
        return placements

    def _admit(self) -> list[Placement]:
        """Give slots to whose turn it is, as far as places and memory allow; then to candidates."""
        placements: list[Placement] = []
        while (sequence := self.queue.next()) is not None:
            if (placement := self._placed(sequence)) is not None:
                placements.append(placement)
            elif (last := next((s for s in reversed(self._running) if s.candidate), None)) is None:
                break
            else:
                self._refuse(last)
        for sequence in tuple(self._candidates):
            placement = None if self.queue.next() else self._placed(sequence)
            if placement is not None:
                placements.append(placement)
            else:
                self._refuse(sequence)
        return placements

    def _placed(self, sequence: Sequence) -> Placement | None:
        """Let a sequence that waits run; None where there is no place or memory for it."""
        if len(self._running) >= self._max_batch:
            return None
        found = self._slots.acquire(
            sequence.conversation, sequence.prompt, sequence.max_tokens, sequence.candidate
        )
        if found is None:
            return None
        sequence.slot, placement = found
        sequence.slot.forgotten |= sequence.forgotten
        sequence.cached = placement.matched
        sequence.state = State.RUNNING
        if sequence.candidate:
            self._candidates.remove(sequence)
        else:
            self.queue.start(sequence)
        self._running.append(sequence)
        return placement

    def _refuse(self, sequence: Sequence) -> None:
        """A candidate finds no place, or makes way."""
        slot = sequence.slot
        self.remove(sequence)
        if slot is not None:
            self._slots.give_up(slot)
        self._refused.append(sequence)

    def _step_ahead(self) -> Step | None:
        """A step of prefilling ahead; None when that is done, or there is no memory for it."""
        sequence, found = self._ahead, None
        if sequence is not None:
            found = self._slots.acquire_ahead(
                sequence.conversation, sequence.prompt, sequence.max_tokens
            )
        if sequence is None or found is None:
            self._ahead = None
            return None
        sequence.slot, placement = found
        sequence.state = State.RUNNING
        chunk = _chunk(sequence, min(sequence.remaining, AHEAD_TOKENS, self.max_step_tokens))
        return Step((chunk,), (placement,), self._slots.live)

    def _pause(self, sequence: Sequence) -> None:
        """Give the slot of a sequence that is `ahead` back, with what is in it."""
        assert sequence.slot is not None
        self._slots.release(sequence.slot)
        sequence.slot, sequence.state = None, State.WAITING


def _chunk(sequence: Sequence, count: int) -> Chunk:
    assert sequence.slot is not None
    start = sequence.computed
    tokens = tuple(sequence.tokens[start : start + count])
    samples = count == sequence.remaining and not sequence.ahead
    return Chunk(sequence, sequence.slot, start, tokens, samples)
