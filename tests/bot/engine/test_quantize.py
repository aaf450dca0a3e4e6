"""The rules of `bot/engine/quantize.py`."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig, PreTrainedModel

from bot.app import DEMO_FOLDER
from bot.engine import quantize
from bot.engine.errors import LoadError
from bot.engine.loader import load_model
from bot.engine.local import LocalEngine
from bot.engine.quantize import store_quantized
from tests.bot.engine.tiny import LetterTokenizer, reply

PROMPT = (5, 80, 17, 200, 33)


def refusal(source: str | Path, target: Path) -> str:
    """The error's text; both languages must be one line."""
    with pytest.raises(LoadError) as error:
        store_quantized(source, target)
    assert "\n" not in error.value.english + error.value.japanese
    return error.value.english


async def test_a_stored_copy_gives_the_same_replies(tiny_folder: Path, tmp_path: Path) -> None:
    """As the original that is quantised while it is loaded."""
    lines: list[str] = []
    copy = store_quantized(tiny_folder, tmp_path / "copy", on_progress=lines.append)
    assert [line.split()[0] for line in lines] == ["Quantising", "Writing"]
    config = json.loads((copy.folder / "config.json").read_text())
    assert (config["rotary_pct"], config["rotary_emb_base"]) == (1.0, 10_000.0)
    assert copy.folder == tmp_path / "copy" and copy.bytes < copy.source_bytes
    replies = []
    for folder in (tiny_folder, copy.folder):
        loaded = load_model(folder, quantization="nf4", device="cpu", dtype="float32")
        async with LocalEngine.from_loaded(replace(loaded, tokenizer=LetterTokenizer())) as engine:
            replies.append((await reply(engine, PROMPT)).tokens)
    assert replies[0] == replies[1]


async def test_a_copy_is_the_same_after_something_ran_on_another_one(
    tiny_folder: Path, tmp_path: Path
) -> None:
    """The weights are those of a model on which nothing ran: four bits, two in a byte."""
    load_model(tiny_folder, quantization="nf4", device="cpu")
    copy = store_quantized(tiny_folder, tmp_path / "copy")
    with safe_open(next(copy.folder.glob("*.safetensors")), framework="pt") as file:
        kinds = {file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118
        shapes = [file.get_slice(n).get_shape() for n in file.keys() if n.endswith(".weight")]  # noqa: SIM118
    assert "U8" in kinds
    assert any(shape[-1] == 1 for shape in shapes)  # flat, as bitsandbytes stores it


async def test_the_built_in_models_copy_speaks(tmp_path: Path) -> None:
    """Its tokenizer comes along."""
    copy = store_quantized(DEMO_FOLDER, tmp_path / "demo")
    loaded = load_model(copy.folder, device="cpu", dtype="float32")
    text = "ユーザー: VRはなんですか。\nシステム: "
    assert loaded.tokenizer.decode(loaded.tokenizer.encode(text)) == text


def test_positions_are_said_in_the_words_of_older_readers_too(tmp_path: Path) -> None:
    """transformers 4 would take its own defaults; this version reads the same as before."""
    for kind, given, said in (
        ("gpt_neox", {"rotary_pct": 0.5, "rotary_emb_base": 5_000}, {"rotary_pct": 0.5}),
        ("gpt_neox", {"rotary_emb_base": 5_000}, {"rotary_emb_base": 5_000}),
        ("llama", {"rope_theta": 500_000.0}, {"rope_theta": 500_000.0}),
        ("phi", {"partial_rotary_factor": 0.4}, {"partial_rotary_factor": 0.4}),
        ("gpt2", {}, {}),
    ):
        config: Any = AutoConfig.for_model(kind, **given)
        config.save_pretrained(tmp_path)
        before = AutoConfig.from_pretrained(tmp_path)
        quantize.add_older_names(tmp_path / "config.json")
        written = json.loads((tmp_path / "config.json").read_text())
        assert said.items() <= written.items()
        after = AutoConfig.from_pretrained(tmp_path)
        rotary = [getattr(each, "rope_parameters", None) for each in (config, before, after)]
        assert rotary[0] == rotary[1] == rotary[2], config.model_type


def test_what_is_there_is_not_overwritten(tiny_folder: Path, tmp_path: Path) -> None:
    """Nor what is quantised already quantised again."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    assert "is there already" in refusal(tiny_folder, tmp_path / "full")
    copy = store_quantized(tiny_folder, tmp_path / "copy")
    assert "quantised already" in refusal(copy.folder, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_too_little_room_is_told_before_the_work(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of memory, and of the disk."""
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 0))
    assert f"in {tmp_path}" in refusal(tiny_folder, tmp_path / "copy")
    monkeypatch.setattr(quantize, "free_bytes", lambda _: 0)
    assert "of memory" in refusal(tiny_folder, tmp_path / "copy")


def test_weights_that_cannot_be_written_leave_nothing_behind(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """safetensors has an error of its own where the system refuses."""

    def full(*_: object, **__: object) -> None:
        raise SafetensorError("I/O error: File too large")

    monkeypatch.setattr(PreTrainedModel, "save_pretrained", full)
    assert "File too large" in refusal(tiny_folder, tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_leaves_nothing_behind(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a copy would be taken for a model."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    (tiny_folder / "tokenizer.model").touch()
    try:
        assert "No space left" in refusal(tiny_folder, tmp_path / "copy")
    finally:
        (tiny_folder / "tokenizer.model").unlink()
    assert list(tmp_path.iterdir()) == []
