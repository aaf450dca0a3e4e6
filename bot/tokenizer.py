"""Text to token ids and back: what the rest of Kaiwa asks of a vocabulary, and replies as text.

It does not know what a prompt looks like, and no model. Everything here is exact about bytes: a
token is the bytes that it contributes, decoding joins them, and half a character is never shown.
The kinds of vocabularies are in `bot/vocabulary`.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from bot.errors import BotError
from bot.thinking import Thoughts
from bot.vocabulary.checkpoint import settings, unreadable
from bot.vocabulary.hugging_face import HuggingFaceTokenizer
from bot.vocabulary.marks import Part
from bot.vocabulary.pieces import SENTENCEPIECE_FILES, SentencePieceTokenizer
from bot.vocabulary.template import ChatTemplate

__all__ = [
    "HuggingFaceTokenizer",
    "Part",
    "SentencePieceTokenizer",
    "StreamingDetokenizer",
    "TokenBytes",
    "Tokenizer",
    "has_chat_template",
    "load_tokenizer",
]

HUGGING_FACE_FILES = ("tokenizer.json", "tokenizer_config.json", "vocab.json")
MOST_ALIKE = 0.99  # of a SentencePiece model's pieces that stand in its tokenizer.json


class TokenBytes(Protocol):
    """What tokens contribute to a text."""

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes that a token contributes; none for special ids and ids past the end."""


class Tokenizer(TokenBytes, Protocol):
    """What the rest of Kaiwa asks of a vocabulary."""

    @property
    def vocab_size(self) -> int:
        """The number of token ids; a model's embedding may have more rows (padding)."""

    @property
    def eos_id(self) -> int:
        """The token that ends a reply."""

    def encode(self, text: str) -> list[int]:
        """The ids of a text with which a prompt begins.

        Text that spells a special or added token (`</s>`) is text: neither comes out. A
        vocabulary that puts a space before a text, as Llama's does, does so here.
        """

    def encode_prompt(self, parts: Iterable[Part]) -> list[int]:
        """The ids of a prompt's parts: of our own, where special and added tokens count.

        What users wrote is as in `encode`.
        """

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`, without special tokens and without bytes that are no UTF-8.

        Without the space that `encode` put before it, too.
        """


class StreamingDetokenizer:
    """Text from tokens as they come, each piece safe to show.

    Never half a UTF-8 character, and never text that could still become one of the `stop`
    strings. The reply ends where the first stop string is complete (of several that are
    complete at the same character, the longest); the text before it is kept. Bytes that are
    no UTF-8, such as a character that is cut short by the end, are left out: a reply shows
    no U+FFFD that the model did not write. What the model thinks before it answers is left out,
    too; with `thinking` the prompt has begun a thought. What `push` and `finish` returned, joined,
    is the reply's text, however it was split into tokens. A push costs the new text plus the
    longest stop string, whatever the length of the reply.
    """

    def __init__(
        self, tokenizer: TokenBytes, stop: Sequence[str] = (), thinking: bool = False
    ) -> None:
        self._token_bytes = tokenizer.token_bytes
        self._thoughts = Thoughts(thinking)
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self._stop = tuple(dict.fromkeys(s for s in stop if s))
        self._longest = max(map(len, self._stop), default=0)
        self._held = ""
        self.stopped = False

    def push(self, token_id: int) -> str:
        """Take the next token; return the text that is now safe to show, perhaps none."""
        if self.stopped:
            return ""
        new = self._thoughts.push(self._decoder.decode(self._token_bytes(token_id)))
        return self._shown(new) if new else ""

    @property
    def thinking(self) -> bool:
        """Whether the model thinks now, and has not begun to answer."""
        return self._thoughts.thinking

    def _shown(self, new: str) -> str:
        """What is safe to show of the text so far, of which this is new."""
        text = self._held + new
        found = [(at + len(s), at) for s in self._stop if (at := text.find(s)) >= 0]
        if found:
            self.stopped = True
            self._held = ""
            return text[: min(found)[1]]
        keep = len(text) - self._undecided(text)
        self._held = text[keep:]
        return text[:keep]

    def finish(self) -> str:
        """The reply has ended: return what was held back and turned out to be its text."""
        last = self._thoughts.finish()
        shown = self._shown(last) if last and not self.stopped else ""
        rest, self._held = self._held, ""
        self._decoder.reset()
        return shown + rest

    def _undecided(self, text: str) -> int:
        """The length of the longest end of `text` that a stop string begins with."""
        for length in range(min(self._longest - 1, len(text)), 0, -1):
            if any(s.startswith(text[-length:]) for s in self._stop):
                return length
        return 0


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a checkpoint folder. Raises BotError when there is none that works.

    A SentencePiece model wins over Hugging Face's files; with a chat template, if it is the one
    that those were made from, since the template's marks are known from there.
    """
    try:
        return _loaded(folder)
    except BotError:
        raise
    except Exception as error:  # files of JSON that say what cannot be
        raise unreadable("its tokenizer") from error


def _loaded(folder: Path) -> Tokenizer:
    if any((folder / name).is_file() for name in SENTENCEPIECE_FILES):
        tokenizer = _of_pieces(folder)
        if tokenizer is not None:
            return _with_line_breaks(tokenizer, folder)
    if any((folder / name).is_file() for name in HUGGING_FACE_FILES):
        return _with_line_breaks(HuggingFaceTokenizer(folder), folder)
    wanted = ", ".join((*SENTENCEPIECE_FILES, *HUGGING_FACE_FILES[:1]))
    raise BotError(
        f"There is no tokenizer in {folder}: I looked for {wanted}. "
        "Please check that the model was downloaded completely.",
        f"{folder} にトークナイザーがありません（探したファイル: {wanted}）。"
        "モデルがすべてダウンロードされているか確認してください。",
    )


def has_chat_template(folder: Path) -> bool:
    """Whether a checkpoint brings a chat template of its own."""
    return ChatTemplate.from_folder(folder) is not None


def _of_pieces(folder: Path) -> SentencePieceTokenizer | None:
    """The checkpoint's SentencePiece model; None where tokenizer.json is of another vocabulary."""
    model = settings(folder / "tokenizer.json").get("model") if has_chat_template(folder) else None
    try:
        tokenizer = SentencePieceTokenizer.from_folder(folder)
    except BotError:  # some of that name are of another library
        if not model:
            raise
        return None
    if not model:
        return tokenizer
    vocabulary = model.get("vocab") or ()
    if isinstance(vocabulary, dict):
        ids = {token_id: piece for piece, token_id in vocabulary.items()}
    else:
        ids = {token_id: piece for token_id, (piece, _) in enumerate(vocabulary)}
    pieces = tokenizer.pieces
    alike = sum(ids.get(token_id) == piece for token_id, piece in enumerate(pieces))
    return tokenizer if alike >= MOST_ALIKE * len(pieces) else None


def _with_line_breaks(tokenizer: Tokenizer, folder: Path) -> Tokenizer:
    if tokenizer.decode(tokenizer.encode("a\nb")) != "a\nb":
        raise BotError(
            f"The tokenizer in {folder} loses line breaks, so the model could not tell turns "
            "apart. Please choose another model.",
            f"{folder} のトークナイザーは改行を失うため、発言を区別できません。"
            "別のモデルを選んでください。",
        )
    return tokenizer
