"""A remote reply, piece by piece, through the same `StreamingDetokenizer` as a local one's.

Knows the pieces of an answer; not where they come from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from bot.engine.remote.wire import Piece, counts, finish_reason
from bot.messages import FinishReason, GenerationEnd
from bot.tokenizer import StreamingDetokenizer, TokenBytes


class RemoteReply:
    """Text with the stop strings' beginnings held back, and how it ended.

    From token ids where the server tells them: text that it decoded itself may lack line
    breaks (see `bot/tokenizer.py`). `tokens` counts what came, an event as one where there
    are no ids. `ends` are the ids of tokens that end a reply.
    """

    def __init__(
        self,
        tokenizer: TokenBytes,
        stop: Iterable[str],
        ends: Collection[int] = (),
        thinking: bool = False,
    ) -> None:
        self._ends = ends
        self._ended = False
        stop = tuple(stop)
        self._by_id = StreamingDetokenizer(tokenizer, stop, thinking)
        self._by_character = StreamingDetokenizer(_Characters(), stop, thinking)
        self._stop = stop
        self._reading = self._by_character
        self._apart = False
        self._last = Piece()
        self._usage: Mapping[str, Any] | None = None
        self.tokens = 0

    @property
    def stopped(self) -> bool:
        """Whether no more is to be read: a stop string is complete, or a token has ended it."""
        return self._ended or self._cut

    @property
    def _cut(self) -> bool:
        return self._by_id.stopped or self._by_character.stopped

    @property
    def thinking(self) -> bool:
        """Whether the model thinks now, as its text or its server says."""
        return self._apart or self._reading.thinking

    @property
    def finished(self) -> bool:
        """Whether the server has said that the reply ends, and why."""
        return self._last.finished is not None

    def push(self, piece: Piece) -> str:
        """The text that is now safe to show."""
        self._last = piece if piece.finished else self._last
        self._usage = piece.usage or self._usage
        if piece.thought and not self._apart and self._by_character.thinking:
            # A server that tells thoughts apart sends an answer without their end.
            self._by_character = StreamingDetokenizer(_Characters(), self._stop)
        self._apart = piece.thought or (self._apart and not piece.is_written)
        self._reading = self._by_character if piece.tokens is None else self._by_id
        text = ""
        if piece.tokens is None:
            self.tokens += bool(piece.text or piece.thought)
            for character in piece.text:
                text += self._by_character.push(ord(character))
            return text
        for token in piece.tokens:
            if self.stopped:
                break
            self.tokens += 1
            if token in self._ends:  # not every checkpoint tells its server of all of them
                self._ended = piece.finished is None
            else:
                text += self._by_id.push(token)
        return text

    def finish(self) -> str:
        """What was held back and turned out to be text."""
        return self._by_id.finish() + self._by_character.finish()

    def end(self, prompt: int) -> GenerationEnd:
        """The end, to a prompt of this many tokens."""
        reason = FinishReason.STOP if self._cut else finish_reason(self._last)
        return GenerationEnd(reason, *counts(self._usage, prompt, self.tokens))


class _Characters:
    """A vocabulary of characters. What is none, half of one or its replacement, has no bytes."""

    def token_bytes(self, token_id: int) -> bytes:
        return b"" if token_id == 0xFFFD else chr(token_id).encode("utf-8", "ignore")
