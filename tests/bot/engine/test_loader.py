"""The rules of `bot/engine/loader.py`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from bitsandbytes.nn.modules import Linear4bit
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, MistralConfig, Qwen2Config

from bot.engine import checkpoint, hub, loader, memory
from bot.engine.cpu.integer_linear import IntegerLinear
from bot.engine.cpu.packing import PackedLinear
from bot.engine.errors import LoadError
from bot.engine.loader import LoadedModel, load_model
from bot.engine.local import LocalEngine
from bot.engine.memory import choose, needed_bytes
from bot.engine.rule import named_windows
from bot.errors import BotError
from tests.bot.engine.tiny import CONTEXT, EOS, LetterTokenizer, reply, without_end

PROMPT = (5, 80, 17, 200, 33)


@pytest.fixture
def copy(tiny_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint, to be changed."""
    return shutil.copytree(tiny_folder, tmp_path / "copy")


def four_bit_layers(loaded: LoadedModel) -> list[torch.nn.Module]:
    """The layers of four bits a weight, in whatever order this processor reads them."""
    kinds = Linear4bit | PackedLinear | IntegerLinear
    layers = [m for m in loaded.model.modules() if isinstance(m, kinds)]
    return [m for m in layers if getattr(m, "bits", 4) == 4]


def refusal(source: str | Path, **options: object) -> str:
    """The error's text; both languages must be one line."""
    with pytest.raises(LoadError) as error:
        load_model(source, device="cpu", **options)  # type: ignore[arg-type]  # any option
    assert "\n" not in error.value.english + error.value.japanese
    return error.value.english


async def test_nf4_is_made_while_loading_and_generates(tiny_folder: Path) -> None:
    """Layers are four bits wide, the output layer is not; the engine runs on them."""
    lines: list[str] = []
    model = load_model(tiny_folder, quantization="nf4", device="cpu", on_progress=lines.append)
    assert len(four_bit_layers(model)) == 3 * 4
    assert [line.split()[0] for line in lines] == ["Loading", "Warming"]
    assert (model.context_length, model.eos_ids) == (CONTEXT, frozenset({EOS}))
    async with LocalEngine.from_loaded(replace(model, tokenizer=LetterTokenizer())) as engine:
        first = await reply(engine, PROMPT)
        second = await reply(engine, [*PROMPT, *first.tokens, 7])
    assert first.end.generated_tokens and second.end.cached_tokens


async def test_a_stored_nf4_checkpoint_loads_as_it_is(tiny_folder: Path, tmp_path: Path) -> None:
    """Whatever the setting says, it is not quantised again; results are those of the first."""
    make: Any = BitsAndBytesConfig
    config = make(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.float16
    )
    stored = AutoModelForCausalLM.from_pretrained(
        tiny_folder, quantization_config=config, dtype=torch.float32, device_map={"": "cpu"}
    )
    stored.save_pretrained(tmp_path)
    shutil.copy(tiny_folder / "spiece.model", tmp_path)
    model = load_model(tmp_path, quantization="none", device="cpu", dtype="float32")
    assert len(four_bit_layers(model)) == 3 * 4
    fresh = load_model(tiny_folder, quantization="nf4", device="cpu", dtype="float32")
    ids = torch.tensor([PROMPT])
    for m in (model, fresh):
        m.model.set_attn_implementation("eager")
    with torch.inference_mode():
        torch.testing.assert_close(model.model(ids).logits, fresh.model(ids).logits)


@pytest.mark.parametrize("name", ["lm_head", "embed_out"])
async def test_both_names_of_the_output_layer_load(
    name: str, copy: Path, reference: Callable[[Sequence[int], int], list[int]]
) -> None:
    """Older checkpoints say embed_out, transformers 5 says lm_head."""
    path = copy / "model.safetensors"
    tensors = load_file(path)
    (old,) = (key for key in tensors if key in ("lm_head.weight", "embed_out.weight"))
    tensors[f"{name}.weight"] = tensors.pop(old)
    save_file(tensors, path, metadata={"format": "pt"})
    model = load_model(copy, quantization="none", device="cpu", dtype="float32")
    async with LocalEngine.from_loaded(replace(model, tokenizer=LetterTokenizer())) as engine:
        assert (await reply(engine, PROMPT)).tokens == without_end(reference(PROMPT, 12))


def test_loading_prints_nothing_of_its_own(
    tiny_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Progress goes to the caller; the library's bars and advice stay silent."""
    load_model(tiny_folder, quantization="none", device="cpu")
    assert capfd.readouterr() == ("", "")


def test_a_missing_folder_is_named() -> None:
    """A path that does not exist is not taken for a Hub id."""
    assert "no model folder" in refusal("./no/such/folder")
    assert "no model folder" in refusal(Path("missing"))


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """The missing file is named."""
    assert "config.json" in refusal(tmp_path)


def test_weights_that_are_not_safetensors_are_refused(copy: Path) -> None:
    """A pickle could run code."""
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    assert "safetensors" in refusal(copy)


def test_damaged_weights_are_refused(copy: Path) -> None:
    """A download that was cut off is not a traceback."""
    path = copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    assert "damaged" in refusal(copy)


def test_missing_weights_are_not_made_up(copy: Path) -> None:
    """transformers would fill them with random numbers, and the bot would talk nonsense."""
    path = copy / "model.safetensors"
    tensors = load_file(path)
    del tensors["gpt_neox.layers.1.mlp.dense_h_to_4h.weight"]
    save_file(tensors, path, metadata={"format": "pt"})
    assert "incomplete" in refusal(copy, quantization="none")


@pytest.mark.parametrize(
    "text",
    [
        '{"model_type": "made-up"}',
        '{"model_type": ["gpt_neox"]}',
        '{"model_type": "gpt_neox", "hidden_size": "wide"}',
        "null",
        "{",
    ],
)
def test_a_config_that_is_no_model_is_refused(text: str, copy: Path) -> None:
    """Neither an unknown architecture nor broken JSON is a traceback."""
    (copy / "config.json").write_text(text)
    assert "transformers knows" in refusal(copy)


def test_an_index_that_names_no_files_is_refused(copy: Path) -> None:
    """A download that went wrong."""
    (copy / "model.safetensors").unlink()
    (copy / "model.safetensors.index.json").write_text('{"weight_map": {"a": 1}}')
    assert "damaged" in refusal(copy)


def test_layers_that_attend_otherwise_are_refused(copy: Path) -> None:
    """They would come out wrong; sliding windows do not."""
    config = Qwen2Config(num_hidden_layers=2, layer_types=["full_attention", "linear_attention"])
    config.save_pretrained(copy)
    assert "qwen2 with layers of linear_attention" in refusal(copy)
    MistralConfig(sliding_window=64, num_hidden_layers=2).save_pretrained(copy)
    assert named_windows(checkpoint.read_config(copy)) == (64, 64)
    Qwen2Config(use_sliding_window=False, sliding_window=64).save_pretrained(copy)
    assert checkpoint.read_config(copy).model_type == "qwen2"


def test_too_little_memory_is_said_before_loading(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what is needed, what is free, and what to change."""
    monkeypatch.setattr(memory, "free_bytes", lambda device: 1000)
    text = refusal(tiny_folder)
    assert "0.0 GB is free" in text and "nf4" in text


def test_needed_memory_is_that_of_the_weights(tiny_folder: Path, loaded: LoadedModel) -> None:
    """Counted from the files' headers."""
    exact = sum(p.numel() * 4 for p in loaded.model.parameters())
    assert needed_bytes(tiny_folder, "none", torch.float32) == exact
    assert needed_bytes(tiny_folder, "nf4", torch.float32) < exact


def test_an_unknown_number_type_or_absent_device_is_refused(tiny_folder: Path) -> None:
    """Both name what may be set."""
    assert "bfloat16" in refusal(tiny_folder, dtype="float7")
    if not torch.cuda.is_available():
        with pytest.raises(LoadError, match="No CUDA"):
            choose(tiny_folder, "none", "cuda", "auto")


def test_a_hub_id_is_downloaded_once(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in the cache is used without asking the network."""
    asked: list[bool] = []
    here = False

    def snapshot(
        name: str, *, local_files_only: bool = False, dry_run: bool = False, **_: object
    ) -> str | list[str]:
        if dry_run:
            return []  # how much there is to download
        asked.append(local_files_only)
        if local_files_only and not here:
            raise FileNotFoundError("not in the cache")
        return str(tiny_folder)

    monkeypatch.setattr(hub, "snapshot_download", snapshot)
    lines: list[str] = []
    assert checkpoint.find_folder("someone/model", None, lines.append) == tiny_folder
    assert asked == [True, False] and "Downloading someone/model: 0.0 MB" in lines[0]
    with pytest.raises(LoadError, match="not on this machine yet"):
        checkpoint.find_folder("someone/model", None)
    here = True
    asked.clear()
    assert checkpoint.find_folder("someone/model", None, lines.append) == tiny_folder
    assert asked == [True]


def test_a_gpu_that_is_too_small_is_said_or_passed_over(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for, it is refused with what to set; with auto the CPU is used, and a line says so."""
    cuda, lines = torch.device("cuda"), list[str]()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    monkeypatch.setattr(memory, "free_bytes", lambda device: 1000 if device == cuda else 10**12)
    assert choose(tiny_folder, "nf4", "auto", "auto", lines.append)[0].type == "cpu"
    (line,) = lines
    assert "GPU" in line and "CPU" in line and "0.0 GB free" in line
    with pytest.raises(LoadError, match=r'GPU memory.*device = "cpu"') as error:
        load_model(tiny_folder, device="cuda")
    assert "\n" not in error.value.english + error.value.japanese


def test_a_slow_quantising_is_told_with_what_it_would_save(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seconds that a stored copy saves are those that quantising took; none, no word."""
    monkeypatch.setattr(loader, "WORTH_STORING", 0.0)
    lines: list[str] = []
    load_model(tiny_folder, device="cpu", on_progress=lines.append)
    (offer,) = (line for line in lines if "kaiwa quantize" in line)
    assert f"`kaiwa quantize {tiny_folder} FOLDER`" in offer
    assert re.search(r"\b\d+ s faster", offer)
    lines.clear()
    load_model(tiny_folder, quantization="none", device="cpu", on_progress=lines.append)
    assert not any("kaiwa quantize" in line for line in lines)


def test_a_missing_shard_is_named(copy: Path) -> None:
    """One that the index names; and an index that is none is damage."""
    model: Any = AutoModelForCausalLM.from_pretrained(copy)
    (copy / "model.safetensors").unlink()
    model.save_pretrained(copy, max_shard_size="100KB")
    names = [path.name for path in checkpoint.weight_files(copy)]
    assert len(names) > 2
    (copy / names[1]).unlink()
    assert f"{names[1]} is missing" in refusal(copy)
    (copy / checkpoint.INDEX).write_text("[]")
    assert "damaged" in refusal(copy)


def test_a_missing_tokenizer_is_named(copy: Path) -> None:
    """With the files that were looked for."""
    (copy / "spiece.model").unlink()
    with pytest.raises(BotError, match=r"no tokenizer in .*spiece\.model"):
        load_model(copy, device="cpu")


def test_only_the_models_own_files_are_loaded(copy: Path) -> None:
    """A repository may hold its weights once more under another name."""
    before = needed_bytes(copy, "none", torch.float32)
    shutil.copy(copy / "model.safetensors", copy / "consolidated.safetensors")
    assert needed_bytes(copy, "none", torch.float32) == before
