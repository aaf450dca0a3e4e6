"""What the engine is to reach on rinna's shape, and whether it did.

The bounds hold on a model of that shape, with all parties in one run. Knows no output.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.bench.results import KAIWA, Results

HISTORY = 256  # tokens, of the cases that are compared
SHORT, LONG = 100, 1_500  # histories between which decoding may lose speed


@dataclass(frozen=True, slots=True)
class Target:
    """A bound, and what was measured; `value` None was not measured, and `why` says why not."""

    key: str
    text: str
    bound: float
    at_most: bool
    value: float | None
    why: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the bound holds; None where nothing was measured."""
        if self.value is None:
            return None
        return self.value <= self.bound if self.at_most else self.value >= self.bound


def targets(results: Results) -> list[Target]:
    """All targets, in the order of importance."""
    llama = results.llama_cpp
    absent = "no llama.cpp server among --against"

    def over(
        key: str, text: str, bound: float, channels: int, figure: str, peer: str | None, no: str
    ) -> Target:
        """A ratio to a peer; a speed must be at least the bound, a time at most."""
        case = results.case(channels, HISTORY)
        value = case.ratio(peer, figure) if case and peer else None
        why = no if peer is None else f"{peer} or Kaiwa did not run with {channels} channels"
        at_most = figure not in ("decode", "prefill")
        return Target(key, text, bound, at_most, value, "" if value is not None else why)

    found = [
        over(f"decode_{n}", f"decode, {_channels(n)}, over llama.cpp's", bound, n, "decode", *end)
        for n, bound in ((8, 1.7), (4, 1.45), (1, 1.1))
        for end in [(llama, absent)]
    ]
    found.append(
        over(
            "first_token_4",
            "first token of a follow-up, 4 channels, over llama.cpp's",
            *(0.7, 4, "first_token", llama, absent),
        )
    )
    found += [
        over(f"prefill_{n}", f"cold prefill, {_channels(n)}, over llama.cpp's", 1.4, n, *end)
        for n in (1, 4, 8)
        for end in [("prefill", llama, absent)]
    ]
    found.append(
        over(
            "turn_4_generate",
            "whole turn of 4 channels, over a generate bot's",
            *(0.25, 4, "turn", "generate", ""),
        )
    )
    return [*found, _long_history(results), _memory(results), _overhead(results)]


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"


def _long_history(results: Results) -> Target:
    cases = [results.case(1, history) for history in (LONG, SHORT)]
    speeds = [case.figure(KAIWA, "decode") if case else None for case in cases]
    value = speeds[0] / speeds[1] if speeds[0] and speeds[1] else None
    why = "" if value else f"needs histories of {SHORT} and {LONG:,} tokens with 1 channel"
    text = f"decode of 1 channel at a {LONG:,}-token history, over the same at {SHORT}"
    return Target("long_history", text, 0.7, False, value, why)


def _memory(results: Results) -> Target:
    text = "memory of the loaded model, over the bytes of its weights"
    return Target("memory", text, 1.15, True, results.loading.ratio)


def _overhead(results: Results) -> Target:
    measured = results.overhead
    text = "what the bot adds to a reply, 100,000 stored messages, median ms"
    value = measured.median * 1e3 if measured else None
    return Target("overhead_ms", text, 15, True, value, "" if measured else "ask for --targets")
