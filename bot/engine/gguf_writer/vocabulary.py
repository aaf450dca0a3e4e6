"""A SentencePiece model's pieces as the vocabulary of a GGUF file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.engine.errors import damaged, unsupported
from bot.tokenizer import load_tokenizer
from bot.vocabulary.marks import SPACE_MARK
from bot.vocabulary.pieces import SENTENCEPIECE_FILES
from bot.vocabulary.pieces_file import Kind, Piece, read_pieces


def pieces_file(folder: Path) -> Path | None:
    """The SentencePiece model of a checkpoint, if it has one."""
    found = (folder / name for name in SENTENCEPIECE_FILES)
    return next((file for file in found if file.is_file()), None)


def add_vocabulary(writer: Any, folder: Path, rows: int) -> None:
    """The pieces of the SentencePiece model, as many as the model has rows; llama.cpp calls a
    unigram one "t5". Kaiwa sends ids; this is for others, who send text."""
    path = pieces_file(folder)
    assert path is not None
    try:
        file = read_pieces(path.read_bytes())
    except (ValueError, KeyError) as error:
        raise damaged(folder) from error
    pieces = file.pieces
    if len(pieces) > rows:
        raise unsupported(f"its tokenizer has {len(pieces):,} tokens, and the model {rows:,}")
    unused = range(len(pieces), rows)
    ids = {piece.kind: n for n, piece in reversed(list(enumerate(pieces)))}
    writer.add_tokenizer_model("t5" if file.is_unigram else "llama")
    writer.add_token_list([piece.text for piece in pieces] + [f"[PAD{n}]" for n in unused])
    writer.add_token_scores([piece.score for piece in pieces] + [-1000.0 for _ in unused])
    writer.add_token_types([_kind(piece) for piece in pieces] + [int(Kind.UNUSED) for _ in unused])
    writer.add_eos_token_id(load_tokenizer(folder).eos_id)
    if Kind.UNKNOWN in ids:
        writer.add_unk_token_id(ids[Kind.UNKNOWN])
    if file.charsmap:
        writer.add_precompiled_charsmap(file.charsmap)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(file.adds_space)
    writer.add_remove_extra_whitespaces(False)  # as Kaiwa encodes


def _kind(piece: Piece) -> int:
    """What llama.cpp is to take a piece for. One that a trainer defined it writes as it stands,
    `▁` too; as any other piece it is a space again."""
    defined = piece.kind is Kind.USER_DEFINED
    return int(Kind.NORMAL if defined and SPACE_MARK in piece.text else piece.kind)
