"""The rules of `bot/engine/weights.py`: transformers' weights, in less memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from bitsandbytes.functional import quantize_4bit
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

from bot.engine import in_pieces
from bot.engine.checkpoint import read_config, weight_files
from bot.engine.in_pieces import QuantizingInPieces
from bot.engine.memory import Quantization
from bot.engine.weights import read_weights
from tests.bot.engine.tiny import write_neox

ROOT = Path(__file__).parents[3]
CPU = torch.device("cpu")


def state(model: Any) -> dict[str, torch.Tensor]:
    """Every stored tensor of a model."""
    tensors: dict[str, torch.Tensor] = model.state_dict()
    return tensors


@pytest.mark.parametrize("stored", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("shard", ["1GB", "60KB"])
@pytest.mark.parametrize("kind", ["nf4", "none"])
def test_the_weights_are_those_that_transformers_makes(
    kind: Quantization,
    shard: str,
    stored: torch.dtype,
    tiny_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bit for bit, from one file or several, whatever number type they are stored in."""
    original: Any = AutoModelForCausalLM.from_pretrained(tiny_folder, dtype=stored)
    original.save_pretrained(tmp_path, max_shard_size=shard)
    assert (len(weight_files(tmp_path)) > 1) == (shard == "60KB")
    make: Any = BitsAndBytesConfig
    how = make(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    theirs: Any = AutoModelForCausalLM.from_pretrained(
        tmp_path,
        dtype=torch.bfloat16,
        device_map={"": "cpu"},
        quantization_config=how if kind == "nf4" else None,
    )
    monkeypatch.setattr(in_pieces, "PIECE", 4096)  # several pieces to each of the tiny layers
    ours = read_weights(tmp_path, read_config(tmp_path), kind, CPU, torch.bfloat16)
    expected, got = state(theirs), state(ours)
    assert expected.keys() == got.keys()
    assert any(name.endswith(".absmax") for name in got) == (kind == "nf4")
    for name, tensor in expected.items():
        assert tensor.dtype == got[name].dtype and torch.equal(tensor, got[name]), name


@pytest.mark.parametrize("quant_type", ["nf4", "fp4"])
@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("shape", [(64, 4096), (40, 1000), (3, 7)])
def test_pieces_make_the_whole(
    shape: tuple[int, int], double: bool, quant_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers and scales are those of one go, also where the last block is not full."""
    monkeypatch.setattr(in_pieces, "PIECE", 4096)
    torch.manual_seed(0)
    tensor = torch.randn(shape)
    options: Any = {"quant_type": quant_type, "compress_statistics": double}
    whole, expected = quantize_4bit(tensor, **options)
    with QuantizingInPieces() as quantizing:
        pieces, got = quantize_4bit(tensor, **options)
    assert quantizing.seconds > 0
    assert torch.equal(whole, pieces) and torch.equal(expected.absmax, got.absmax)


MEASURE = """
import json, sys, threading, time
from pathlib import Path
import torch
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM
from bot.engine.loader import load_model
from bot.engine.checkpoint import weight_files
from tests.bot.engine.tiny import write_tokenizer

def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return sum(int(l.split()[1]) for l in lines if l.startswith(("RssAnon", "RssFile"))) * 1024

if sys.argv[1] == "make":
    torch.set_default_dtype(torch.bfloat16)
    config = GPTNeoXConfig(vocab_size=1024, hidden_size=768, num_hidden_layers=12,
        num_attention_heads=6, intermediate_size=3072, tie_word_embeddings=False)
    GPTNeoXForCausalLM(config).save_pretrained(sys.argv[2], max_shard_size="60MB")
    write_tokenizer(Path(sys.argv[2]))
    raise SystemExit
load_model(sys.argv[3], quantization="nf4", device="cpu", dtype="bfloat16")  # imports, threads
folder, before, peak, ended = Path(sys.argv[2]), resident(), 0, threading.Event()

def watch():
    global peak
    while not ended.wait(0.002):
        peak = max(peak, resident())

watching = threading.Thread(target=watch)
watching.start()
loaded = load_model(folder, quantization=sys.argv[1], device="cpu", dtype="bfloat16")
ended.set()
watching.join()
tensors = {}
for p in (*loaded.model.parameters(), *loaded.model.buffers()):
    for t in (p, getattr(getattr(p, "quant_state", None), "absmax", None)):
        if t is not None:
            tensors[t.untyped_storage().data_ptr()] = t.untyped_storage().nbytes()
print(json.dumps({"weights": sum(tensors.values()), "peak": peak - before,
    "after": resident() - before, "shard": max(f.stat().st_size for f in weight_files(folder))}))
"""


def measure(*arguments: str | Path) -> str:
    """What a process of its own says."""
    command = [sys.executable, "-c", MEASURE, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model of 173 MB in shards of at most 60 MB, and a tiny one."""
    large, small = tmp_path_factory.mktemp("large"), tmp_path_factory.mktemp("small")
    measure("make", large)
    write_neox(small)
    return large, small


SLACK = 12_000_000  # threads' stacks, code that is run for the first time, the heap's own room


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="memory is read from /proc")
@pytest.mark.parametrize("kind", ["nf4", "none"])
def test_loading_takes_the_model_and_one_shard_at_most(
    kind: str, folders: tuple[Path, Path]
) -> None:
    """Of resident memory, mapped files included; afterwards only the weights are left."""
    found = json.loads(measure(kind, *folders))
    assert found["weights"] > (40_000_000 if kind == "nf4" else 150_000_000)
    assert found["peak"] <= found["weights"] + found["shard"] + SLACK, found
    assert found["after"] <= found["weights"] * 1.15 + SLACK, found
