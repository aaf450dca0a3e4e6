from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from bot.app import DEMO_FOLDER
from bot.demo.dialogues import DialogueSource
from bot.demo.lexicon import load_lexicon
from bot.engine.loader import LoadedModel, load_model
from bot.engine.local import EngineOptions, LocalEngine
from bot.messages import (
    FinishReason,
    GenerationEnd,
    GenerationEvent,
    GenerationRequest,
    Prompt,
    Role,
    Sampling,
    TextDelta,
    Turn,
)
from bot.prompt import RinnaFormat

NEW_TOKENS = 24


@pytest.fixture(scope="module")
def builtin() -> LoadedModel:
    """The built-in model in float32."""
    return load_model(DEMO_FOLDER, quantization="none", device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def plain() -> Any:
    """The same weights as transformers runs them."""
    model: Any = AutoModelForCausalLM.from_pretrained(DEMO_FOLDER, dtype=torch.float32)
    return model.eval()


def expected(plain: Any, builtin: LoadedModel, prompt: Prompt, stop: tuple[str, ...]) -> str:
    """The text that `model.generate` writes after one prompt alone."""
    ids = torch.tensor([prompt.ids])
    with torch.inference_mode():
        out = plain.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=NEW_TOKENS,
            do_sample=False,
            eos_token_id=builtin.tokenizer.eos_id,
            pad_token_id=0,
        )
    text = builtin.tokenizer.decode(out[0, len(prompt.ids) :].tolist())
    return text[: min((at for s in stop if (at := text.find(s)) >= 0), default=len(text))]


async def read(stream: AsyncGenerator[GenerationEvent, None], chunks: int = -1) -> str:
    """The text of a stream, or of its first `chunks` pieces: then it is closed."""
    text = ""
    async for event in stream:
        if isinstance(event, GenerationEnd):
            assert event.reason in (FinishReason.END, FinishReason.LENGTH, FinishReason.STOP)
            break
        if not isinstance(event, TextDelta):
            continue  # its place in the queue
        text += event.text
        chunks -= 1
        if chunks == 0:
            break
    await stream.aclose()
    return text


@pytest.mark.parametrize("seed", range(4))
async def test_any_mixture_of_conversations_equals_generate_of_each_alone(
    builtin: LoadedModel, plain: Any, seed: int
) -> None:
    """Cold prompts, follow-ups on cached prefixes, cancelled neighbours, chunked prefill.

    Token for token in float32: the texts are decoded from them.
    """
    rng = random.Random(seed)
    source = DialogueSource(load_lexicon(), rng)
    prompt_format = RinnaFormat(builtin.tokenizer)
    sampling = Sampling(max_new_tokens=NEW_TOKENS, temperature=0)
    options = EngineOptions(
        max_batch=rng.choice((2, 4, 16)),
        max_step_tokens=rng.choice((5, 32, 256)),
        cache_tokens=rng.choice((512, 2048, None)),
    )
    hits = 0

    async def converse(name: str, engine: LocalEngine) -> None:
        nonlocal hits
        turns: list[Turn] = []
        for said, _ in source.draw()[:5]:
            turns.append(Turn(Role.USER, said))
            text, ids = prompt_format.encode(turns)
            if len(ids) + NEW_TOKENS > builtin.context_length:
                return
            prompt = Prompt(text, ids, tuple(turns))
            request = GenerationRequest(prompt, sampling, name, stop=prompt_format.stop)
            if rng.random() < 0.3:
                await read(engine.stream(request), chunks=rng.randint(1, 6))
            reply = await read(engine.stream(request))
            assert reply == expected(plain, builtin, prompt, prompt_format.stop), text
            turns.append(Turn(Role.ASSISTANT, reply))
            hits += 1

    async with LocalEngine.from_loaded(builtin, options) as engine:
        await asyncio.gather(*(converse(f"{seed} {n}", engine) for n in range(5)))
    assert hits > 5
