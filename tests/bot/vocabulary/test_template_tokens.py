"""Prompts of a template: its marks are tokens, users' text never is, and both as trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from transformers import AutoTokenizer

from bot.messages import Role, Turn
from bot.templated import ChatTemplateFormat
from bot.tokenizer import HuggingFaceTokenizer, SentencePieceTokenizer, load_tokenizer
from tests.fakes.vocabularies import (
    pieces,
    write_added,
    write_byte_level,
    write_pieces,
    write_unigram,
)

LLAMA = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content | trim }} "
    "[/INST]{% else %} {{ m.content | trim }} {{ eos_token }}{{ bos_token }}{% endif %}{% endfor %}"
)
TURNS = [
    Turn(Role.USER, "Hello, what does 猫 mean?\nI don't know."),
    Turn(Role.ASSISTANT, "It means cat."),
    Turn(Role.USER, "こんにちは、世界。\n- 猫"),
]


def settings(folder: Path, **more: object) -> None:
    """Write more into a checkpoint's tokenizer_config.json."""
    file = folder / "tokenizer_config.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | more), "utf-8")


@pytest.mark.parametrize("write", [write_byte_level, write_unigram, write_added])
def test_a_prompt_has_the_ids_that_the_model_was_trained_on(tmp_path: Path, write: object) -> None:
    """For text without tricks, they are those of transformers, which encodes the whole."""
    assert callable(write)
    write(tmp_path)
    settings(tmp_path, chat_template=LLAMA, bos_token="<s>")
    if write is write_byte_level:
        settings(tmp_path, bos_token="<|endoftext|>")
        file = tmp_path / "tokenizer.json"
        file.write_text(
            file.read_text("utf-8")
            .replace('"add_prefix_space":true', '"add_prefix_space":false')
            .replace('"add_prefix_space": true', '"add_prefix_space": false'),
            "utf-8",
        )
    library: Any = AutoTokenizer.from_pretrained(str(tmp_path))
    messages = [{"role": turn.role.value, "content": turn.text} for turn in TURNS]
    expected = library.apply_chat_template(messages, add_generation_prompt=True)["input_ids"]
    text, ids = ChatTemplateFormat(HuggingFaceTokenizer(tmp_path)).encode(TURNS)
    assert text == library.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    assert list(ids) == expected


def test_a_space_of_the_template_belongs_to_the_text_that_follows(tmp_path: Path) -> None:
    """`[INST] Hello` has the token ` H`, not a space and `H`."""
    write_added(tmp_path)
    settings(tmp_path, chat_template=LLAMA, bos_token="<s>")
    tokenizer = HuggingFaceTokenizer(tmp_path)
    _, ids = ChatTemplateFormat(tokenizer).encode([Turn(Role.USER, "Hello")])
    assert b" H" in map(tokenizer.token_bytes, ids)


def test_a_sentencepiece_model_with_a_chat_template_is_encoded_by_its_library(
    tmp_path: Path,
) -> None:
    """transformers' T5Tokenizer would lose rare kanji, double spaces and line breaks."""
    write_pieces(tmp_path)
    tokenizer = load_tokenizer(tmp_path)
    assert isinstance(tokenizer, SentencePieceTokenizer)
    library = sentencepiece.SentencePieceProcessor()
    library.LoadFromSerializedProto((tmp_path / "spiece.model").read_bytes())
    text = "鬱です。  Hello\n👍"
    assert tokenizer.encode(text) == library.encode(text)
    prompt, ids = ChatTemplateFormat(tokenizer).encode([Turn(Role.USER, text)])
    assert prompt == f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"
    marks = [library.piece_to_id("<|im_start|>"), library.piece_to_id("<|im_end|>")]
    assert [n for n in ids if n in marks] == [marks[0], marks[1], marks[0]]
    assert tokenizer.decode(ids) == prompt


def test_a_sentencepiece_model_of_another_vocabulary_is_not_taken(tmp_path: Path) -> None:
    """Where tokenizer.json, from which the template's marks are known, was made from another."""
    write_byte_level(tmp_path)
    for other in (pieces(), b"IQ== 0\nIg== 1\n"):
        (tmp_path / "tokenizer.model").write_bytes(other)
        assert isinstance(load_tokenizer(tmp_path), HuggingFaceTokenizer)


@pytest.mark.parametrize(
    ("told", "first", "second"),
    [
        ({}, [b" H"], [b" H"]),
        ({"legacy": False}, [b" H"], [b"H"]),
        ({"add_prefix_space": False}, [b"H"], [b"H"]),
    ],
)
def test_a_model_that_puts_a_space_before_text_does_so_by_its_own_rule(
    tmp_path: Path, told: dict[str, bool], first: list[bytes], second: list[bytes]
) -> None:
    """Llama's kind: before every stretch, the first, or none, as its settings have it."""
    (tmp_path / "tokenizer.model").write_bytes(pieces(add_dummy_prefix=True))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(told))
    tokenizer = load_tokenizer(tmp_path)

    def shown(*parts: tuple[str, bool]) -> bytes:
        return b"".join(map(tokenizer.token_bytes, tokenizer.encode_prompt(parts)))

    assert shown(("H", False)) == b"".join(first)
    assert shown(("</s>", True), ("H", False)) == b"".join(second)


def test_voiced_kana_in_two_code_points_are_one_character(tmp_path: Path) -> None:
    """No vocabulary has seen the mark by itself; others' combining marks stay as they are."""
    (tmp_path / "spiece.model").write_bytes(pieces())
    tokenizer = load_tokenizer(tmp_path)
    assert tokenizer.encode("か\u3099はハ\u309a") == tokenizer.encode("がはパ")
    assert tokenizer.decode(tokenizer.encode("e\u0301")) == "e\u0301"


def test_a_normaliser_that_cannot_compose_half_width_kana_is_helped(tmp_path: Path) -> None:
    """tokenizers' Precompiled takes ｶﾞ for two characters, SentencePiece for one."""
    write_unigram(tmp_path)
    spec = json.loads((tmp_path / "tokenizer.json").read_text("utf-8"))
    charsmap = _charsmap(pieces(normalization_rule_name="nmt_nfkc"))
    spec["normalizer"]["normalizers"][0] = {
        "type": "Precompiled",
        "precompiled_charsmap": charsmap,
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(spec), "utf-8")
    tokenizer = HuggingFaceTokenizer(tmp_path)
    assert tokenizer.decode(tokenizer.encode("ｶﾞﾊﾟ ")) == "ガパ "


def _charsmap(serialised: bytes) -> str:
    """The table of a model's normalisation, as tokenizer.json has it."""
    import base64

    from bot.vocabulary.protobuf import fields

    spec = next(value for number, value in fields(serialised) if number == 3)
    assert isinstance(spec, bytes)
    table = dict(fields(spec))[2]
    assert isinstance(table, bytes)
    return base64.b64encode(table).decode()
