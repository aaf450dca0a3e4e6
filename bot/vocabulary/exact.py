"""What a vocabulary does once its marks, its prefix and its tokens' bytes are known."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from bot.vocabulary.marks import Marks, Part, Prefix
from bot.vocabulary.spelling import text_of
from bot.vocabulary.template import ChatTemplate


class ExactTokenizer(ABC):
    """See Tokenizer. Which kind of vocabulary it is, is the subclass' affair."""

    vocab_size: int
    eos_id: int
    template: ChatTemplate | None
    _marks: Marks
    _prefix: Prefix
    _bytes: Sequence[bytes]

    @abstractmethod
    def _encode(self, text: str, prefixed: bool) -> list[int]:
        """The ids of a stretch of text, none a mark's; `prefixed`: with a space before it."""

    @property
    def marks(self) -> dict[int, str]:
        """The tokens that no text of a user becomes, and how they are spelled."""
        return self._marks.spellings

    def encode(self, text: str) -> list[int]:
        """See Tokenizer."""
        return self._encode(text, self._prefix != "never" and text != "")

    def encode_prompt(self, parts: Iterable[Part]) -> list[int]:
        """See Tokenizer."""
        return self._marks.encode(parts, self._prefix, self._encode)

    def decode(self, ids: Iterable[int]) -> str:
        """See Tokenizer."""
        parts = [self.token_bytes(token_id) for token_id in ids]
        if self._prefix != "never" and parts:
            parts[0] = parts[0].removeprefix(b" ")
        return text_of(parts)

    def token_bytes(self, token_id: int) -> bytes:
        """See Tokenizer."""
        return self._bytes[token_id] if 0 <= token_id < self.vocab_size else b""
