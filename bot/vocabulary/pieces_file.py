"""A SentencePiece model's file: its pieces, and what it does with text before.

It is a protobuf message (sentencepiece_model.proto); only the fields below are read and written.
Knows no model and encodes nothing.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from bot.vocabulary.protobuf import Value, fields, number_field, text_field

UNIGRAM, BPE = 1, 2  # kinds of models; the first is meant where none is said
PIECE, TRAINER, NORMALISER = 1, 2, 3  # ModelProto's fields
TEXT, SCORE, KIND = 1, 2, 3  # SentencePiece's
MODEL_TYPE, BYTE_FALLBACK = 3, 35  # TrainerSpec's
CHARSMAP, DUMMY_PREFIX, EXTRA_WHITESPACES = 2, 3, 4  # NormalizerSpec's


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
    trainer: dict[int, Value] = {}
    normaliser: dict[int, Value] = {}
    for number, value in fields(serialised):
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


def written(file: PiecesFile) -> bytes:
    """The file's bytes. Single bytes stand in for what no piece has where there are all of them."""
    has_bytes = sum(piece.kind is Kind.BYTE for piece in file.pieces) == 256
    trainer = number_field(MODEL_TYPE, UNIGRAM if file.is_unigram else BPE)
    trainer += number_field(BYTE_FALLBACK, has_bytes)
    normaliser = text_field(CHARSMAP, file.charsmap) if file.charsmap else b""
    normaliser += number_field(DUMMY_PREFIX, file.adds_space)
    normaliser += number_field(EXTRA_WHITESPACES, file.merges_spaces)
    pieces = b"".join(text_field(PIECE, _written(piece)) for piece in file.pieces)
    return pieces + text_field(TRAINER, trainer) + text_field(NORMALISER, normaliser)


def _written(piece: Piece) -> bytes:
    score = bytes([SCORE << 3 | 5]) + struct.pack("<f", piece.score)  # a float's wire type
    return text_field(TEXT, piece.text.encode()) + score + number_field(KIND, piece.kind)


def _piece(told: dict[int, Value]) -> Piece:
    text, score, kind = told[TEXT], told.get(SCORE, bytes(4)), told.get(KIND, Kind.NORMAL)
    if not isinstance(text, bytes) or not isinstance(score, bytes) or isinstance(kind, bytes):
        raise ValueError("a piece is of another form")
    return Piece(text.decode(), struct.unpack("<f", score)[0], Kind(kind))


def _message(value: Value) -> dict[int, Value]:
    """A message's fields; of those that come twice the last."""
    if isinstance(value, int):
        raise ValueError("a message is of another form")
    return dict(fields(value))
