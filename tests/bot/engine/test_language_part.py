"""Of a model that also sees the language model is loaded, and answers as the whole does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForImageTextToText, BitsAndBytesConfig

from bot.check import _model
from bot.config import Settings
from bot.engine.checkpoint import read_config
from bot.engine.language_part import language_name, sees
from bot.engine.memory import needed_bytes
from bot.engine.quantize import store_quantized
from bot.engine.weights import read_weights
from tests.model_sweep.compare import write
from tests.model_sweep.tiny_configs import Variant

CPU = torch.device("cpu")
WHOLE: Any = AutoModelForImageTextToText


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Gemma 3 with its eyes, as Google's releases are stored."""
    made = tmp_path_factory.mktemp("gemma3")
    write(Variant("gemma3"), made)
    return made


@pytest.mark.parametrize(
    ("stored", "name"),
    [
        ("language_model.model.layers.0.mlp.up_proj.weight", "model.layers.0.mlp.up_proj.weight"),
        ("model.language_model.layers.0.mlp.up_proj.weight", "model.layers.0.mlp.up_proj.weight"),
        ("model.layers.0.mlp.up_proj.weight", "model.layers.0.mlp.up_proj.weight"),
        ("model.text_model.embed_tokens.weight", "model.embed_tokens.weight"),
        ("language_model.lm_head.weight", "lm_head.weight"),
        ("lm_head.weight", "lm_head.weight"),
        ("vision_tower.vision_model.encoder.layers.0.mlp.fc1.weight", None),
        ("model.visual.blocks.0.mlp.up_proj.weight", None),
        ("multi_modal_projector.linear_1.weight", None),
        ("model.connector.modality_projection.proj.weight", None),
        ("image_newline", None),
    ],
)
def test_a_language_model_s_tensors_are_found_under_every_name_they_have_had(
    stored: str, name: str | None
) -> None:
    """Releases of transformers have moved them; other parts are left out."""
    assert language_name(stored) == name


def test_memory_is_counted_without_the_eyes(folder: Path, tmp_path: Path) -> None:
    """And the stored copy in 4 bits is of the language model alone."""
    assert sees(folder) and read_config(folder).model_type == "gemma3_text"
    parts = WHOLE.from_pretrained(folder).model
    counted = needed_bytes(folder, "none", torch.float32)
    assert counted == sum(p.numel() * 4 for p in parts.language_model.parameters())
    copy = store_quantized(folder, tmp_path / "copy").folder
    assert json.loads((copy / "config.json").read_text("utf-8"))["model_type"] == "gemma3_text"
    assert not sees(copy) and needed_bytes(copy, "none", torch.float32) < counted


def test_a_whole_that_is_stored_in_4_bits_is_read_by_the_names_it_has(
    folder: Path, tmp_path: Path
) -> None:
    """With a layer that was left as it is, by its name in the whole."""
    left_out = ["model.language_model.layers.1.mlp", "model.vision_tower", "lm_head"]
    how: Any = BitsAndBytesConfig
    four_bits = how(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", llm_int8_skip_modules=left_out
    )  # fmt: skip
    whole = WHOLE.from_pretrained(folder, dtype=torch.float32, quantization_config=four_bits)
    whole.save_pretrained(tmp_path)
    model: Any = read_weights(tmp_path, read_config(tmp_path), "none", CPU, torch.float32)
    expected = dict(whole.model.language_model.named_parameters())
    read = dict(model.model.named_parameters())
    assert read.keys() == expected.keys()
    for name, weight in read.items():
        assert torch.equal(weight, expected[name]), name
        scales: list[Any]
        scales = [getattr(each, "quant_state", None) for each in (weight, expected[name])]
        assert scales == [None, None] or torch.equal(scales[0].absmax, scales[1].absmax)
    assert type(model.model.layers[1].mlp.up_proj) is torch.nn.Linear
    assert read["layers.0.mlp.up_proj.weight"].dtype == torch.uint8


def test_check_says_that_no_pictures_are_seen(folder: Path) -> None:
    """`kaiwa check`, beside the model's name."""
    settings = Settings.model_validate({"model": {"id": str(folder)}})
    line = next(_model(settings))  # which reads the weights, too
    assert line.good and "sees no pictures" in line.state and "gemma3_text" in line.state
