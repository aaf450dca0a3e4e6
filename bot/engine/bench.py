"""Measures a running engine: tokens per second, and how long the event loop is kept waiting.

A ticker sleeps 5 ms at a time on the event loop; what it oversleeps is the loop's lag, the time
by which any platform's event would have been late.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from statistics import median

from bot.engine.loader import LoadedModel
from bot.engine.local import EngineOptions, LocalEngine
from bot.messages import GenerationEnd, GenerationRequest, Prompt, Sampling, TextDelta

TICK = 0.005  # seconds


@dataclass(frozen=True, slots=True)
class Measurement:
    """Lags are seconds; `tokens_per_second` counts all conversations' generated tokens."""

    channels: int
    tokens: int
    seconds: float
    first_text: float
    lag_median: float
    lag_p99: float
    lag_worst: float

    def __str__(self) -> str:
        return (
            f"{self.channels} conversations, {self.tokens} tokens in {self.seconds:.2f} s: "
            f"{self.tokens / self.seconds:.0f} tokens/s, "
            f"first text after {self.first_text * 1e3:.0f} ms (median)\n"
            f"event loop's lag: median {self.lag_median * 1e3:.2f} ms, "
            f"99th percentile {self.lag_p99 * 1e3:.2f} ms, worst {self.lag_worst * 1e3:.2f} ms"
        )


async def measure(
    loaded: LoadedModel, options: EngineOptions, channels: int, tokens: int, turns: int
) -> Measurement:
    """Let `channels` conversations generate `turns` replies of `tokens` tokens side by side."""
    options = replace(options, max_batch=max(options.max_batch, channels))
    async with LocalEngine.from_loaded(loaded, options) as engine:
        lags: list[float] = []
        firsts: list[float] = []
        ticker = asyncio.create_task(_tick(lags))
        started = time.perf_counter()
        talks = (_talk(engine, loaded, n, tokens, turns, firsts) for n in range(channels))
        generated = sum(await asyncio.gather(*talks))
        seconds = time.perf_counter() - started
        ticker.cancel()
    lags.sort()
    return Measurement(
        channels=channels,
        tokens=generated,
        seconds=seconds,
        first_text=median(firsts),
        lag_median=median(lags),
        lag_p99=lags[int(len(lags) * 0.99)],
        lag_worst=lags[-1],
    )


async def _tick(lags: list[float]) -> None:
    while True:
        before = time.perf_counter()
        await asyncio.sleep(TICK)
        lags.append(max(0.0, time.perf_counter() - before - TICK))


async def _talk(
    engine: LocalEngine,
    loaded: LoadedModel,
    number: int,
    tokens: int,
    turns: int,
    firsts: list[float],
) -> int:
    generated = 0
    text = ""
    # Sampled hot, so that replies seldom end by themselves and the load is even.
    sampling = Sampling(max_new_tokens=tokens, temperature=2.0, top_p=1.0, seed=number)
    for turn in range(turns):
        text += f"\nユーザー: {number} {turn} こんにちは\nシステム: "
        ids = loaded.tokenizer.encode(text)[-(loaded.context_length - tokens - 1) :]
        request = GenerationRequest(Prompt(text, tuple(ids), ()), sampling, f"bench {number}")
        started = time.perf_counter()
        seen = False
        async for event in engine.stream(request):
            if isinstance(event, GenerationEnd):
                generated += event.generated_tokens
            elif isinstance(event, TextDelta):
                if not seen:
                    firsts.append(time.perf_counter() - started)
                    seen = True
                text += event.text
    return generated
