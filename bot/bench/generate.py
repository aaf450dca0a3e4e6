"""The peer that most bots are: `model.generate`, one message after the other.

Nothing is kept between messages, so every turn runs its whole history anew; while one channel
is answered the others wait. The weights are the loaded model's own, quantised as they are; the
attention is PyTorch's SDPA, as transformers would choose.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import torch

from bot.bench.party import Ask, Tokens
from bot.bench.workload import Workload
from bot.engine.loader import LoadedModel
from bot.engine.thread import COMPUTE
from bot.engine.weights import quiet


class GenerateBot:
    """A bot around `model.generate`."""

    name = "generate"
    in_process = True

    def __init__(self, loaded: LoadedModel) -> None:
        self._loaded = loaded

    @asynccontextmanager
    async def session(self, work: Workload) -> AsyncIterator[Ask]:
        """See Party."""
        turn = asyncio.Lock()  # one message at a time
        with stock_attention(self._loaded) as model:

            async def ask(channel: int, prompt: Sequence[int]) -> AsyncGenerator[Tokens, None]:
                async with turn:
                    streamer = _Streamer(len(prompt))
                    writing = asyncio.get_running_loop().run_in_executor(
                        COMPUTE, _generate, model, prompt, work, channel, streamer
                    )
                    writing.add_done_callback(lambda _: streamer.end())
                    while (tokens := await streamer.queue.get()) is not None:
                        yield tokens
                    await writing

            yield ask


@contextmanager
def stock_attention(loaded: LoadedModel) -> Iterator[Any]:
    """The loaded model with PyTorch's attention, until the end."""
    model: Any = loaded.model
    before = model.config._attn_implementation
    model.set_attn_implementation("sdpa")
    try:
        yield model
    finally:
        model.set_attn_implementation(before)


class _Streamer:
    """What `generate` hands its tokens to, from its own thread."""

    def __init__(self, prompt: int) -> None:
        self.queue: asyncio.Queue[Tokens | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._prompt = prompt

    def put(self, value: torch.Tensor) -> None:
        """The prompt first, then every new token."""
        tokens = tuple(value.flatten().tolist())
        if self._prompt:
            self._prompt = 0
            return
        self._loop.call_soon_threadsafe(self.queue.put_nowait, tokens)

    def end(self) -> None:
        """Nothing comes any more; called by `generate`, and again when its thread ends."""
        self._loop.call_soon_threadsafe(self.queue.put_nowait, None)


def _generate(
    model: Any, prompt: Sequence[int], work: Workload, channel: int, streamer: _Streamer
) -> None:
    sampling = work.sampling(channel)
    ids = torch.tensor([list(prompt)], device=model.device)
    with quiet(), torch.inference_mode():
        model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            streamer=streamer,
            min_new_tokens=work.reply,
            max_new_tokens=work.reply,
            do_sample=True,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=0,
            pad_token_id=0,
        )
