"""`kaiwa gguf`: what is in the file, and that llama.cpp computes with it what transformers does.

That the built-in model's file talks as the local engine does is in
`tests/bot/engine/remote/test_servers.py`.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM, LlamaConfig

from bot.app import DEMO_FOLDER
from bot.engine.errors import LoadError
from bot.engine.gguf_writer.file import write_gguf
from bot.vocabulary.pieces_file import Kind, read_pieces
from tests.bot.commands import Result
from tests.bot.conftest import kaiwa  # noqa: F401, a fixture
from tests.bot.engine.llama_cpp import llama_cpp
from tests.bot.engine.tiny import write_tokenizer

gguf = pytest.importorskip("gguf")
PROMPT = [5, 80, 17, 200, 33, 9, 41]


def read(file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """A file's fields and tensors."""
    reader = gguf.GGUFReader(file)
    fields = {name: field.contents() for name, field in reader.fields.items()}
    return fields, {tensor.name: tensor for tensor in reader.tensors}


@pytest.mark.parametrize(("kind", "off"), [("bf16", 0), ("f16", 1e-3), ("q4_0", 0.12)])
def test_the_file_has_the_checkpoints_weights_and_pieces(
    kind: str, off: float, tmp_path: Path
) -> None:
    """As exact as their kind allows; vectors in float32, and the output layer never in 4 bits.
    The pieces in their order, and the token that ends a reply."""
    written = write_gguf(DEMO_FOLDER, tmp_path / "demo.gguf", kind)
    assert written.file == tmp_path / "demo.gguf"
    assert written.bytes == written.file.stat().st_size
    fields, tensors = read(written.file)
    weights = load_file(DEMO_FOLDER / "model.safetensors")
    for ours, theirs in (
        ("token_embd.weight", "embed_in.weight"),
        ("output.weight", "embed_in.weight"),
        ("blk.5.ffn_up.weight", "layers.5.mlp.dense_h_to_4h.weight"),
        ("blk.0.attn_output.bias", "layers.0.attention.dense.bias"),
        ("output_norm.weight", "final_layer_norm.weight"),
    ):
        tensor = tensors[ours]
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        expected = weights[f"gpt_neox.{theirs}"].float().numpy()
        assert values.shape == expected.shape
        wrong = float(np.linalg.norm(values - expected) / np.linalg.norm(expected))
        assert wrong <= (0.01 if kind == "q4_0" and ours == "output.weight" else off)
        kept = "F32" if expected.ndim == 1 else kind.upper()
        kept = "Q8_0" if (kind, ours) == ("q4_0", "output.weight") else kept
        assert tensor.tensor_type.name == kept
    assert fields["gptneox.rope.dimension_count"] == 64
    assert fields["gptneox.rope.freq_base"] == 10_000.0
    pieces = read_pieces((DEMO_FOLDER / "spiece.model").read_bytes()).pieces
    assert fields["tokenizer.ggml.model"] == "t5"
    assert fields["tokenizer.ggml.tokens"] == [piece.text for piece in pieces]
    for piece, stored in zip(pieces, fields["tokenizer.ggml.token_type"], strict=True):
        # A space that a trainer defined llama.cpp would write as it stands.
        assert stored == (Kind.NORMAL if piece.text == "▁" else piece.kind)
    assert fields["tokenizer.ggml.eos_token_id"] == 3
    assert fields["tokenizer.ggml.unknown_token_id"] == 1


def odd_folder(folder: Path) -> Any:
    """A random model that is unlike rinna's in all that a file says, with rows to spare."""
    torch.manual_seed(3)
    config = GPTNeoXConfig(
        vocab_size=320,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=96,
        rope_parameters={
            "rope_type": "default",
            "rope_theta": 500.0,
            "partial_rotary_factor": 0.25,
        },
        use_parallel_residual=True,
        attention_bias=False,
        max_position_embeddings=256,
        initializer_range=0.2,
        layer_norm_eps=1e-3,
        hidden_act="gelu_fast",  # llama.cpp's
        eos_token_id=2,
    )
    model: Any = GPTNeoXForCausalLM(config)
    model.eval().save_pretrained(folder)
    write_tokenizer(folder)
    return model


@pytest.mark.skipif(
    importlib.util.find_spec("xllamacpp") is None, reason="needs llama.cpp's server"
)
async def test_llama_cpp_computes_what_transformers_does(tmp_path: Path) -> None:
    """With part of a head rotated, another base, parallel residual, attention without biases,
    more rows than pieces: the likeliest tokens and how likely they are."""
    model = odd_folder(tmp_path / "odd")
    write_gguf(tmp_path / "odd", tmp_path / "odd.gguf", "f32")
    with torch.inference_mode():
        logits = model(torch.tensor([PROMPT])).logits[0, -1]
    expected = torch.log_softmax(logits.float(), -1)
    body = {"prompt": PROMPT, "n_predict": 1, "n_probs": 20, "temperature": 0}
    with llama_cpp(tmp_path / "odd.gguf", tmp_path / "log") as server:
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{server.url}/completion", json=body) as response:
                document = await response.json()
            async with session.post(f"{server.url}/tokenize", json={"content": "猫"}) as response:
                assert (await response.json())["tokens"]
    likeliest = document["completion_probabilities"][0]["top_logprobs"]
    assert likeliest[0]["id"] == int(expected.argmax())
    for each in likeliest:
        assert each["logprob"] == pytest.approx(float(expected[each["id"]]), abs=0.02)


def refusal(source: Path, file: Path) -> str:
    """The error's text; both languages are one line, and nothing is left."""
    with pytest.raises(LoadError) as error:
        write_gguf(source, file)
    assert "\n" not in error.value.english + error.value.japanese
    assert not list(file.parent.glob("*.part"))
    return error.value.english


def test_what_cannot_be_written_is_refused_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do; nothing is left of it, and nothing is overwritten."""
    target = tmp_path / "x.gguf"
    other = shutil.copytree(DEMO_FOLDER, tmp_path / "other")
    config = json.loads((other / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    (other / "config.json").write_text(json.dumps(config))
    assert "quantised already" in refusal(other, target)
    LlamaConfig(vocab_size=7000).save_pretrained(other)
    assert "convert_hf_to_gguf.py" in refusal(other, target)
    shutil.copy(DEMO_FOLDER / "config.json", other)
    (other / "spiece.model").write_bytes(b"\x0a\x7fcut")
    assert "damaged" in refusal(other, target)
    (other / "spiece.model").unlink()
    assert "no GPT-NeoX with a SentencePiece model" in refusal(other, target)
    shutil.copy(DEMO_FOLDER / "spiece.model", other)
    weights = load_file(other / "model.safetensors")
    del weights["gpt_neox.layers.3.mlp.dense_h_to_4h.weight"]
    save_file(weights, other / "model.safetensors")
    assert "damaged or incomplete" in refusal(other, target)
    odd_folder(tmp_path / "odd")
    shutil.copy(DEMO_FOLDER / "spiece.model", tmp_path / "odd")
    assert "7,000 tokens, and the model 320" in refusal(tmp_path / "odd", target)
    assert not target.exists()
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda folder: usage(9, 9, 1_000))
        assert "GB is free" in refusal(DEMO_FOLDER, target)
    assert "could not be written" in refusal(DEMO_FOLDER, tmp_path / "none" / "x.gguf")
    target.write_text("mine")
    assert "is there already" in refusal(DEMO_FOLDER, target) and target.read_text() == "mine"
    monkeypatch.setitem(sys.modules, "gguf", None)
    assert "pip install gguf" in refusal(DEMO_FOLDER, tmp_path / "y.gguf")


def test_the_command_prints_where_the_file_is(
    kaiwa: Callable[..., Result],  # noqa: F811
    tmp_path: Path,
) -> None:
    """On its own line, for a script."""
    result = kaiwa("gguf", "demo", "demo.gguf", "--type", "q8_0")
    assert result.code == 0 and result.out == f"{tmp_path}/demo.gguf\n"
    assert "GB, " in result.err
