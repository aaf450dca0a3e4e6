"""Text to token ids and back, one small interface over SentencePiece and Hugging Face.

It knows vocabularies and bytes. It does not know what a prompt looks like, and no model.

Everything here is exact about bytes: a token is the bytes that it contributes, decoding joins
them, and half a character is never shown. Where a checkpoint has a SentencePiece model, that
library itself encodes: transformers' T5Tokenizer, the class that rinna's checkpoints name, drops
newlines, double spaces and byte fallback without any error.

The file is longer than others since two vocabularies and the stream share that one idea.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import sentencepiece

from bot.errors import BotError

SPACE_MARK = "\u2581"  # ▁, what SentencePiece writes for a space
SENTENCEPIECE_FILES = ("spiece.model", "tokenizer.model")
HUGGING_FACE_FILES = ("tokenizer.json", "tokenizer_config.json", "vocab.json")
CHAT_TEMPLATE_FILES = ("chat_template.jinja", "chat_template.json")

# Protobuf merges a field that comes twice, so these bytes at the end of a serialised ModelProto
# (field 3, normalizer_spec) set add_dummy_prefix (3) and remove_extra_whitespaces (4) to false.
KEEP_SPACES = b"\x1a\x04\x18\x00\x20\x00"


class Tokenizer(Protocol):
    """What the rest of Kaiwa asks of a vocabulary."""

    @property
    def vocab_size(self) -> int:
        """The number of token ids; a model's embedding may have more rows (padding)."""

    @property
    def eos_id(self) -> int:
        """The token that ends a reply."""

    def encode(self, text: str) -> list[int]:
        """The ids of `text` alone: no special token, no space put before it.

        Text that spells a special token (`</s>`) is text.
        """

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`, without special tokens and without bytes that are no UTF-8."""

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes that a token contributes; none for special ids and ids past the end."""


class SentencePieceTokenizer:
    """A SentencePiece model (`serialised`, the file's bytes), used as it is.

    `eos_id` overrides the model's own. Raises BotError when the model cannot be read.
    """

    def __init__(self, serialised: bytes, eos_id: int | None = None) -> None:
        self._pieces = sentencepiece.SentencePieceProcessor()
        try:
            self._pieces.LoadFromSerializedProto(serialised + KEEP_SPACES)
        except RuntimeError as error:
            raise _unreadable("its SentencePiece model") from error
        self.vocab_size: int = self._pieces.vocab_size()
        self.eos_id: int = self._pieces.eos_id() if eos_id is None else eos_id
        self._bytes = [self._bytes_of(token_id) for token_id in range(self.vocab_size)]
        self._spelled = self._spelled_out()

    @classmethod
    def from_folder(cls, folder: Path) -> SentencePieceTokenizer:
        """Read a checkpoint folder's SentencePiece model, and its end token where it names one."""
        file = next(folder / name for name in SENTENCEPIECE_FILES if (folder / name).is_file())
        tokenizer = cls(file.read_bytes())
        eos_id = tokenizer._eos_in(folder)
        return tokenizer if eos_id in (None, tokenizer.eos_id) else cls(file.read_bytes(), eos_id)

    def encode(self, text: str) -> list[int]:
        """See Tokenizer."""
        return _encode_around(text, self._spelled, self._pieces.encode)

    def decode(self, ids: Iterable[int]) -> str:
        """See Tokenizer."""
        return _text(map(self.token_bytes, ids))

    def token_bytes(self, token_id: int) -> bytes:
        """See Tokenizer."""
        return self._bytes[token_id] if 0 <= token_id < self.vocab_size else b""

    def _bytes_of(self, token_id: int) -> bytes:
        special = self._pieces.is_control(token_id) or self._pieces.is_unknown(token_id)
        if special or token_id == self.eos_id:
            return b""
        return _piece_bytes(self._pieces.id_to_piece(token_id))

    def _spelled_out(self) -> dict[str, list[int]]:
        """Text that the library would take for something else, and the ids that spell it."""
        spelled: dict[str, list[int]] = {}
        by_byte = [self._pieces.piece_to_id(_byte_piece(byte)) for byte in SPACE_MARK.encode()]
        if all(self._pieces.is_byte(token_id) for token_id in by_byte):
            spelled[SPACE_MARK] = by_byte  # the character itself, not a space
        end = self._pieces.id_to_piece(self.eos_id) if 0 <= self.eos_id < self.vocab_size else ""
        if end and self.eos_id in self._pieces.encode(end):  # an end token that is user-defined
            spelled[end] = self._pieces.encode(end[:1]) + self._pieces.encode(end[1:])
        return spelled

    def _eos_in(self, folder: Path) -> int | None:
        """The end token that the checkpoint's settings name, if they do."""
        for name in ("generation_config.json", "config.json"):
            eos_id = _settings(folder / name).get("eos_token_id")
            if isinstance(eos_id, list) and eos_id:
                eos_id = eos_id[0]
            if isinstance(eos_id, int):
                return eos_id
        piece = _settings(folder / "tokenizer_config.json").get("eos_token")
        if isinstance(piece, dict):  # an AddedToken, written out
            piece = piece.get("content")
        if not isinstance(piece, str):
            return None
        eos_id = self._pieces.piece_to_id(piece)
        return None if self._pieces.is_unknown(eos_id) else int(eos_id)


class HuggingFaceTokenizer:
    """A checkpoint's fast tokenizer: byte-level BPE, or pieces with `▁` and byte fallback.

    Only files of `folder` are read and none of its code is run. Raises BotError when it
    cannot be loaded or its vocabulary is of another kind.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer as Backend
        from transformers import AutoTokenizer  # slow to import, and not needed by most

        try:
            self._library: Any = AutoTokenizer.from_pretrained(
                str(folder), trust_remote_code=False, local_files_only=True
            )
            spec = json.loads(self._library.backend_tokenizer.to_str())
        except (OSError, ValueError, AttributeError, KeyError, ImportError) as error:
            raise _unreadable("its tokenizer") from error
        kinds = _kinds(spec["decoder"]) | _kinds(spec["pre_tokenizer"])
        if not kinds & {"ByteLevel", "ByteFallback", "Metaspace"}:
            raise _unreadable("its kind of vocabulary")
        spec["normalizer"] = _without_prefix(spec["normalizer"])
        spec["pre_tokenizer"] = _without_prefix(spec["pre_tokenizer"])
        spec["truncation"] = spec["padding"] = None
        # Two, since whether special tokens are parsed is a state of the tokenizer.
        self._marked = Backend.from_str(json.dumps(spec))
        self._plain = Backend.from_str(json.dumps(spec))
        self._plain.encode_special_tokens = True
        vocabulary: dict[str, int] = self._plain.get_vocab(with_added_tokens=True)
        added = self._plain.get_added_tokens_decoder()
        self.vocab_size = max(vocabulary.values()) + 1
        self.eos_id = self._eos(folder)
        to_bytes = _byte_level_bytes if "ByteLevel" in kinds else _piece_bytes
        self._bytes = [b""] * self.vocab_size
        for piece, token_id in vocabulary.items():
            self._bytes[token_id] = piece.encode() if token_id in added else to_bytes(piece)
        for token_id, token in added.items():
            if token.special or token_id == self.eos_id:
                self._bytes[token_id] = b""
        by_byte = [vocabulary.get(_byte_piece(byte), -1) for byte in SPACE_MARK.encode()]
        pieces = "ByteLevel" not in kinds and -1 not in by_byte
        self._spelled = {SPACE_MARK: by_byte} if pieces else {}

    def encode(self, text: str) -> list[int]:
        """See Tokenizer."""
        return _encode_around(text, self._spelled, lambda part: self._ids(self._plain, part))

    def encode_marked(self, text: str) -> list[int]:
        """The ids of text of our own, where special tokens count. Never for users' text."""
        return self._ids(self._marked, text)

    def decode(self, ids: Iterable[int]) -> str:
        """See Tokenizer."""
        return _text(map(self.token_bytes, ids))

    def token_bytes(self, token_id: int) -> bytes:
        """See Tokenizer."""
        return self._bytes[token_id] if 0 <= token_id < self.vocab_size else b""

    def apply_chat_template(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The text of `messages` (`role`, `content`) up to where the assistant's reply begins.

        Raises BotError when the checkpoint has no chat template, or it refuses them.
        """
        from jinja2 import TemplateError

        try:
            text = self._library.apply_chat_template(
                list(messages), tokenize=False, add_generation_prompt=True
            )
        except (ValueError, TemplateError) as error:
            raise _unreadable("its chat template") from error
        return str(text)

    def _ids(self, backend: Any, text: str) -> list[int]:
        ids: list[int] = backend.encode(text, add_special_tokens=False).ids
        return ids

    def _eos(self, folder: Path) -> int:
        """The tokenizer's own end token; where it has none, the checkpoint's first."""
        eos_id = self._library.eos_token_id
        for name in ("generation_config.json", "config.json"):
            if eos_id is None:
                eos_id = _settings(folder / name).get("eos_token_id")
        if isinstance(eos_id, list) and eos_id:
            eos_id = eos_id[0]
        if not isinstance(eos_id, int):
            raise _unreadable("its end-of-sequence token")
        return eos_id


class StreamingDetokenizer:
    """Text from tokens as they come, each piece safe to show.

    Never half a UTF-8 character, and never text that could still become one of the `stop`
    strings. The reply ends where the first stop string is complete (of several that are
    complete at the same character, the longest); the text before it is kept. Bytes that are
    no UTF-8, such as a character that is cut short by the end, are left out: a reply shows
    no U+FFFD that the model did not write. What `push` and `finish` returned, joined, is the
    reply's text, however it was split into tokens. A push costs the new text plus the
    longest stop string, whatever the length of the reply.
    """

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str] = ()) -> None:
        self._token_bytes = tokenizer.token_bytes
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self._stop = tuple(dict.fromkeys(s for s in stop if s))
        self._longest = max(map(len, self._stop), default=0)
        self._held = ""
        self.stopped = False

    def push(self, token_id: int) -> str:
        """Take the next token; return the text that is now safe to show, perhaps none."""
        if self.stopped:
            return ""
        new = self._decoder.decode(self._token_bytes(token_id))
        if not new:
            return ""
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
        rest, self._held = self._held, ""
        self._decoder.reset()
        return rest

    def _undecided(self, text: str) -> int:
        """The length of the longest end of `text` that a stop string begins with."""
        for length in range(min(self._longest - 1, len(text)), 0, -1):
            if any(s.startswith(text[-length:]) for s in self._stop):
                return length
        return 0


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a checkpoint folder. Raises BotError when there is none that works.

    A SentencePiece model wins over Hugging Face's files, except where the checkpoint has a
    chat template: its marks are special tokens that only its own tokenizer makes.
    """
    pieces = any((folder / name).is_file() for name in SENTENCEPIECE_FILES)
    if pieces and not has_chat_template(folder):
        tokenizer = SentencePieceTokenizer.from_folder(folder)
        if tokenizer.decode(tokenizer.encode("a\nb")) != "a\nb":
            raise BotError(
                f"The tokenizer in {folder} loses line breaks, so the model could not tell turns "
                "apart. Please choose another model.",
                f"{folder} のトークナイザーは改行を失うため、発言を区別できません。"
                "別のモデルを選んでください。",
            )
        return tokenizer
    if any((folder / name).is_file() for name in HUGGING_FACE_FILES):
        return HuggingFaceTokenizer(folder)
    wanted = ", ".join((*SENTENCEPIECE_FILES, *HUGGING_FACE_FILES[:1]))
    raise BotError(
        f"There is no tokenizer in {folder}: I looked for {wanted}. "
        "Please check that the model was downloaded completely.",
        f"{folder} にトークナイザーがありません（探したファイル: {wanted}）。"
        "モデルがすべてダウンロードされているか確認してください。",
    )


def has_chat_template(folder: Path) -> bool:
    """Whether a checkpoint brings a chat template of its own."""
    files = any((folder / name).is_file() for name in CHAT_TEMPLATE_FILES)
    return files or bool(_settings(folder / "tokenizer_config.json").get("chat_template"))


def _encode_around(
    text: str, spelled: Mapping[str, list[int]], encode: Callable[[str], list[int]]
) -> list[int]:
    """`encode(text)`, save for the strings whose ids are given."""
    if not any(string in text for string in spelled):
        return encode(text)
    ids: list[int] = []
    for part in re.split(f"({'|'.join(map(re.escape, spelled))})", text):
        if part:
            ids += spelled[part] if part in spelled else encode(part)
    return ids


def _text(parts: Iterable[bytes]) -> str:
    return b"".join(parts).decode("utf-8", "ignore")


def _byte_piece(byte: int) -> str:
    return f"<0x{byte:02X}>"


def _piece_bytes(piece: str) -> bytes:
    """The bytes of a piece in SentencePiece's spelling."""
    if re.fullmatch("<0x[0-9A-F]{2}>", piece):
        return bytes([int(piece[3:5], 16)])
    return piece.replace(SPACE_MARK, " ").encode()


def _byte_level_table() -> dict[str, int]:
    """GPT-2's alphabet: printable bytes stand for themselves, the others follow from U+0100."""
    printable = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
    others = (byte for byte in range(256) if byte not in printable)
    table = {chr(byte): byte for byte in printable}
    return table | {chr(0x100 + n): byte for n, byte in enumerate(others)}


BYTE_LEVEL = _byte_level_table()


def _byte_level_bytes(piece: str) -> bytes:
    """The bytes of a piece in GPT-2's alphabet."""
    return bytes(BYTE_LEVEL[c] for c in piece) if set(piece) <= BYTE_LEVEL.keys() else b""


def _kinds(node: Any) -> set[str]:
    """The types of a part of `tokenizer.json` and of what it consists of."""
    if isinstance(node, list):
        return set().union(*map(_kinds, node))
    if not isinstance(node, dict):
        return set()
    return {str(node.get("type"))}.union(*map(_kinds, node.values()))


def _without_prefix(node: Any) -> Any:
    """A normaliser or pre-tokenizer that puts no space before the text."""
    if isinstance(node, list):
        return [part for part in map(_without_prefix, node) if part is not None]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "Prepend":
        return None
    node = {key: _without_prefix(value) for key, value in node.items()}
    if node.get("type") == "Metaspace":
        node["prepend_scheme"] = "never"
    if "add_prefix_space" in node:
        node["add_prefix_space"] = False
    return node


def _settings(file: Path) -> Mapping[str, Any]:
    """A checkpoint's JSON file; empty where it has none. Raises BotError when it is broken."""
    if not file.is_file():
        return {}
    try:
        settings = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise _unreadable(file.name) from error
    return settings if isinstance(settings, dict) else {}


def _unreadable(what: str) -> BotError:
    return BotError(
        f"I cannot use this model: {what} could not be read. "
        "Please check its files, or choose another model.",
        f"このモデルは使えません（読み込めないもの: {what}）。"
        "ファイルを確認するか、別のモデルを選んでください。",
    )
