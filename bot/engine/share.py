"""How many tokens of a step each running sequence gets. Knows no slots and no queue.

A sequence that decodes gets its one token; what is left of the budget goes to prefill. Half of it
belongs to the sequence that came first, which therefore always gets on; the rest goes to the one
with the fewest tokens left, so that a short follow-up does not wait behind a long cold prompt. Of
several that have the same prompt one computes it, and the others copy what it has (`Scheduler`).
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.engine.sequence import Sequence


def share(running: Iterable[Sequence], tokens: int) -> dict[Sequence, int]:
    """The tokens of each that gets any; `tokens` is the step's budget."""
    decoding: dict[Sequence, int] = {}
    prompts: dict[tuple[int, ...], Sequence] = {}
    for sequence in running:
        if sequence.remaining == 1:
            decoding[sequence] = 1
        elif sequence.remaining > 1:
            prompts.setdefault(sequence.prompt, sequence)
    prefill = list(prompts.values())
    if not prefill:
        return decoding
    shares = decoding
    budget = max(1, tokens - len(decoding))
    first = prefill[0]
    shares[first] = min(first.remaining, (budget + 1) // 2)
    budget -= shares[first]
    for sequence in sorted(prefill, key=lambda s: s.remaining - shares.get(s, 0)):
        more = min(budget, sequence.remaining - shares.get(sequence, 0))
        shares[sequence] = shares.get(sequence, 0) + more
        budget -= more
    return shares
