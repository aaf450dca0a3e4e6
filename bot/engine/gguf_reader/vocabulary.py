"""A GGUF file's vocabulary as the files of a checkpoint, which the vocabularies here read.

Pieces with scores become a SentencePiece model, and are encoded by that library: a file says
nothing of merges, and transformers' reader makes them up. A byte-level vocabulary becomes a
tokenizer.json; how its text is split has a name in the file, and names that are not known are
refused, where transformers' reader would split as GPT-2 does.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

from bot.engine.gguf_reader.header import Header
from bot.engine.gguf_reader.refused import not_understood
from bot.vocabulary.marks import SPACE_MARK
from bot.vocabulary.pieces_file import Kind, Piece, PiecesFile, written

PREFIX = "tokenizer.ggml."
NAMES = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}  # ours, and the file's
ENDS = ("eos_token_id", "eot_token_id", "eom_token_id")  # of a text, a turn, a message
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
AS_GPT2 = frozenset({"gpt-2", "phi-2", "mpt", "olmo", "jais"})
DIGIT_BY_DIGIT = frozenset(  # and otherwise as GPT-2
    {"smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"}
)
COMPOSED = frozenset({"qwen2", "deepseek-r1-qwen"})  # to Unicode's NFC
WHOLE_FIRST = frozenset(  # a word that is a token is that token, whatever the merges make of it
    {"llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "tekken"}
)


def write_vocabulary(header: Header, folder: Path) -> None:
    """Write the vocabulary, its chat template and its special tokens into a folder.

    Raises LoadError where there is none, or none that is known.
    """
    told = {
        name.removeprefix(PREFIX): value
        for name, value in header.told.items()
        if name.startswith(PREFIX)
    }
    tokens, kinds = told.get("tokens"), told.get("token_type")
    if not _texts(tokens) or not isinstance(kinds, list) or len(tokens) != len(kinds):
        raise not_understood(header.file, "it has no vocabulary")
    settings: dict[str, Any] = {"tokenizer_class": "PreTrainedTokenizerFast"}
    for ours, theirs in NAMES.items():
        token_id = told.get(f"{theirs}_token_id")
        if isinstance(token_id, int) and 0 <= token_id < len(tokens):
            settings[f"{ours}_token"] = tokens[token_id]
    model = told.get("model")
    if model in ("llama", "t5"):
        adds_space = bool(told.get("add_space_prefix", True))
        settings["add_prefix_space"] = adds_space
        (folder / "tokenizer.model").write_bytes(written(_pieces(header, told, adds_space)))
    elif model == "gpt2":
        text = json.dumps(_byte_level(header, told), ensure_ascii=False)
        (folder / "tokenizer.json").write_text(text, "utf-8")
    else:
        raise not_understood(header.file, f"its vocabulary is of the kind {model}")
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    template = header.told.get("tokenizer.chat_template")
    if isinstance(template, str):
        (folder / "chat_template.jinja").write_text(template, "utf-8")


def _texts(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def end_ids(header: Header) -> list[int]:
    """The tokens that end a reply, as far as the file names them."""
    named = [header.told.get(f"{PREFIX}{name}") for name in ENDS]
    return list(dict.fromkeys(token_id for token_id in named if isinstance(token_id, int)))


def _pieces(header: Header, told: Mapping[str, Any], adds_space: bool) -> PiecesFile:
    """As the SentencePiece model was from which the file was made.

    The library's two kinds of models score differently: a merge by its place, a piece by how
    likely it is. llama.cpp calls some of the latter "llama", and merges them as if they were not.
    """
    scores = told.get("scores")
    if not isinstance(scores, list) or len(scores) != len(told["tokens"]):
        raise not_understood(header.file, "its vocabulary has no scores")
    scores = list(map(float, scores))
    try:
        kinds = [Kind(kind) for kind in told["token_type"]]
    except ValueError as error:
        raise not_understood(header.file, "its tokens are of unknown kinds") from error
    plain = {score for score, kind in zip(scores, kinds, strict=True) if kind is Kind.NORMAL}
    if len(plain) < 2:  # llama.cpp's converter fills them in where it finds none
        raise not_understood(header.file, "its vocabulary has no scores")
    charsmap = told.get("precompiled_charsmap") or ()
    spaced = (text.replace(" ", SPACE_MARK) for text in told["tokens"])
    return PiecesFile(
        tuple(map(Piece, spaced, scores, kinds)),
        is_unigram=told["model"] == "t5" or not all(map(float.is_integer, plain)),
        charsmap=bytes(each % 256 for each in charsmap),
        adds_space=adds_space,
        merges_spaces=False,
    )


def _byte_level(header: Header, told: Mapping[str, Any]) -> dict[str, Any]:
    """tokenizer.json, in the form of the library that reads it."""
    tokens, kinds, merges = told["tokens"], told["token_type"], told.get("merges")
    if not _texts(merges):
        raise not_understood(header.file, "its vocabulary has no merges")
    way = str(told.get("pre", "of an old file, that is not told"))
    return {
        "version": "1.0",
        "added_tokens": [
            {
                "id": token_id,
                "content": token,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": kind == Kind.CONTROL,
            }
            for token_id, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
            if kind in (Kind.CONTROL, Kind.USER_DEFINED)
        ],
        "normalizer": {"type": "NFC"} if way in COMPOSED else None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": _splits(header, way)},
        "decoder": BYTE_LEVEL | {"use_regex": True},
        "model": {
            "type": "BPE",
            "vocab": {token: token_id for token_id, token in enumerate(tokens)},
            "merges": merges,
            "ignore_merges": way in WHOLE_FIRST,
        },
    }


def _splits(header: Header, way: str) -> list[dict[str, Any]]:
    """How text is split before its parts are merged."""
    as_bytes = BYTE_LEVEL | {"use_regex": True}
    if way in AS_GPT2:
        return [as_bytes]
    if way in DIGIT_BY_DIGIT:
        return [{"type": "Digits", "individual_digits": True}, as_bytes]
    theirs: Any = importlib.import_module("transformers.integrations.gguf.gguf_tokenizer_mapping")
    pattern = theirs.GGUF_PRE_TOKENIZER_SPLITS.get(way)
    if pattern is None:
        raise not_understood(
            header.file, f"its vocabulary splits text in a way that is not known ({way})"
        )
    split = {
        "type": "Split",
        "pattern": {"Regex": pattern},
        "behavior": "Isolated",
        "invert": False,
    }
    return [split, as_bytes | {"use_regex": False}]
