"""What the model writes aside: an answer that belongs to no conversation, and is kept nowhere.

Knows the generator and the prompt's format; not what is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from itertools import count

from bot.messages import GenerationRequest, Prompt, Sampling, TextDelta, Turn
from bot.ports import TextGenerator
from bot.prompt import PromptFormat, fit

_NUMBERS = count(1)


async def aside(
    generator: TextGenerator,
    format: PromptFormat,
    turns: Sequence[Turn],
    *,
    max_new_tokens: int,
    person: str = "",
) -> str:
    """The model's likeliest answer to the last of some turns. Raises BotError as a reply does.

    `max_new_tokens` is less where the context is short. `person`: as in `GenerationRequest`.
    """
    most = min(max_new_tokens, generator.context_length // 2)
    prompt = await asyncio.to_thread(fit, format, (), turns, generator.context_length - most)
    sampling = Sampling(max_new_tokens=most, temperature=0)
    return await written(generator, format, prompt, sampling, person=person)


async def written(
    generator: TextGenerator,
    format: PromptFormat,
    prompt: Prompt,
    sampling: Sampling,
    *,
    person: str = "",
) -> str:
    """The model's answer to a prompt. Raises BotError as a reply does. `person`: as above."""
    name = f"aside {next(_NUMBERS)}"
    request = GenerationRequest(prompt, sampling, name, stop=format.stop, person=person)
    text = ""
    try:
        async with aclosing(generator.stream(request)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    text += event.text
    finally:
        generator.forget({name})
        format.forget()
    return text.strip()
