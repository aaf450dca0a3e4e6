"""What the engine's tests share: a tiny random GPT-NeoX and the reference that it must equal."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sentencepiece
import torch
from transformers import AutoModelForCausalLM, GPTNeoXConfig, GPTNeoXForCausalLM

from bot.engine.loader import LoadedModel
from bot.engine.local import LocalEngine
from bot.messages import (
    GenerationEnd,
    GenerationEvent,
    GenerationRequest,
    Prompt,
    Sampling,
    TextDelta,
)
from bot.tokenizer import Part

CONTEXT = 256
VOCABULARY = 300
EOS = 2
GREEDY = Sampling(max_new_tokens=12, temperature=0)


class LetterTokenizer:
    """Every token is one kanji, so that a reply's text tells its exact tokens."""

    vocab_size = VOCABULARY
    eos_id = EOS

    def encode(self, text: str) -> list[int]:
        return [ord(letter) - 0x4E00 for letter in text]

    def encode_prompt(self, parts: Iterable[Part]) -> list[int]:
        return self.encode("".join(text for text, _ in parts))

    def decode(self, ids: Iterable[int]) -> str:
        return "".join(chr(0x4E00 + i) for i in ids)

    def token_bytes(self, token_id: int) -> bytes:
        return chr(0x4E00 + token_id).encode()


def request(
    ids: Sequence[int],
    conversation: str = "c",
    sampling: Sampling = GREEDY,
    stop: tuple[str, ...] = (),
) -> GenerationRequest:
    """A request for a prompt of these tokens."""
    return GenerationRequest(Prompt("", tuple(ids), ()), sampling, conversation, stop)


def write_tokenizer(folder: Path) -> None:
    """A SentencePiece model as rinna's are: byte fallback, no dummy prefix, `</s>` is 2."""
    text = [f"ユーザー: {word}\nシステム: {word}です。" for word in ("猫", "犬", "山", "VR", "cat")]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text * 20),
        model_writer=model,
        vocab_size=VOCABULARY,
        byte_fallback=True,
        add_dummy_prefix=False,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    (folder / "spiece.model").write_bytes(model.getvalue())


def reference_of(folder: Path) -> Callable[[Sequence[int], int], list[int]]:
    """transformers' own greedy continuation of one prompt alone, with its own attention."""
    model: Any = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager")
    model.eval()
    known: dict[tuple[tuple[int, ...], int], list[int]] = {}

    def continuation(prompt: Sequence[int], count: int) -> list[int]:
        key = (tuple(prompt), count)
        if key not in known:
            ids = torch.tensor([list(prompt)])
            out = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=count,
                do_sample=False,
                pad_token_id=0,
            )
            known[key] = out[0, len(prompt) :].tolist()
        return known[key]

    return continuation


def write_neox(folder: Path) -> None:
    """A checkpoint of the demo's shape, only smaller; float32, random weights."""
    torch.manual_seed(7)
    config = GPTNeoXConfig(
        vocab_size=VOCABULARY,
        hidden_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=128,
        rope_parameters={
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "partial_rotary_factor": 1.0,
        },
        use_parallel_residual=False,
        max_position_embeddings=CONTEXT,
        initializer_range=0.25,
        bos_token_id=1,
        eos_token_id=EOS,
        tie_word_embeddings=False,
    )
    GPTNeoXForCausalLM(config).save_pretrained(folder)
    write_tokenizer(folder)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply: its tokens (the text's letters, without the end token) and its end."""

    tokens: list[int]
    end: GenerationEnd


async def collect(stream: AsyncGenerator[GenerationEvent, None]) -> Reply:
    """Read a stream of letters to its end."""
    tokens: list[int] = []
    async for event in stream:
        if isinstance(event, GenerationEnd):
            return Reply(tokens, event)
        if isinstance(event, TextDelta):
            tokens += LetterTokenizer().encode(event.text)
    raise AssertionError("the stream ended without a GenerationEnd")


async def reply(engine: LocalEngine, ids: Sequence[int], *args: Any, **options: Any) -> Reply:
    """One whole reply to a prompt of these tokens; see `request`."""
    return await collect(engine.stream(request(ids, *args, **options)))


def layers(loaded: LoadedModel) -> list[torch.nn.Module]:
    """The model's layers, first to last."""
    model: Any = loaded.model
    return list(model.base_model.layers)


def without_end(tokens: Sequence[int]) -> list[int]:
    """transformers returns the end token too."""
    return [t for t in tokens if t != EOS]


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop run on until something is so."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110, what is waited for has no event
            await asyncio.sleep(0)
