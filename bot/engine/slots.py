"""Who owns which part of the key-value cache, and which tokens are in it.

A slot is a conversation's contiguous region. It stays with the conversation after a reply, so
that the next turn runs only its new tokens. Knows no torch: `kv_cache.py` holds the memory
and does what a `Placement` says.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence as Tokens

from bot.engine.slot import Placement, Slot, common_prefix

# Of the memory this part may be taken by further candidates for replies, where all of it holds
# what requests left behind. That goes once: with the reply it is free, for the next candidates.
CANDIDATES_SHARE = 4
SHORT = 256  # tokens that any region may grow by


class SlotTable:
    """All slots, within `cache_tokens` tokens of memory altogether.

    A slot's whole need (prompt and longest reply) is reserved when it is acquired, so a
    running sequence never runs out of memory half-way. Idle slots are evicted, the least
    recently used first, when a reservation needs their memory.
    """

    def __init__(self, context_length: int, cache_tokens: int) -> None:
        """Raises ValueError where not even one full context fits."""
        if cache_tokens < context_length:
            raise ValueError(f"a cache of {cache_tokens} tokens cannot hold {context_length}")
        self.cache_tokens = cache_tokens
        self._context = context_length
        self._slots: dict[int, Slot] = {}
        self._sources: set[int] = set()  # to be copied from in the step that is being planned
        self._next_id = 0
        self._clock = 0

    @property
    def live(self) -> frozenset[int]:
        """The ids of all slots."""
        return frozenset(self._slots)

    @property
    def reserved(self) -> int:
        """Tokens of memory that slots have reserved."""
        return sum(slot.capacity for slot in self._slots.values())

    @property
    def cached(self) -> int:
        """Tokens whose keys and values are kept."""
        return sum(len(slot.tokens) for slot in self._slots.values())

    def begin_step(self) -> None:
        """Forget which slots the last step copied from; they may be evicted again."""
        self._sources.clear()
        self._drop_forgotten()

    def acquire(
        self, conversation: str, prompt: Tokens[int], room: int, candidate: int = 0
    ) -> tuple[Slot, Placement] | None:
        """A slot with room for `room` tokens, holding the longest known prefix of `prompt`.

        The last prompt token is never matched: its logits are wanted. None where the
        memory is taken by running sequences. Further candidates take no more than their share
        from what requests left behind.
        """
        limit = len(prompt) - 1
        matches = {s.id: common_prefix(s.tokens, prompt, limit) for s in self._slots.values()}
        mine = [s for s in self._slots.values() if s.conversation == conversation and self._idle(s)]
        own = max(mine, key=lambda s: (matches[s.id], s.last_used), default=None)
        if candidate:
            own = None
        keep = matches[own.id] if own else 0
        source = max(self._slots.values(), key=lambda s: matches[s.id], default=None)
        capacity = self._rounded(room)
        candidates = capacity + sum(s.capacity for s in self._slots.values() if s.candidate)
        modest = candidate > 0 and candidates > self.cache_tokens // CANDIDATES_SHARE

        options: list[tuple[Slot | None, Slot | None]]  # what to build on, what to copy from
        if source is None or matches[source.id] <= keep:
            options = [(own, None)]
        elif candidate:
            options = [(None, source)]
        elif self._idle(source):  # under pressure, take the source over, or else do without
            options = [(own, source), (source, None), (own, None)]
        else:
            options = [(own, source), (own, None)]
        for target, origin in options:
            if self._make_room(capacity, target, origin, guesses_only=modest):
                found = self._place(conversation, prompt, capacity, target, origin, matches)
                found[0].asked, found[0].candidate = True, candidate
                return found
        return None

    def acquire_ahead(
        self, conversation: str, prompt: Tokens[int], room: int
    ) -> tuple[Slot, Placement] | None:
        """A slot to prefill `prompt` in before anybody asks, to be released after each step.

        It takes free memory and the conversation's own slot; others' only where they were
        prefilled ahead as well and nobody has asked since. What a request left behind was
        worth a reply, and losing it costs the next one seconds: a guess may replace an older
        guess, but nothing that was used. None where there is no such memory, and where all of
        the prompt is in the cache already.
        """
        slots = self._slots.values()
        matches = {s.id: common_prefix(s.tokens, prompt, len(prompt)) for s in slots}
        mine = [s for s in slots if s.conversation == conversation and self._idle(s)]
        own = max(mine, key=lambda s: (matches[s.id], s.last_used), default=None)
        source = max(slots, key=lambda s: matches[s.id], default=None)
        best = matches[source.id] if source else 0
        if best == len(prompt):
            return None
        origin = source if best > (matches[own.id] if own else 0) else None
        capacity = self._rounded(room)
        if not self._make_room(capacity, own, origin, guesses_only=True):
            return None
        return self._place(conversation, prompt, capacity, own, origin, matches)

    def extend(self, slot: Slot, prompt: Tokens[int]) -> Placement | None:
        """Copy more of `prompt` from a slot in use that has come further than `slot`.

        So when conversations with the same preamble start together, it is run once.
        """
        have, limit = len(slot.tokens), len(prompt) - 1
        others = (s for s in self._slots.values() if s.in_use and len(s.tokens) > have)
        matches = [(common_prefix(s.tokens, prompt, limit), s.id) for s in others]
        matched, source = max(matches, default=(0, 0))
        if matched <= have:
            return None
        slot.tokens.extend(prompt[have:matched])
        self._sources.add(source)
        return Placement(slot.id, slot.capacity, have, matched, source)

    def release(self, slot: Slot) -> None:
        """The sequence ended: the slot stays with its conversation until it is evicted."""
        if slot.forgotten:
            self.discard(slot.id)
        slot.in_use = False
        self._touch(slot)
        self._drop_forgotten()

    def give_up(self, slot: Slot) -> None:
        """Its sequence made way for another: what is in it is the first to go."""
        self.release(slot)
        slot.forgotten, slot.last_used = True, -1

    def chosen(self, conversation: str, candidate: int) -> None:
        """Keep of a conversation's candidates this one's slot, or else the request's own."""
        mine = [s for s in self._slots.values() if s.conversation == conversation]
        kept = next((s for s in mine if s.candidate == candidate), None)
        kept = kept or next((s for s in mine if not s.candidate), None)
        for slot in mine:
            slot.forgotten |= slot is not kept
        if kept is not None:
            kept.candidate = 0
        self._drop_forgotten()

    def forget(self, conversations: Collection[str] | None = None) -> None:
        """Keep nothing of these conversations, or of any, once it is not in use any more."""
        for slot in self._slots.values():
            slot.forgotten |= conversations is None or slot.conversation in conversations
        self._drop_forgotten()

    def _drop_forgotten(self) -> None:
        for slot in list(self._slots.values()):
            if slot.forgotten and self._idle(slot):
                self.discard(slot.id)

    def discard(self, slot_id: int) -> None:
        """Forget a slot, whose content can no longer be trusted or is not needed."""
        self._slots.pop(slot_id, None)

    def _place(
        self,
        conversation: str,
        prompt: Tokens[int],
        capacity: int,
        target: Slot | None,
        origin: Slot | None,
        matches: dict[int, int],
    ) -> tuple[Slot, Placement]:
        if target is None:
            target = Slot(self._next_id, conversation, capacity)
            self._slots[target.id] = target
            self._next_id += 1
        keep = matches.get(target.id, 0)
        matched = matches[origin.id] if origin else keep
        if origin:
            self._touch(origin)
            self._sources.add(origin.id)
        target.conversation = conversation
        target.capacity = max(target.capacity, capacity)
        target.tokens = list(prompt[:matched])
        target.in_use = True
        self._touch(target)
        source = origin.id if origin else None
        return target, Placement(target.id, target.capacity, keep, matched, source)

    def _rounded(self, room: int) -> int:
        """Regions grow in eighths: growing copies, so it should be rare.

        Of the context; where that is long, of what is needed, so that short conversations take
        little of it.
        """
        granule = max(16, min(self._context // 8, max(SHORT, room // 8)))
        return min(self._context, -(-room // granule) * granule)

    def _make_room(
        self,
        capacity: int,
        target: Slot | None,
        origin: Slot | None,
        guesses_only: bool = False,
    ) -> bool:
        """Evict until `target` (or a new slot) can have `capacity`; nothing if it never can."""
        extra = capacity - (target.capacity if target else 0)
        idle = [
            s
            for s in self._slots.values()
            if self._idle(s) and s not in (target, origin) and not (guesses_only and s.asked)
        ]
        free = self.cache_tokens - self.reserved
        if free + sum(s.capacity for s in idle) < extra:
            return False
        for slot in sorted(idle, key=lambda s: s.last_used):
            if free >= extra:
                break
            free += slot.capacity
            self.discard(slot.id)
        return True

    def _idle(self, slot: Slot) -> bool:
        """Whether the slot may be taken over or evicted now."""
        return not slot.in_use and slot.id not in self._sources

    def _touch(self, slot: Slot) -> None:
        self._clock += 1
        slot.last_used = self._clock
