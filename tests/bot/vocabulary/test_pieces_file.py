"""The rules of `bot/vocabulary/pieces_file.py`, against SentencePiece itself."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import DEMO_FOLDER
from bot.vocabulary.pieces_file import Kind, Piece, read_pieces

DEMO = (DEMO_FOLDER / "spiece.model").read_bytes()


def trained(**options: Any) -> bytes:
    """A small model."""
    model = io.BytesIO()
    words = [f"{a}{b} {b}{a}" for a in "abcdefgh" for b in "あいうえお"]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(words * 5),
        model_writer=model,
        vocab_size=60,
        hard_vocab_limit=False,
        minloglevel=2,
        **options,
    )
    return model.getvalue()


@pytest.mark.parametrize("kind", ["demo", "unigram", "bpe"])
def test_every_piece_is_read_as_the_library_reads_it(kind: str) -> None:
    """With its score, and what it is; and what becomes of text before."""
    model = DEMO if kind == "demo" else trained(model_type=kind)
    library = sentencepiece.SentencePieceProcessor(model_proto=model)
    file = read_pieces(model)
    assert file.is_unigram == (kind != "bpe")
    assert bool(file.charsmap) == (kind != "demo")  # trained with nmt_nfkc, and without
    assert file.adds_space == file.merges_spaces == (kind != "demo")
    assert len(file.pieces) == library.vocab_size()
    for token_id, piece in enumerate(file.pieces):
        assert piece.text == library.id_to_piece(token_id)
        assert piece.score == pytest.approx(library.get_score(token_id))
        assert library.is_control(token_id) == (piece.kind is Kind.CONTROL)
        assert library.is_unknown(token_id) == (piece.kind is Kind.UNKNOWN)
        assert library.is_byte(token_id) == (piece.kind is Kind.BYTE)
        assert library.is_unused(token_id) == (piece.kind is Kind.UNUSED)
    assert (kind == "demo") == (Piece("ユーザー:", 0.0, Kind.USER_DEFINED) in file.pieces)


@settings(max_examples=30)
@given(st.binary(max_size=200) | st.integers(0, len(DEMO)).map(lambda n: DEMO[:n]))
def test_what_is_no_model_is_an_error(data: bytes) -> None:
    """A ValueError or KeyError, whatever it is; nothing is read past the end."""
    with suppress(ValueError, KeyError):
        assert read_pieces(data).pieces
