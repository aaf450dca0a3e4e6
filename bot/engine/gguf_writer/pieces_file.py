"""A SentencePiece model's file: its pieces, and what it does with text before.

It is a protobuf message (sentencepiece_model.proto); only the fields below are read. Knows no
model and encodes nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

UNIGRAM = 1  # the kind of model that is meant where none is said
PIECE, TRAINER, NORMALISER = 1, 2, 3  # ModelProto's fields
TEXT, SCORE, KIND = 1, 2, 3  # SentencePiece's
MODEL_TYPE = 3  # TrainerSpec's
CHARSMAP, DUMMY_PREFIX, EXTRA_WHITESPACES = 2, 3, 4  # NormalizerSpec's

Field = tuple[int, int | bytes]


class Kind(IntEnum):
    """What a piece is. GGUF has the same numbers for its tokens."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece, with `▁` for a space."""

    text: str
    score: float
    kind: Kind


@dataclass(frozen=True, slots=True)
class PiecesFile:
    """`charsmap` is how characters are normalised, in the library's own form; empty: not at all.
    `adds_space`: before every text; `merges_spaces`: those in a row, and the outer ones go."""

    pieces: tuple[Piece, ...]
    is_unigram: bool
    charsmap: bytes
    adds_space: bool
    merges_spaces: bool


def read_pieces(serialised: bytes) -> PiecesFile:
    """Read the file's bytes. Raises ValueError where they are no such model."""
    pieces: list[Piece] = []
    trainer: dict[int, int | bytes] = {}
    normaliser: dict[int, int | bytes] = {}
    for number, value in _fields(serialised):
        if number == PIECE:
            pieces.append(_piece(_message(value)))
        elif number == TRAINER:
            trainer |= _message(value)
        elif number == NORMALISER:
            normaliser |= _message(value)
    if not pieces:
        raise ValueError("there are no pieces")
    charsmap = normaliser.get(CHARSMAP, b"")
    return PiecesFile(
        tuple(pieces),
        trainer.get(MODEL_TYPE, UNIGRAM) == UNIGRAM,
        charsmap if isinstance(charsmap, bytes) else b"",
        bool(normaliser.get(DUMMY_PREFIX, 1)),
        bool(normaliser.get(EXTRA_WHITESPACES, 1)),
    )


def _piece(fields: dict[int, int | bytes]) -> Piece:
    text, score, kind = fields[TEXT], fields.get(SCORE, bytes(4)), fields.get(KIND, Kind.NORMAL)
    if not isinstance(text, bytes) or not isinstance(score, bytes) or isinstance(kind, bytes):
        raise ValueError("a piece is of another form")
    return Piece(text.decode(), struct.unpack("<f", score)[0], Kind(kind))


def _message(value: int | bytes) -> dict[int, int | bytes]:
    """A message's fields; of those that come twice the last."""
    if isinstance(value, int):
        raise ValueError("a message is of another form")
    return dict(_fields(value))


def _fields(data: bytes) -> Iterator[Field]:
    """Each field's number, and its value: a whole number, or bytes (of four: a float)."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == 2:
            size, at = _varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError("a field is of another form")
        if at + size > len(data):
            raise ValueError("the file is cut")
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A whole number in groups of seven bits, and where it ends."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("a number has no end")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
