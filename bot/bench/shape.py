"""The shape of rinna's 3.8 B model, for a model with random weights. Knows no file.

GPT-NeoX with a sequential residual and rotary embeddings over the whole head. The output layer
is drawn five times wider than usual, so that a next token's distribution is about as narrow as a
trained model's: with a flat one sampling would look at half the vocabulary in every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import transformers

from bot.vocabulary.protobuf import number_field, text_field

STD = 0.02  # of all weights but the output layer's
OUTPUT_STD = 0.1
UNK, BOS, EOS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a GPT-NeoX."""

    layers: int = 36
    hidden: int = 2_816
    heads: int = 22
    mlp: int = 11_264
    vocabulary: int = 65_536
    context: int = 2_048

    def linears(self) -> dict[str, tuple[int, int]]:
        """A layer's matrices, `[out, in]`, by transformers' names."""
        return {
            "attention.query_key_value": (3 * self.hidden, self.hidden),
            "attention.dense": (self.hidden, self.hidden),
            "mlp.dense_h_to_4h": (self.mlp, self.hidden),
            "mlp.dense_4h_to_h": (self.hidden, self.mlp),
        }

    @property
    def parameters(self) -> int:
        """How many numbers a model of this shape has."""
        layer = sum(out * (width + 1) for out, width in self.linears().values()) + 4 * self.hidden
        return self.layers * layer + 2 * self.hidden + 2 * self.vocabulary * self.hidden

    def config(self) -> Any:
        """transformers' configuration of it."""
        vendor: Any = transformers
        return vendor.GPTNeoXConfig(
            architectures=["GPTNeoXForCausalLM"],
            vocab_size=self.vocabulary,
            hidden_size=self.hidden,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            intermediate_size=self.mlp,
            max_position_embeddings=self.context,
            rope_parameters={
                "rope_type": "default",
                "rope_theta": 10_000.0,
                "partial_rotary_factor": 1.0,
            },
            use_parallel_residual=False,
            bos_token_id=BOS,
            eos_token_id=EOS,
            tie_word_embeddings=False,
            dtype="bfloat16",
        )


RINNA = Shape()


def pieces(count: int) -> Iterator[tuple[str, int]]:
    """A vocabulary of so many pieces and their types, in SentencePiece's numbers.

    Control pieces, every byte, the space, and then made-up words of hiragana, shortest first.
    """
    normal, unknown, control, byte = 1, 2, 3, 6
    special = [("<unk>", unknown), ("<s>", control), ("</s>", control)]
    special += [(f"<0x{number:02X}>", byte) for number in range(256)] + [("\u2581", normal)]
    yield from special[:count]
    kana = [chr(code) for code in range(0x3042, 0x3094)]
    words = ("".join(letters) for length in (1, 2, 3) for letters in product(kana, repeat=length))
    yield from ((word, normal) for word in islice(words, max(0, count - len(special))))


def sentencepiece_model(count: int) -> bytes:
    """A SentencePiece unigram model of so many pieces, as its protobuf message."""
    score = b"\x15\x00\x00\x80\xbf"  # field 2, -1.0
    listed = b"".join(
        text_field(1, text_field(1, piece.encode()) + score + number_field(3, kind))
        for piece, kind in pieces(count)
    )
    unigram, byte_fallback, ids = number_field(3, 1), number_field(35, 1), (UNK, BOS, EOS, -1)
    trainer = unigram + byte_fallback
    trainer += b"".join(number_field(40 + place, token_id) for place, token_id in enumerate(ids))
    normalizer = text_field(1, b"identity")
    normalizer += number_field(3, 0) + number_field(4, 0) + number_field(5, 1)
    return listed + text_field(2, trainer) + text_field(3, normalizer)
