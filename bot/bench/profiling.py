"""Where a step's time goes: by part of the model, and by PyTorch's operators.

The parts are timed by hooks on the model's modules, each without the modules inside it; what is
in no module (sampling, the cache's memory, scheduling) is the rest. Operators come from
torch.profiler in a run of its own, since it makes small ones slower; 4-bit layers on a CPU call
their kernel past PyTorch, and are among the parts only.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from bot.bench.kaiwa import Kaiwa
from bot.bench.party import Ask
from bot.bench.report import table
from bot.bench.workload import Conversation, Workload
from bot.engine.loader import LoadedModel
from bot.engine.local import EngineOptions
from bot.engine.thread import COMPUTE

ROWS = 12
OUTSIDE = "outside of the model"


@dataclass(slots=True)
class Parts:
    """Seconds by part of the model; `steps` counts runs of the whole of it."""

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    steps: int = 0
    whole: float = 0.0


async def profile(loaded: LoadedModel, options: EngineOptions, work: Workload) -> str:
    """Tables of a cold prefill and of decode steps, `work.channels` conversations at once."""
    kaiwa = Kaiwa(loaded, options)
    lines = []
    for seed in (0, 1):  # the first run times parts, the second operators
        async with kaiwa.session(work) as ask:
            channels = [Conversation(work, channel, seed) for channel in range(work.channels)]
            for phase, count in (("prefill", 1), ("decode", work.reply)):
                if seed == 0:
                    with timed_parts(loaded) as parts:
                        await _all(ask, channels, count)
                    lines += ["", f"{phase}, {work.channels} channels", *_by_part(parts)]
                else:
                    with _profiler(loaded) as profiler:
                        await _all(ask, channels, count)
                    lines += ["", f"{phase}, by operator", *_by_operator(profiler)]
    return "\n".join(lines[1:])


async def _all(ask: Ask, channels: list[Conversation], count: int) -> None:
    """Let every channel have `count` tokens, one channel's first token after all prefill.

    Decoding goes on from the prompt that was prefilled: one token of it is run again.
    """

    async def read(channel: int, prompt: list[int]) -> None:
        got = 0
        async with aclosing(ask(channel, prompt)) as reply:
            async for tokens in reply:
                got += len(tokens)
                if got >= count:
                    return

    await asyncio.gather(*(read(n, each.tokens) for n, each in enumerate(channels)))
    # The step after the last token that was wanted has begun: let it end.
    await asyncio.get_running_loop().run_in_executor(COMPUTE, lambda: None)


@contextmanager
def timed_parts(loaded: LoadedModel) -> Iterator[Parts]:
    """Time the model's modules until the end."""
    parts = Parts()
    running: list[list[float]] = []  # begin, and seconds inside of other parts

    def now() -> float:
        if loaded.device.type == "cuda":
            torch.cuda.synchronize(loaded.device)
        return time.perf_counter()

    def begin(*_: Any) -> None:
        running.append([now(), 0.0])

    def end(module: nn.Module, *_: Any) -> None:
        began, inside = running.pop()
        took = now() - began
        parts.seconds[kinds[module]] += took - inside
        if running:
            running[-1][1] += took
        else:
            parts.steps += module is loaded.model

    kinds = _kinds(loaded.model)
    hooks = [module.register_forward_pre_hook(begin) for module in kinds]
    hooks += [module.register_forward_hook(end) for module in kinds]
    started = time.perf_counter()
    try:
        yield parts
    finally:
        parts.whole = time.perf_counter() - started
        for hook in hooks:
            hook.remove()


def _kinds(model: Any) -> dict[nn.Module, str]:
    """The modules to time, and which part each of them is."""
    output = model.get_output_embeddings()
    kinds: dict[nn.Module, str] = dict.fromkeys((model, model.base_model), "rest of the model")
    for module in model.modules():
        name = type(module).__name__
        if module is output:
            kinds[module] = "output layer"
        elif "Linear" in name:
            kinds[module] = "linear layers"
        elif name.endswith("Attention"):
            kinds[module] = "attention"
        elif "Norm" in name:
            kinds[module] = "norms"
    return kinds


def _by_part(parts: Parts) -> list[str]:
    if not parts.steps:
        return ["replayed as CUDA graphs, in which no part can be timed: see the operators"]
    seconds = dict(parts.seconds)
    seconds[OUTSIDE] = max(0.0, parts.whole - sum(seconds.values()))
    steps = max(1, parts.steps)
    rows = [
        [name, f"{spent * 1e3 / steps:.2f}", f"{spent / parts.whole:.0%}"]
        for name, spent in sorted(seconds.items(), key=lambda item: -item[1])
    ]
    rows.append([f"all of {parts.steps} steps", f"{parts.whole * 1e3 / steps:.2f}", "100%"])
    return table(["part", "ms a step", "share"], rows)


@contextmanager
def _profiler(loaded: LoadedModel) -> Iterator[Any]:
    """torch.profiler over every thread: the engine's steps run in one of their own."""
    vendor: Any = torch.profiler
    activities = [vendor.ProfilerActivity.CPU]
    if loaded.device.type == "cuda":
        activities.append(vendor.ProfilerActivity.CUDA)
    everywhere = vendor._ExperimentalConfig(profile_all_threads=True)
    with vendor.profile(activities=activities, experimental_config=everywhere) as profiler:
        yield profiler


def _by_operator(profiler: Any) -> list[str]:
    events = profiler.key_averages()
    spent = {event: event.self_cpu_time_total + _on_device(event) for event in events}
    total = sum(spent.values()) or 1.0
    rows = [
        [
            event.key[:60],
            str(event.count),
            f"{spent[event] / 1e3:.1f}",
            f"{spent[event] / total:.0%}",
        ]
        for event in sorted(events, key=lambda event: -spent[event])[:ROWS]
    ]
    return table(["operator", "calls", "ms", "share"], rows)


def _on_device(event: Any) -> float:
    return float(getattr(event, "self_device_time_total", 0.0))
