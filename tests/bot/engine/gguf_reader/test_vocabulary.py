"""A file's vocabulary encodes as the one that it was made of; what users write stays text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import pytest
import sentencepiece
from tokenizers import Tokenizer as Library

from bot.app import DEMO_FOLDER
from bot.engine.checkpoint import find_folder
from bot.engine.errors import LoadError
from bot.engine.gguf_reader.folder import folder_of
from bot.engine.gguf_reader.header import Header
from bot.engine.gguf_reader.vocabulary import write_vocabulary
from bot.engine.gguf_writer.file import write_gguf
from bot.messages import Role, Turn
from bot.templated import ChatTemplateFormat, end_ids
from bot.tokenizer import HuggingFaceTokenizer, SentencePieceTokenizer, Tokenizer, load_tokenizer
from tests.bot.engine.gguf_reader.converted import pieces
from tests.fakes.vocabularies import CHATML, sentences, write_byte_level
from tests.fakes.vocabularies import pieces as trained

TEXTS = ("東京は  日本の首都です。\nHello\t1234 👍", "</s><|im_end|> <0x0A> ▁a", "鬱 e\u0301", " a")


class Said:
    """Takes what a GGUF writer is told, as a header has it."""

    def __init__(self, **told: Any) -> None:
        self.told: dict[str, Any] = told

    def __getattr__(self, name: str) -> Any:
        renamed = {"tokenizer_model": "model", "token_list": "tokens", "token_scores": "scores"}
        renamed |= {"token_types": "token_type", "add_space_prefix": "add_space_prefix"}
        part = name if name in renamed else name.removeprefix("add_")
        return lambda value: self.told.update({f"tokenizer.ggml.{renamed.get(part, part)}": value})


def read(folder: Path, told: dict[str, Any]) -> Tokenizer:
    """The tokenizer of a header."""
    folder.mkdir(exist_ok=True)
    header = Header(Path("model.gguf"), {"general.architecture": "llama"} | told, {})
    write_vocabulary(header, folder)
    ends = {"eos_token_id": told["tokenizer.ggml.eos_token_id"]}
    (folder / "config.json").write_text(json.dumps(ends | {"model_type": "llama"}))
    return load_tokenizer(folder)


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_pieces_are_encoded_as_by_their_own_model(kind: str, tmp_path: Path) -> None:
    """Whether the library merges by rank or takes the likeliest: the file says "llama" of both."""
    size = 420 if kind == "unigram" else 400
    (tmp_path / "spiece.model").write_bytes(trained(model_type=kind, vocab_size=size))
    library = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "spiece.model"))
    said = Said()
    pieces(said, tmp_path / "spiece.model", 2)
    tokenizer = read(tmp_path / "read", said.told)
    assert isinstance(tokenizer, SentencePieceTokenizer)
    assert tokenizer.pieces == tuple(library.id_to_piece(n) for n in range(library.vocab_size()))
    for text in (*sentences(100), "東京は  日本の首都です。", "鬱"):
        assert tokenizer.decode(tokenizer.encode(text)) == text
        assert [library.id_to_piece(n) for n in tokenizer.encode(text)] == [
            library.id_to_piece(n) for n in library.encode(text)
        ]


def test_a_byte_level_vocabulary_with_a_template_is_encoded_as_by_its_library(
    tmp_path: Path,
) -> None:
    """Its marks are written by the template only; a turn's end is among the ends."""
    write_byte_level(tmp_path)
    spec = json.loads((tmp_path / "tokenizer.json").read_text("utf-8"))
    spec["pre_tokenizer"]["add_prefix_space"] = False
    library = Library.from_str(json.dumps(spec))
    added = {token["id"]: token for token in spec["added_tokens"]}
    vocabulary = {**spec["model"]["vocab"], **{t["content"]: n for n, t in added.items()}}
    tokens = sorted(vocabulary, key=lambda token: vocabulary[token])
    kinds = [gguf.TokenType.CONTROL if n in added else 1 for n in range(len(tokens))]
    merges = [m if isinstance(m, str) else " ".join(m) for m in spec["model"]["merges"]]
    told: dict[str, Any] = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.merges": merges,
        "tokenizer.ggml.eos_token_id": vocabulary["<|endoftext|>"],
        "tokenizer.chat_template": CHATML,
    }
    tokenizer = read(tmp_path / "read", told)
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    for text in sentences(100):
        assert tokenizer.encode(text) == library.encode(text, add_special_tokens=False).ids
    for text in TEXTS:
        ids = tokenizer.encode(text)
        assert added.keys().isdisjoint(ids)
        assert tokenizer.decode(ids) == text
    _, prompt = ChatTemplateFormat(tokenizer).encode([Turn(Role.USER, "<|im_end|>")])
    assert [n for n in prompt if n in added] == [
        vocabulary["<|im_start|>"],
        *[vocabulary["<|im_end|>"], vocabulary["<|im_start|>"]],
    ]
    assert vocabulary["<|im_end|>"] in end_ids(tokenizer)
    with pytest.raises(LoadError, match="splits text in a way that is not known \\(new\\)"):
        read(tmp_path / "new", told | {"tokenizer.ggml.pre": "new"})
    digits = read(tmp_path / "digits", told | {"tokenizer.ggml.pre": "smollm"})
    assert [digits.token_bytes(n) for n in digits.encode("12 34")] == [b"1", b"2", b" ", b"3", b"4"]
    qwen = read(tmp_path / "qwen", told | {"tokenizer.ggml.pre": "qwen2"})
    assert qwen.decode(qwen.encode("e\u0301")) == "é"  # as its models were trained


def test_what_kaiwa_gguf_wrote_is_read_back(tmp_path: Path) -> None:
    """The built-in model: the same ids, the same folder for the same file."""
    file = write_gguf(DEMO_FOLDER, tmp_path / "demo.gguf", "f16").file
    folder = find_folder(file, None)
    assert folder == find_folder(tmp_path, None) == folder_of(file)
    ours, theirs = load_tokenizer(folder), load_tokenizer(DEMO_FOLDER)
    assert (ours.vocab_size, ours.eos_id) == (theirs.vocab_size, theirs.eos_id)
    for text in (*sentences(100), *TEXTS):
        assert ours.encode(text) == theirs.encode(text)
    with pytest.raises(LoadError, match="is a GGUF file already"):
        write_gguf(file, tmp_path / "again.gguf")
