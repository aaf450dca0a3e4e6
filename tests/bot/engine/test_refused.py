"""What is wrong with a model is one line that says what to do, and costs nobody else anything."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from bitsandbytes.nn.modules import Linear4bit
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM, BitsAndBytesConfig

from bot.check import Line, _model
from bot.config import ModelSettings, Settings
from bot.engine.cpu.integer_linear import IntegerLinear
from bot.engine.cpu.packing import PackedLinear
from bot.engine.errors import LoadError, UnknownToken
from bot.engine.loader import LoadedModel, load_model
from bot.engine.local import LocalEngine
from bot.engine.memory import needed_bytes
from bot.engine.quantize import store_quantized
from bot.errors import BotError
from tests.bot.engine.tiny import VOCABULARY, LetterTokenizer, reply, write_tokenizer

PROMPT = (5, 80, 17, 200, 33)


@pytest.fixture
def copy(tiny_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint, to be spoilt."""
    return shutil.copytree(tiny_folder, tmp_path / "copy")


def checked(folder: Path | str) -> list[Line]:
    """What `kaiwa check` says of a model."""
    return list(_model(Settings(model=ModelSettings(id=str(folder), device="cpu"))))


def refusal(folder: Path | str, *, found: bool = True, **options: Any) -> str:
    """The error's text; both languages must be one line. `found`: by `kaiwa check`, too."""
    with pytest.raises(LoadError) as error:
        load_model(folder, device="cpu", **options)
    assert "\n" not in error.value.english + error.value.japanese
    bad = [line.state for line in checked(folder) if not line.good]
    assert bad == ([error.value.both().replace("\n", " / ")] if found else [])
    return error.value.english


def change(folder: Path, name: str, tensor: torch.Tensor | None) -> None:
    """Put another tensor in the place of a checkpoint's, or take it away."""
    path = folder / "model.safetensors"
    tensors = load_file(path)
    del tensors[name]
    if tensor is not None:
        tensors[name] = tensor
    save_file(tensors, path, metadata={"format": "pt"})


EMBEDDING = "gpt_neox.embed_in.weight"


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_no_numbers_are_named(wrong: float, copy: Path) -> None:
    """Also where the first step would not meet them: one word that is seldom used."""
    weights = load_file(copy / "model.safetensors")[EMBEDDING]
    weights[7, 3] = wrong
    change(copy, EMBEDDING, weights)
    said = refusal(copy, quantization="none")
    assert "no number" in said and EMBEDDING in said and "Download it again" in said


def test_missing_weights_are_counted_and_named(copy: Path) -> None:
    """transformers would fill them with random numbers."""
    change(copy, "gpt_neox.layers.1.mlp.dense_h_to_4h.weight", None)
    said = refusal(copy, quantization="none")
    assert "1 of its weights" in said and "layers.1.mlp.dense_h_to_4h.weight" in said


def test_numbers_that_grow_out_of_their_type_are_told(copy: Path) -> None:
    """Weights that are numbers, and a first step that gives none."""
    weights = load_file(copy / "model.safetensors")[EMBEDDING]
    change(copy, EMBEDDING, weights * 0 + 3e38)
    assert "computes no numbers" in refusal(copy, quantization="none", dtype="float32", found=False)


def test_an_adapter_is_told_from_a_model(tmp_path: Path) -> None:
    """With the model that it belongs to, and what to do."""
    told = {"peft_type": "LORA", "base_model_name_or_path": "someone/model"}
    (tmp_path / "adapter_config.json").write_text(json.dumps(told))
    save_file({"a": torch.zeros(1)}, tmp_path / "adapter_model.safetensors")
    said = refusal(tmp_path)
    assert "adapter of someone/model" in said and "Merge" in said
    (tmp_path / "adapter_config.json").write_text("[")
    assert "adapter (LoRA)" in refusal(tmp_path)


def stored(folder: Path, target: Path) -> None:
    """A 4-bit copy as transformers itself writes one."""
    make: Any = BitsAndBytesConfig
    config = make(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
    )
    model = AutoModelForCausalLM.from_pretrained(
        folder, quantization_config=config, dtype=torch.bfloat16, device_map={"": "cpu"}
    )
    model.save_pretrained(target)
    shutil.copy(folder / "spiece.model", target)


def test_a_copy_that_was_stored_after_a_forward_is_refused(
    tiny_folder: Path, tmp_path: Path
) -> None:
    """Its scales are turned round and in bfloat16; it would load, and prattle."""
    stored(tiny_folder, tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    name = next(name for name in tensors if name.endswith(".absmax"))
    change(tmp_path, name, tensors[name].reshape(1, -1).bfloat16())
    said = refusal(tmp_path)
    assert "spoilt" in said and "kaiwa quantize" in said


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with layers of 96 and 80 inputs and outputs."""
    from tests.model_sweep.compare import write
    from tests.model_sweep.tiny_configs import Variant

    folder = tmp_path_factory.mktemp("odd")
    write(Variant("llama", options={"intermediate_size": 80, "num_key_value_heads": 1}), folder)
    return folder


async def tokens_of(loaded: LoadedModel) -> list[int]:
    """A greedy reply."""
    async with LocalEngine.from_loaded(replace(loaded, tokenizer=LetterTokenizer())) as engine:
        return (await reply(engine, PROMPT)).tokens


async def test_layers_of_odd_sizes_stay_unquantised_and_that_is_said_once(
    odd: Path, tmp_path: Path
) -> None:
    """While loading, and by `kaiwa quantize`; a copy that was made elsewhere runs, too."""
    lines: list[str] = []
    loaded = load_model(odd, device="cpu", dtype="float32", on_progress=lines.append)
    assert sum("layers stay in 16 bits" in line for line in lines) == 1
    four = [
        m
        for m in loaded.model.modules()
        if isinstance(m, Linear4bit | PackedLinear | IntegerLinear)
    ]
    assert len(four) == 4 * 2  # queries and outputs; not keys, values and three of 80
    lines.clear()
    copied = store_quantized(odd, tmp_path / "copy", on_progress=lines.append).folder
    assert sum("layers stay in 16 bits" in line for line in lines) == 1
    again = load_model(copied, device="cpu", dtype="float32")
    assert await tokens_of(loaded) == await tokens_of(again)
    stored(odd, tmp_path / "elsewhere")
    assert await tokens_of(load_model(tmp_path / "elsewhere", device="cpu", dtype="float32"))


def test_experts_that_stay_in_16_bits_are_counted_in_full(tmp_path: Path) -> None:
    """transformers keeps them as one tensor, which is not quantised."""
    config = AutoConfig.for_model(
        "mixtral",
        vocab_size=VOCABULARY,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        num_local_experts=4,
        sliding_window=None,
    )
    make: Any = AutoModelForCausalLM
    make.from_config(config).save_pretrained(tmp_path)
    write_tokenizer(tmp_path)
    loaded = load_model(tmp_path, device="cpu", dtype="bfloat16")
    held = [*loaded.model.parameters(), *loaded.model.buffers()]
    taken = sum(each.numel() * each.itemsize for each in held)
    assert taken <= needed_bytes(tmp_path, "nf4", torch.bfloat16) < 1.1 * taken


def test_a_vocabulary_larger_than_the_model_is_told_of(copy: Path) -> None:
    """By `kaiwa check`, and at a start; the model runs."""
    config = json.loads((copy / "config.json").read_text())
    for name in (EMBEDDING, "embed_out.weight"):
        change(copy, name, load_file(copy / "model.safetensors")[name][:-30].clone())
    (copy / "config.json").write_text(json.dumps(config | {"vocab_size": VOCABULARY - 30}))
    lines: list[str] = []
    more = load_model(copy, device="cpu", on_progress=lines.append).tokenizer.vocab_size
    told = f"has {more - VOCABULARY + 30} ids that the model does not know"
    assert told in lines[-1]
    assert told in checked(copy)[0].state and all(line.good for line in checked(copy))


async def test_a_token_that_the_model_does_not_know_costs_only_its_request(
    loaded: LoadedModel,
) -> None:
    """A tokenizer with more ids than the model: the others' replies are what they are alone."""
    async with LocalEngine.from_loaded(replace(loaded, tokenizer=LetterTokenizer())) as engine:
        alone = await reply(engine, PROMPT, "alone")
        engine.prefill_ahead("ahead", lambda: asyncio.sleep(0, [*PROMPT, VOCABULARY]))
        beside = asyncio.create_task(reply(engine, PROMPT, "beside"))
        with pytest.raises(UnknownToken, match="vocabulary"):
            await reply(engine, [*PROMPT, VOCABULARY], "other")
        assert (await beside).tokens == alone.tokens
        assert not engine.is_closed


@pytest.mark.parametrize(
    "told",
    [
        {"hidden_act": "made_up"},
        {"rope_parameters": {"rope_type": "made_up", "rope_theta": 10_000.0}},
        {"rope_parameters": {"rope_type": "default", "rope_theta": "far"}},
    ],
)
def test_a_configuration_of_which_no_model_can_be_made_is_told(
    told: dict[str, Any], copy: Path
) -> None:
    """A newer release's activation or positions, a number in words: with the reason."""
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | told))
    said = refusal(copy, quantization="none")
    assert "cannot be made of what its config.json" in said and "Error: " in said
    assert "choose another model" in said


def test_layers_without_number_are_not_built(copy: Path) -> None:
    """More than there are tensors: a damaged number may be of billions."""
    config = json.loads((copy / "config.json").read_text())
    layers = len(load_file(copy / "model.safetensors")) + 1
    (copy / "config.json").write_text(json.dumps(config | {"num_hidden_layers": layers}))
    assert "damaged or incomplete" in refusal(copy, quantization="none")


@pytest.mark.parametrize("text", ["[]", "null", '{"watermarking_config": 5}'])
def test_a_generation_config_that_is_none_is_told(text: str, copy: Path) -> None:
    """It names the file, among those that may be wrong."""
    (copy / "generation_config.json").write_text(text)
    assert "generation_config.json" in refusal(copy, quantization="none")


def test_an_end_that_is_no_token_is_passed_over(copy: Path) -> None:
    """Those that are one remain."""
    (copy / "generation_config.json").write_text('{"eos_token_id": [7, "x", [2]]}')
    assert load_model(copy, device="cpu").eos_ids == {7}


@pytest.mark.parametrize("part", ["", ".absmax", ".quant_map"])
def test_a_copy_that_lacks_a_part_of_a_layer_is_refused(
    part: str, tiny_folder: Path, tmp_path: Path
) -> None:
    """By the check, too, which makes no 4-bit layers."""
    stored(tiny_folder, tmp_path)
    scales = next(n for n in load_file(tmp_path / "model.safetensors") if n.endswith(".absmax"))
    change(tmp_path, scales.removesuffix(".absmax") + part, None)
    assert "damaged or incomplete" in refusal(tmp_path)


def test_a_copy_whose_parts_differ_in_size_is_refused(tiny_folder: Path, tmp_path: Path) -> None:
    """A scale or a weight more than the layer has."""
    stored(tiny_folder, tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    scales = next(name for name in tensors if name.endswith(".absmax"))
    for name in (scales, scales.removesuffix(".absmax")):
        change(tmp_path, name, torch.cat([tensors[name], tensors[name][-1:]]))
        assert "damaged or incomplete" in refusal(tmp_path)
        change(tmp_path, name, tensors[name])


@pytest.mark.parametrize(
    "told",
    [
        {"shape": "wide"},
        {"shape": [3, 3]},
        {"shape": [64]},
        {"blocksize": "64"},
        {"blocksize": 4096},
        {"dtype": "float7"},
    ],
)
def test_a_copy_that_tells_what_cannot_be_of_a_layer_is_refused(
    told: dict[str, Any], tiny_folder: Path, tmp_path: Path
) -> None:
    """Another size of blocks would take other scales, and prattle."""
    stored(tiny_folder, tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    name = next(name for name in tensors if ".quant_state." in name)
    state = json.loads(bytes(tensors[name].tolist())) | told
    change(tmp_path, name, torch.tensor(list(json.dumps(state).encode()), dtype=torch.uint8))
    assert "damaged or incomplete" in refusal(tmp_path)


def test_a_folder_says_4_bits_where_it_has_them(copy: Path, tmp_path: Path) -> None:
    """And nowhere else: its configuration may be of another copy."""
    stored(copy, tmp_path / "four")
    for folder, other in ((copy, tmp_path / "four"), (tmp_path / "four", copy)):
        swapped = shutil.copytree(folder, tmp_path / f"{folder.name} as {other.name}")
        shutil.copy(other / "config.json", swapped)
        assert "damaged or incomplete" in refusal(swapped, quantization="none")


@pytest.mark.parametrize(
    "template",
    ["{% if %}", "{{ 1 / 0 }}", "{{ messages[9].x.y }}", "{% break %}", "{{ 2.0 ** 99999 }}", "hi"],
)
def test_a_chat_template_that_fails_is_told(template: str, copy: Path) -> None:
    """By whatever error it ends; by the check as by a start."""
    (copy / "chat_template.jinja").write_text(template)
    with pytest.raises(BotError, match="chat template") as error:
        load_model(copy, device="cpu")
    bad = [line.state for line in checked(copy) if not line.good]
    assert bad == [error.value.both().replace("\n", " / ")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tokenizer_config.json", '{"added_tokens_decoder": 5}'),
        ("tokenizer_config.json", '{"added_tokens_decoder": {"x": {"content": "a"}}}'),
        ("tokenizer_config.json", '{"added_tokens_decoder": {"5": "a"}}'),
        ("tokenizer.json", '{"added_tokens": [{}]}'),
        ("added_tokens.json", '{"a": 10000000000000}'),
    ],
)
def test_files_of_a_vocabulary_that_say_what_cannot_be_are_told(
    name: str, text: str, copy: Path
) -> None:
    """They are JSON, and of another shape than they should have."""
    (copy / name).write_text(text)
    with pytest.raises(BotError, match="its tokenizer could not be read") as error:
        load_model(copy, device="cpu")
    bad = [line.state for line in checked(copy) if not line.good]
    assert bad == [error.value.both().replace("\n", " / ")]


@pytest.mark.parametrize("name", ["~nobody-of-that-name/model", "x" * 300])
def test_a_name_that_no_folder_can_have_is_told(name: str) -> None:
    """The home of somebody who is not known, and what is longer than names may be."""
    assert refusal(name) == f"There is no model folder {name}. Check [model] id in the settings."


@pytest.mark.parametrize(
    "name", ["config.json", "generation_config.json", "model.safetensors", "spiece.model"]
)
def test_a_file_that_may_not_be_read_is_named(
    name: str, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """transformers writes weights for their owner alone, and a service runs as somebody else."""
    opened = Path.open

    def refused(path: Path, *args: Any, **options: Any) -> Any:
        if path.name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *args, **options)

    monkeypatch.setattr(Path, "open", refused)
    said = refusal(copy)
    assert f"{copy / name} cannot be read (Permission denied)" in said
    assert "Let the user who runs Kaiwa read it" in said
