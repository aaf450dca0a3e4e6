"""A SentencePiece model, encoded and decoded by that library itself.

transformers' T5Tokenizer, the class that rinna's checkpoints name, drops newlines, double spaces
and byte fallback without any error.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import sentencepiece

from bot.vocabulary.checkpoint import (
    SETTINGS,
    added_marks,
    end_ids,
    settings,
    special_names,
    tokenizer_json_prefix,
    unreadable,
)
from bot.vocabulary.exact import ExactTokenizer
from bot.vocabulary.marks import SPACE_MARK, Mark, Marks, Prefix
from bot.vocabulary.protobuf import fields
from bot.vocabulary.spelling import byte_piece, composed, encode_around, piece_bytes
from bot.vocabulary.template import ChatTemplate

SENTENCEPIECE_FILES = ("spiece.model", "tokenizer.model")

# Protobuf merges a field that comes twice, so these bytes at the end of a serialised ModelProto
# (field 3, normalizer_spec) set add_dummy_prefix (3) and remove_extra_whitespaces (4) to false.
# Where the first was true, the space is put before the text here, if it is where one belongs.
KEEP_SPACES = b"\x1a\x04\x18\x00\x20\x00"
USER_DEFINED = 4  # ModelProto.SentencePiece.Type


class SentencePieceTokenizer(ExactTokenizer):
    """A SentencePiece model (`serialised`, the file's bytes), used as it is.

    `eos_id` overrides the model's own; `added` are tokens that a checkpoint added to it. Where
    the model puts a space before a text, that is kept; `prefix` says before which stretches of a
    template. Raises BotError when the model cannot be read.
    """

    def __init__(
        self,
        serialised: bytes,
        eos_id: int | None = None,
        added: Mapping[int, Mark] | None = None,
        template: ChatTemplate | None = None,
        prefix: Prefix = "always",
    ) -> None:
        self._pieces = sentencepiece.SentencePieceProcessor()
        try:
            self._pieces.LoadFromSerializedProto(serialised + KEEP_SPACES)
        except RuntimeError as error:
            raise unreadable("its SentencePiece model") from error
        self._prefix: Prefix = prefix if _puts_a_space(serialised) else "never"
        self.eos_id: int = self._pieces.eos_id() if eos_id is None else eos_id
        self.template = template
        size = self._pieces.vocab_size()
        added = {n: mark for n, mark in (added or {}).items() if n >= size}
        self.vocab_size: int = max((size, *(n + 1 for n in added)))
        self._bytes = [self._bytes_of(token_id) for token_id in range(size)]
        self._bytes += [b""] * (self.vocab_size - size)
        for token_id, mark in added.items():
            self._bytes[token_id] = b"" if mark.is_silent else mark.spelling.encode()
        by_byte = [self._pieces.piece_to_id(byte_piece(byte)) for byte in range(256)]
        if not all(map(self._pieces.is_byte, by_byte)):
            by_byte = []
        # The character itself, not a space.
        self._spelled = {SPACE_MARK: [by_byte[n] for n in SPACE_MARK.encode()]} if by_byte else {}
        marks = self._own_marks(serialised, spelled_unknown=bool(by_byte)) | added
        self._marks = Marks(marks, self._plain, by_byte)

    @classmethod
    def from_folder(cls, folder: Path) -> SentencePieceTokenizer:
        """Read a checkpoint folder's SentencePiece model, and what its settings say of it."""
        file = next(folder / name for name in SENTENCEPIECE_FILES if (folder / name).is_file())
        serialised, added = file.read_bytes(), added_marks(folder)
        template, prefix = ChatTemplate.from_folder(folder), _prefix(folder)
        tokenizer = cls(serialised, None, added, template, prefix)
        eos_id = tokenizer._eos_in(folder)
        if eos_id in (None, tokenizer.eos_id):
            return tokenizer
        return cls(serialised, eos_id, added, template, prefix)

    @property
    def pieces(self) -> tuple[str, ...]:
        """The model's own pieces, as it writes them; those that a checkpoint added not."""
        return tuple(map(self._pieces.id_to_piece, range(self._pieces.vocab_size())))

    def _encode(self, text: str, prefixed: bool) -> list[int]:
        text = composed(text)
        return self._marks.spell_out(self._plain(f" {text}" if prefixed else text))

    def _plain(self, text: str) -> list[int]:
        """The library's ids, in which a symbol that a user defined may be."""
        return encode_around(text, self._spelled, self._pieces.encode)

    def _bytes_of(self, token_id: int) -> bytes:
        special = self._pieces.is_control(token_id) or self._pieces.is_unknown(token_id)
        if special or token_id == self.eos_id:
            return b""
        return piece_bytes(self._pieces.id_to_piece(token_id))

    def _own_marks(self, serialised: bytes, spelled_unknown: bool) -> dict[int, Mark]:
        """The model's control symbols, and those that its trainer defined."""
        kinds = _kinds(serialised)
        marks: dict[int, Mark] = {}
        for token_id, kind in enumerate(kinds):
            piece = self._pieces.id_to_piece(token_id)
            unknown = spelled_unknown and self._pieces.is_unknown(token_id)
            special = self._pieces.is_control(token_id) or unknown or token_id == self.eos_id
            mark = Mark(piece, special=special)
            if special or (kind == USER_DEFINED and not mark.is_text):
                marks[token_id] = mark
        return marks

    def _eos_in(self, folder: Path) -> int | None:
        """The end token that the checkpoint's settings name, if they do."""
        for eos_id in end_ids(folder):
            return eos_id
        piece = special_names(folder).get("eos_token")
        if piece is None:
            return None
        eos_id = self._marks.id_of(piece, self._pieces.piece_to_id(piece))
        return None if self._pieces.is_unknown(eos_id) else int(eos_id)


def _prefix(folder: Path) -> Prefix:
    """Before which stretches of a template its tokenizer puts a space."""
    told = settings(folder / SETTINGS)
    if told.get("add_prefix_space") is False:
        return "never"
    return tokenizer_json_prefix(folder) or ("first" if told.get("legacy") is False else "always")


def _puts_a_space(serialised: bytes) -> bool:
    """Whether the model puts a space before a text: normalizer_spec's add_dummy_prefix."""
    puts: int | bytes = True
    for number, spec in fields(serialised):
        if number == 3 and isinstance(spec, bytes):
            puts = dict(fields(spec)).get(3, puts)
    return bool(puts)


def _kinds(serialised: bytes) -> list[int]:
    """USER_DEFINED for each piece that is: the library does not tell.

    ModelProto's field 1 are its pieces, of which field 3 is the type: 1 where it is left out.
    """
    kinds = []
    for number, piece in fields(serialised):
        if number == 1 and isinstance(piece, bytes):
            may_be = bytes([3 << 3, USER_DEFINED]) in piece  # reading all of them takes a second
            kind = dict(fields(piece)).get(3, 1) if may_be else 1
            kinds.append(kind if isinstance(kind, int) else 1)
    return kinds
