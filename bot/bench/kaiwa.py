"""Kaiwa's own engine as a party."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

from bot.bench.party import Ask, Tokens
from bot.bench.workload import Workload
from bot.engine.loader import LoadedModel
from bot.engine.local import EngineOptions, LocalEngine
from bot.messages import GenerationRequest, Prompt, TextDelta
from bot.tokenizer import Part

FIRST = 0x10000  # the character of token 0; above it are enough for any vocabulary
PATIENCE = 3_600.0  # seconds: nothing is cut off in a measurement


@dataclass(frozen=True, slots=True)
class CharacterTokenizer:
    """Every token is one character, so that a reply's text tells its exact tokens.

    A real vocabulary would not: text of random tokens is seldom split in the same way again,
    and the next turn would not find the reply in the cache.
    """

    vocab_size: int
    eos_id: int = -1

    def encode(self, text: str) -> list[int]:
        """See Tokenizer."""
        return [ord(letter) - FIRST for letter in text]

    def encode_prompt(self, parts: Iterable[Part]) -> list[int]:
        """See Tokenizer."""
        return self.encode("".join(text for text, _ in parts))

    def decode(self, ids: Iterable[int]) -> str:
        """See Tokenizer."""
        return "".join(chr(FIRST + i) for i in ids)

    def token_bytes(self, token_id: int) -> bytes:
        """See Tokenizer."""
        return chr(FIRST + token_id).encode()


class Kaiwa:
    """The engine of this process. Its replies never end before their length."""

    name = "kaiwa"
    in_process = True

    def __init__(self, loaded: LoadedModel, options: EngineOptions) -> None:
        self._tokenizer = CharacterTokenizer(loaded.model.config.vocab_size)
        self._loaded = replace(loaded, tokenizer=self._tokenizer, eos_ids=frozenset())
        self._options = replace(options, deadline_seconds=PATIENCE)

    @asynccontextmanager
    async def session(self, work: Workload) -> AsyncIterator[Ask]:
        """See Party: an engine of its own, with an empty cache."""
        most = max(self._options.max_batch, work.channels)
        options = replace(self._options, max_batch=most)
        async with LocalEngine.from_loaded(self._loaded, options) as engine:

            async def ask(channel: int, prompt: Sequence[int]) -> AsyncGenerator[Tokens, None]:
                sampling = work.sampling(channel)
                request = GenerationRequest(
                    Prompt("", tuple(prompt), ()), sampling, f"bench {channel}"
                )
                async with aclosing(engine.stream(request)) as events:
                    async for event in events:
                        if isinstance(event, TextDelta):
                            yield tuple(self._tokenizer.encode(event.text))

            yield ask
