"""transformers' own continuous batching as a party, on the loaded model's weights."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import transformers

from bot.bench.generate import stock_attention
from bot.bench.party import Ask, Tokens
from bot.bench.workload import Workload
from bot.engine.loader import LoadedModel
from bot.engine.weights import quiet

BLOCK = 32  # tokens in a block of its cache


class ContinuousBatching:
    """`ContinuousBatchingManager`: full blocks of its cache are shared by prefix."""

    name = "batching"
    in_process = True

    def __init__(self, loaded: LoadedModel) -> None:
        self._loaded = loaded

    @asynccontextmanager
    async def session(self, work: Workload) -> AsyncIterator[Ask]:
        """See Party: a cache of its own, empty."""
        vendor: Any = transformers
        sampling = work.sampling(0)
        settings = vendor.GenerationConfig(
            max_new_tokens=work.reply,
            do_sample=True,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=0,
            eos_token_id=-1,
            pad_token_id=0,
        )
        # Left alone it takes nearly all of the memory that is free. Twice what is needed.
        blocks = 2 * work.channels * -(-work.longest // BLOCK)
        bounds = vendor.ContinuousBatchingConfig(page_size=BLOCK, num_blocks=blocks)
        numbers = count()
        with quiet(), stock_attention(self._loaded) as model:
            # What it has for the model is made and ended in threads: both take their time.
            manager = await asyncio.to_thread(
                model.init_continuous_batching,
                generation_config=settings,
                continuous_batching_config=bounds,
            )
            await asyncio.to_thread(manager.warmup)
            manager.start()

            async def ask(channel: int, prompt: Sequence[int]) -> AsyncGenerator[Tokens, None]:
                name = f"{channel} {next(numbers)}"
                outputs: asyncio.Queue[Any] = asyncio.Queue()
                manager.register_result_handler(name, outputs.put_nowait)
                manager.add_request(
                    list(prompt), name, max_new_tokens=work.reply, streaming=True, eos_token_id=-1
                )
                told = 0
                while told < work.reply:
                    output = await outputs.get()
                    if output.error is not None:
                        raise RuntimeError(output.error)
                    tokens = tuple(output.generated_tokens[told:])
                    told += len(tokens)
                    yield tokens

            try:
                yield ask
            finally:
                await asyncio.to_thread(manager.stop, timeout=30)
                manager.destroy()
