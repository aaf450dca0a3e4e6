"""Candidates on the built-in model: they differ, share their prompt, and one of them is kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from bot.app import DEMO_FOLDER
from bot.candidates import best_of
from bot.engine.loader import LoadedModel, load_model
from bot.engine.local import LocalEngine
from bot.messages import (
    GenerationEnd,
    GenerationEvent,
    GenerationRequest,
    Role,
    Sampling,
    TextDelta,
    Turn,
)
from bot.prompt import RinnaFormat, fit

CARD = (
    Turn(Role.USER, "Hello, you are an assistant that helps me learn Japanese."),
    Turn(Role.ASSISTANT, "Sure, what can I do for you?"),
)
QUESTION = Turn(Role.USER, "何か話してください。")
SAMPLING = Sampling(max_new_tokens=24, temperature=4.0, top_p=1.0, seed=11)  # it is sure of itself


@pytest.fixture(scope="module")
def builtin() -> LoadedModel:
    """The built-in model in float32."""
    return load_model(DEMO_FOLDER, quantization="none", device="cpu", dtype="float32")


def request(builtin: LoadedModel, turns: list[Turn]) -> GenerationRequest:
    """A request for the reply to the last of these turns, of a conversation of its own."""
    prompts = RinnaFormat(builtin.tokenizer)
    prompt = fit(prompts, CARD, turns, 400)
    return GenerationRequest(prompt, SAMPLING, "a", prompts.stop)


async def read(events: AsyncGenerator[GenerationEvent, None]) -> tuple[str, GenerationEnd]:
    """A stream's text, and its end."""
    text, end = "", None
    async for event in events:
        if isinstance(event, TextDelta):
            text += event.text
        elif isinstance(event, GenerationEnd):
            end = event
    assert end is not None
    return text, end


class Watched(LocalEngine):
    """An engine that notes how its generations end."""

    ends: list[GenerationEnd]

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """As ever."""
        async for event in super().stream(request):
            if isinstance(event, GenerationEnd):
                self.ends.append(event)
            yield event


async def test_three_candidates_of_one_prompt(builtin: LoadedModel) -> None:
    """They differ and are the same each time; the prompt is prefilled once; the conversation goes
    on with the one that was shown, and of the others nothing is kept."""
    asked = request(builtin, [QUESTION])
    length = len(asked.prompt.ids)
    judged: list[str] = []

    def longest(text: str) -> float:
        judged.append(text)
        return -len(text)

    async with Watched.from_loaded(builtin) as engine:
        engine.ends = []
        text, end = await read(best_of(engine, asked, 3, longest))
        assert len(set(judged)) == 3 and text == max(judged, key=len)
        prefilled = [each.prompt_tokens - each.cached_tokens for each in engine.ends]
        assert sorted(prefilled) == [1, 1, length]
        assert length < engine.stats.cached_tokens <= length + end.generated_tokens

        turns = [QUESTION, Turn(Role.ASSISTANT, text), Turn(Role.USER, "はい。")]
        _, end = await read(engine.stream(request(builtin, turns)))
        assert end.cached_tokens > length

        engine.forget()
        first, judged = judged, []
        await read(best_of(engine, asked, 3, longest))
        assert judged == first
