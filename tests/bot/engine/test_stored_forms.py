"""Checkpoints as the oldest and the newest transformers write them give the same reply.

`checkpoints/` was written by transformers 4.45.2 (float16) and 4.57.6 with bitsandbytes 0.50.2
(the 4-bit forms): see `checkpoints/README.md`. The newest forms are written here.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForCausalLM,
    BitsAndBytesConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from bot.engine.errors import LoadError
from bot.engine.loader import load_model
from bot.engine.local import LocalEngine
from bot.engine.quantize import store_quantized
from tests.bot.engine.tiny import EOS, LetterTokenizer, reference_of, reply, write_tokenizer

OLD = Path(__file__).parent / "checkpoints"
FORMS = {"nf4": ("nf4", False), "nf4-double": ("nf4", True), "fp4": ("fp4", False)}
PROMPT = (5, 80, 17, 100, 33)
make: Any = BitsAndBytesConfig


def old(form: str, folder: Path) -> Path:
    """A copy of what an old transformers wrote, with a tokenizer."""
    shutil.copytree(OLD / form, folder)
    write_tokenizer(folder)
    return folder


def new(form: str, folder: Path) -> Path:
    """The same model as the newest transformers writes it.

    It writes a model that it read under the names that it read: so one is made anew.
    """
    read: Any = AutoModelForCausalLM.from_pretrained(OLD / "float16", dtype=torch.float16)
    model: Any = GPTNeoXForCausalLM(read.config)
    model.half()
    model.load_state_dict(read.state_dict())
    model.save_pretrained(folder)
    write_tokenizer(folder)
    if form not in FORMS:
        return folder
    kind, double = FORMS[form]
    how = make(
        load_in_4bit=True,
        bnb_4bit_quant_type=kind,
        bnb_4bit_use_double_quant=double,
        bnb_4bit_compute_dtype=torch.float32,
    )
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, quantization_config=how
    )
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder)
    return folder


def with_lm_head(source: Path, folder: Path) -> Path:
    """A copy whose output layer has the other of its two names."""
    shutil.copytree(source, folder)
    path = folder / "model.safetensors"
    stored = load_file(path)
    stored["lm_head.weight"] = stored.pop("embed_out.weight")
    save_file(stored, path, metadata={"format": "pt"})
    return folder


async def tokens(folder: Path, quantization: Any = "none", dtype: str = "float32") -> list[int]:
    """The engine's greedy reply, without the end token."""
    loaded = load_model(folder, quantization=quantization, device="cpu", dtype=dtype)
    async with LocalEngine.from_loaded(replace(loaded, tokenizer=LetterTokenizer())) as engine:
        return (await reply(engine, PROMPT)).tokens


def until_end(ids: list[int]) -> list[int]:
    """transformers' reply goes on after an end token of ours."""
    return ids[: ids.index(EOS)] if EOS in ids else ids


async def test_unquantised_forms_agree(tmp_path: Path) -> None:
    """torch_dtype and dtype, rotary_pct and rope_parameters, embed_out and lm_head."""
    before, after = old("float16", tmp_path / "old"), new("float16", tmp_path / "new")
    renamed = with_lm_head(after, tmp_path / "renamed")
    settings = [(folder / "config.json").read_text() for folder in (before, after)]
    assert "rotary_pct" in settings[0] and "rope_parameters" in settings[1]
    replies = [await tokens(folder) for folder in (before, after, renamed)]
    assert replies[0] == replies[1] == replies[2]
    assert replies[0] == until_end(reference_of(before)(PROMPT, 12))
    assert len(set(replies[0])) > 3  # not the same token over and over


@pytest.mark.parametrize("form", FORMS)
async def test_quantised_forms_agree(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NF4 and FP4, with scales as they are or quantised once more.

    Multiplied as transformers does it: these random weights decide by less than what products of
    whole numbers round away (`cpu/test_integer_linear.py` holds those).
    """
    monkeypatch.setattr("bot.engine.cpu.integer_linear.has_byte_products", lambda: False)
    before, after = old(form, tmp_path / "old"), new(form, tmp_path / "new")
    config = json.loads((before / "config.json").read_text())["quantization_config"]
    assert config["_load_in_4bit"] and config["bnb_4bit_compute_dtype"] == "float16"
    stored = load_file(before / "model.safetensors")
    assert {str(t.dtype) for t in stored.values()} == {
        "torch.float16",
        "torch.float32",
        "torch.uint8",
    }
    assert any("nested_absmax" in name for name in stored) == (form == "nf4-double")
    renamed = with_lm_head(before, tmp_path / "renamed")
    replies = [await tokens(folder) for folder in (before, after, renamed)]
    assert replies[0] == replies[1] == replies[2]
    assert replies[0] == until_end(reference_of(after)(PROMPT, 12))


@pytest.mark.parametrize("name", ["embed_out", "lm_head"])
async def test_the_output_layer_may_be_left_out_by_either_name(name: str, tmp_path: Path) -> None:
    """llm_int8_skip_modules names modules of the release that wrote it."""
    plain, naming = old("nf4", tmp_path / "plain"), old("nf4", tmp_path / "naming")
    path = naming / "config.json"
    config = json.loads(path.read_text())
    config["quantization_config"]["llm_int8_skip_modules"] = [name]
    path.write_text(json.dumps(config))
    assert await tokens(naming) == await tokens(plain)


async def test_quantised_now_or_then_is_the_same(tmp_path: Path) -> None:
    """While loading, as a stored copy, and as an old transformers stored it; in any type."""
    source = old("float16", tmp_path / "source")
    copy = store_quantized(source, tmp_path / "copy").folder
    before = old("nf4", tmp_path / "old")
    for dtype in ("float32", "bfloat16"):
        replies = [await tokens(folder, "nf4", dtype) for folder in (copy, before)]
        assert replies[0] == replies[1]
    fresh = load_model(source, quantization="nf4", device="cpu", dtype="float16")
    stored = load_model(copy, device="cpu", dtype="float16")
    expected, got = (loaded.model.state_dict() for loaded in (fresh, stored))
    assert expected.keys() == got.keys()
    for name, tensor in expected.items():
        if "quant_state" not in name:  # which tells types apart, too
            assert torch.equal(tensor, got[name]), name


async def test_buffers_that_the_oldest_wrote_are_passed_over(tmp_path: Path) -> None:
    """Up to 4.29 masks and rotary frequencies were stored along; rinna's files hold them."""
    folder = old("float16", tmp_path / "old")
    path = folder / "model.safetensors"
    stored = load_file(path)
    for layer in range(2):
        name = f"gpt_neox.layers.{layer}.attention"
        stored[f"{name}.bias"] = torch.ones(1, 1, 256, 256, dtype=torch.bool).tril()
        stored[f"{name}.masked_bias"] = torch.tensor(-1e4)
        stored[f"{name}.rotary_emb.inv_freq"] = torch.ones(8)
    save_file(stored, path, metadata={"format": "pt"})
    assert await tokens(folder) == until_end(reference_of(OLD / "float16")(PROMPT, 12))


async def test_four_bits_may_lie_in_another_type(tmp_path: Path) -> None:
    """bnb_4bit_quant_storage: a bfloat16 tensor whose bits are weights is not converted."""
    how = make(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_quant_storage=torch.bfloat16,
        bnb_4bit_compute_dtype=torch.float32,
    )
    model: Any = AutoModelForCausalLM.from_pretrained(
        OLD / "float16", dtype=torch.float16, quantization_config=how
    )
    model.save_pretrained(tmp_path / "stored")
    write_tokenizer(tmp_path / "stored")
    assert await tokens(tmp_path / "stored") == await tokens(old("nf4", tmp_path / "old"))


@pytest.mark.parametrize("family", ["llama", "qwen2"])
async def test_other_families_load_in_each_form(family: str, tmp_path: Path) -> None:
    """Their own float32 reply; and one NF4 reply, quantised while loading or before."""
    torch.manual_seed(3)
    shape: dict[str, Any] = {
        "vocab_size": 128,
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 128,
        "max_position_embeddings": 256,
        "initializer_range": 0.25,
        "eos_token_id": EOS,
        "tie_word_embeddings": family == "qwen2",
    }
    model: Any = (
        LlamaForCausalLM(LlamaConfig(**shape))
        if family == "llama"
        else Qwen2ForCausalLM(Qwen2Config(**shape))
    )
    source = tmp_path / "source"
    model.save_pretrained(source)
    write_tokenizer(source)
    assert await tokens(source) == until_end(reference_of(source)(PROMPT, 12))
    copy = store_quantized(source, tmp_path / "copy").folder
    assert await tokens(source, "nf4") == await tokens(copy)


def test_other_ways_of_quantising_are_refused(tmp_path: Path) -> None:
    """GPTQ and 8 bits are named, not tried."""
    folder = old("nf4", tmp_path / "old")
    path = folder / "config.json"
    config = json.loads(path.read_text())
    for quantization in (
        {"quant_method": "gptq", "bits": 4},
        {"quant_method": "bitsandbytes", "load_in_8bit": True},
    ):
        path.write_text(json.dumps(config | {"quantization_config": quantization}))
        with pytest.raises(LoadError, match=str(quantization["quant_method"])):
            load_model(folder, device="cpu")
