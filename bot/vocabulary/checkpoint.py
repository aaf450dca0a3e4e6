"""What a checkpoint's small files say of its vocabulary. Reads JSON; runs nothing of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.errors import BotError
from bot.vocabulary.marks import Mark, Prefix

SETTINGS = "tokenizer_config.json"
END_FILES = ("generation_config.json", "config.json")  # which name the ids that end a reply
SPECIAL_NAMES = ("bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token")


def settings(file: Path) -> Mapping[str, Any]:
    """A checkpoint's JSON file; empty where it has none. Raises BotError when it is broken."""
    if not file.is_file():
        return {}
    try:
        read = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise unreadable(file.name) from error
    return read if isinstance(read, dict) else {}


def end_ids(folder: Path) -> tuple[int, ...]:
    """The ids that end a reply as the first of its files has them that names any."""
    for name in END_FILES:
        named = settings(folder / name).get("eos_token_id")
        ids = named if isinstance(named, list) else [named]
        if found := tuple(n for n in ids if isinstance(n, int)):
            return found
    return ()


def special_names(folder: Path) -> Mapping[str, str]:
    """The spelling of its special tokens by their names: `bos_token`, `eos_token` …"""
    told = dict(settings(folder / "special_tokens_map.json")) | dict(settings(folder / SETTINGS))
    names = {}
    for name in SPECIAL_NAMES:
        spelled = told.get(name)
        if isinstance(spelled, dict):  # an AddedToken, written out
            spelled = spelled.get("content")
        if isinstance(spelled, str):
            names[name] = spelled
    return names


def added_marks(folder: Path) -> Mapping[int, Mark]:
    """The tokens that were added to its vocabulary, from wherever it lists them."""
    marks: dict[int, Mark] = {}
    for content, token_id in settings(folder / "added_tokens.json").items():
        if isinstance(token_id, int):
            marks[token_id] = Mark(content, special=False)
    for token_id, told in _listed(folder):
        if isinstance(told.get("content"), str):
            flags = {flag: bool(told.get(flag)) for flag in ("special", "lstrip", "rstrip")}
            marks[token_id] = Mark(told["content"], **flags)
    return marks


def tokenizer_json_prefix(folder: Path) -> Prefix | None:
    """Before which stretches its tokenizer.json puts a space; None where it has none."""
    spec = settings(folder / "tokenizer.json")
    return json_prefix(spec) if spec else None


def json_prefix(spec: Mapping[str, Any]) -> Prefix:
    """Before which stretches between marks a tokenizer.json puts a space."""
    for node in (spec.get("normalizer"), spec.get("pre_tokenizer")):
        for part in _parts(node):
            if part.get("type") == "Prepend":
                return "always"
            if part.get("type") == "Metaspace":
                scheme: Prefix = part.get("prepend_scheme", "always")
                return scheme
    return "never"


def _parts(node: Any) -> Iterator[Mapping[str, Any]]:
    """A part of tokenizer.json, and what it consists of."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _parts(child)


def kinds(*nodes: Any) -> set[str]:
    """The types of parts of tokenizer.json."""
    return {str(part.get("type")) for node in nodes for part in _parts(node)}


def _listed(folder: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for told in settings(folder / "tokenizer.json").get("added_tokens") or ():
        yield int(told["id"]), told
    decoder = settings(folder / SETTINGS).get("added_tokens_decoder") or {}
    for token_id, told in decoder.items():
        yield int(token_id), told


def unreadable(what: str) -> BotError:
    """The error where a part of a checkpoint's vocabulary cannot be used."""
    return BotError(
        f"I cannot use this model: {what} could not be read. "
        "Please check its files, or choose another model.",
        f"このモデルは使えません（読み込めないもの: {what}）。"
        "ファイルを確認するか、別のモデルを選んでください。",
    )
