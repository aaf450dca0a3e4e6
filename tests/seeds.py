"""How often a reply with a seed is another one beside others than alone.

    python -m tests.seeds

The built-in model at temperature 1.3, 144 requests with a seed each: one after the other with an
empty cache, then all at once. Once in float32 and once in 4 bits, as it runs on this processor.
Prints how many replies differ; exit code 1 if one does in float32.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

from bot.app import DEMO_FOLDER
from bot.engine.loader import LoadedModel, load_model
from bot.engine.local import EngineOptions, LocalEngine
from bot.messages import Sampling
from tests.bot.engine.tiny import LetterTokenizer, reply

QUESTIONS = ("「猫」は英語で何ですか。", "What does 水 mean?", "こんにちは", "好きな食べ物は何？")
SEEDS = 36


async def differing(loaded: LoadedModel) -> tuple[int, int]:
    """How many replies differ, of how many."""
    prompts = [loaded.tokenizer.encode(f"ユーザー: {text}\nシステム: ") for text in QUESTIONS]
    asked = [
        (prompt, Sampling(max_new_tokens=32, temperature=1.3, top_p=1.0, seed=seed))
        for prompt in prompts
        for seed in range(SEEDS)
    ]
    options = EngineOptions(max_waiting=len(asked))
    letters = replace(loaded, tokenizer=LetterTokenizer())
    async with LocalEngine.from_loaded(letters, options) as engine:
        alone = []
        for place, (prompt, sampling) in enumerate(asked):
            alone.append((await reply(engine, prompt, f"{place}", sampling)).tokens)
            engine.forget()
        beside = await asyncio.gather(
            *(
                reply(engine, prompt, f"{place}", sampling)
                for place, (prompt, sampling) in enumerate(asked)
            )
        )
    pairs = zip(alone, beside, strict=True)
    return sum(one != other.tokens for one, other in pairs), len(asked)


def main() -> int:
    """The exit code."""
    exact = load_model(DEMO_FOLDER, quantization="none", device="cpu", dtype="float32")
    count, of = asyncio.run(differing(exact))
    print(f"float32: {count} of {of} differ", flush=True)
    packed, _ = asyncio.run(differing(load_model(DEMO_FOLDER, device="cpu")))
    print(f"4 bits: {packed} of {of} differ")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
