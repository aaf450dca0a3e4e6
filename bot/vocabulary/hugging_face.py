"""A checkpoint's fast tokenizer: byte-level BPE, or pieces with `▁` and byte fallback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bot.vocabulary.checkpoint import end_ids, json_prefix, kinds, special_names, unreadable
from bot.vocabulary.exact import ExactTokenizer
from bot.vocabulary.marks import SPACE_MARK, Mark, Marks
from bot.vocabulary.spelling import (
    BYTE_PIECE_LENGTH,
    byte_level_bytes,
    byte_piece,
    composed,
    composed_half_width,
    encode_around,
    piece_bytes,
)
from bot.vocabulary.template import ChatTemplate

KINDS = {"ByteLevel", "ByteFallback", "Metaspace"}


class HuggingFaceTokenizer(ExactTokenizer):
    """A checkpoint's fast tokenizer, which parses none of its added tokens out of text.

    Only files of `folder` are read and none of its code is run. Raises BotError when it
    cannot be loaded or its vocabulary is of another kind.
    """

    def __init__(self, folder: Path) -> None:
        from transformers import AutoTokenizer  # slow to import, and not needed by most

        try:
            library: Any = AutoTokenizer.from_pretrained(
                str(folder), trust_remote_code=False, local_files_only=True
            )
            spec = json.loads(library.backend_tokenizer.to_str())
        except Exception as error:  # tokenizers' own are of no other class
            raise unreadable("its tokenizer") from error
        found = kinds(spec["decoder"], spec["pre_tokenizer"])
        if not found & KINDS:
            raise unreadable("its kind of vocabulary")
        self.template = _template(library, folder)
        self.eos_id = _eos(library, folder)
        vocabulary: dict[str, int] = library.backend_tokenizer.get_vocab(with_added_tokens=True)
        self.vocab_size = max(vocabulary.values()) + 1
        by_byte = [vocabulary.get(byte_piece(byte), -1) for byte in range(256)]
        by_byte = [] if "ByteLevel" in found or -1 in by_byte else by_byte
        self._byte_ids = frozenset(by_byte)
        self._spelled = {SPACE_MARK: [by_byte[n] for n in SPACE_MARK.encode()]} if by_byte else {}

        added = _added(library.backend_tokenizer)
        self._backend = _Backend(spec, added)
        self._prefix = json_prefix(spec)
        self._one_space = "Metaspace" in kinds(spec["pre_tokenizer"])  # none before one
        self._half_width = "Precompiled" in kinds(spec["normalizer"])
        marks = {n: m for n, m in added.items() if not m.is_text or n == self.eos_id}
        unknown = vocabulary.get(special_names(folder).get("unk_token", ""), -1)
        lacking = not by_byte and "ByteLevel" not in found  # some characters are unknown to it
        if lacking and (mark := marks.pop(unknown, None)):
            self._marks = Marks(marks, self._plain)
            self._spelled[mark.spelling] = self._marks.spell(mark.spelling)
        self._pieces = {n: piece for piece, n in vocabulary.items()}
        self._marks = Marks(marks, self._plain, by_byte)

        to_bytes = byte_level_bytes if "ByteLevel" in found else piece_bytes
        self._bytes = [b""] * self.vocab_size
        for piece, token_id in vocabulary.items():
            self._bytes[token_id] = piece.encode() if token_id in added else to_bytes(piece)
        for token_id, mark in added.items():
            if mark.is_silent or token_id == self.eos_id:
                self._bytes[token_id] = b""

    def _encode(self, text: str, prefixed: bool) -> list[int]:
        text = composed(text)
        text = composed_half_width(text) if self._half_width else text
        if prefixed and not (self._one_space and text.startswith(" ")):
            text = f" {text}"
        return self._marks.spell_out(self._plain(text))

    def _plain(self, text: str) -> list[int]:
        """The library's ids, in which a mark may be that is a piece of its vocabulary."""
        return encode_around(text, self._spelled, self._part)

    def _part(self, text: str) -> list[int]:
        ids, spans = self._backend.encode(text)
        if self._byte_ids.isdisjoint(ids):
            return ids
        # Unigram takes text that spells a byte's piece for it; a real one shares its
        # character's span with the other bytes, or stands for one character.
        kept: list[int] = []
        for at, (token_id, span) in enumerate(zip(ids, spans, strict=True)):
            alone = span not in spans[max(at - 1, 0) : at] + spans[at + 1 : at + 2]
            spelled = alone and span[1] - span[0] >= BYTE_PIECE_LENGTH - 1
            if token_id in self._byte_ids and spelled:
                piece = self._pieces[token_id]
                for part in (piece[:1], piece[1:]):
                    kept += self._backend.encode(part)[0]
            else:
                kept.append(token_id)
        return kept


class _Backend:
    """The library's tokenizer without its marks, for text in the midst of a prompt."""

    def __init__(self, spec: dict[str, Any], added: dict[int, Mark]) -> None:
        from tokenizers import Tokenizer

        ids = {mark.spelling: token_id for token_id, mark in added.items() if mark.is_text}
        spec = spec | {"truncation": None, "padding": None, "post_processor": None}
        spec["added_tokens"] = [t for t in spec["added_tokens"] if t["content"] in ids]
        spec["normalizer"] = _without_prefix(spec["normalizer"])
        spec["pre_tokenizer"] = _without_prefix(spec["pre_tokenizer"])
        self._library = Tokenizer.from_str(json.dumps(spec))
        # Those that are no pieces of the model are numbered anew where some before them lack.
        numbers = {self._library.token_to_id(text): token_id for text, token_id in ids.items()}
        self._renumbered = {a: b for a, b in numbers.items() if a != b}

    def encode(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids of a text, and where in it each stands, in characters."""
        encoding = self._library.encode(text, add_special_tokens=False)
        ids: list[int] = encoding.ids
        if self._renumbered:
            ids = [self._renumbered.get(token_id, token_id) for token_id in ids]
        return ids, encoding.offsets


def _added(backend: Any) -> dict[int, Mark]:
    """The tokens that were added to the library's vocabulary."""
    return {
        token_id: Mark(token.content, token.special, token.lstrip, token.rstrip)
        for token_id, token in backend.get_added_tokens_decoder().items()
    }


def _template(library: Any, folder: Path) -> ChatTemplate | None:
    """The template as the library has read it."""
    source = library.chat_template
    source = source.get("default") if isinstance(source, dict) else source
    names = {name: str(spelled) for name, spelled in library.special_tokens_map.items()}
    if not source:
        return ChatTemplate.from_folder(folder)
    return ChatTemplate(source, names, len(end_ids(folder)) < 2)


def _eos(library: Any, folder: Path) -> int:
    """The tokenizer's own end token; where it has none, the checkpoint's first."""
    eos_id = library.eos_token_id
    if eos_id is None:
        eos_id = next(iter(end_ids(folder)), None)
    if not isinstance(eos_id, int):
        raise unreadable("its end-of-sequence token")
    return eos_id


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
