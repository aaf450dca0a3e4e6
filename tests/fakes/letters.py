"""A vocabulary of one token a character, so that tests count tokens by counting characters."""

from __future__ import annotations

from collections.abc import Iterable

from bot.tokenizer import Part


class CharacterTokenizer:
    """Implements bot.tokenizer.Tokenizer: a token is a character's code point, 0 the end."""

    vocab_size = 0x110000
    eos_id = 0

    def encode(self, text: str) -> list[int]:
        """See Tokenizer."""
        return [ord(c) for c in text]

    def encode_prompt(self, parts: Iterable[Part]) -> list[int]:
        """See Tokenizer."""
        return self.encode("".join(text for text, _ in parts))

    def decode(self, ids: Iterable[int]) -> str:
        """See Tokenizer."""
        return "".join(map(chr, ids))

    def token_bytes(self, token_id: int) -> bytes:
        """See Tokenizer."""
        return chr(token_id).encode() if token_id else b""
