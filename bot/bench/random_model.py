"""Makes a model with random weights, quantised to NF4, once; it is kept in a cache folder.

The folder is what `kaiwa quantize` stores of such a model: bitsandbytes' 4-bit codes are drawn
directly, layer by layer, and never exist as bf16. NF4's sixteen levels are the quantiles of a
normal distribution, so codes that are drawn evenly are normal weights.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from bot.bench.shape import OUTPUT_STD, STD, Shape, sentencepiece_model
from bot.engine.weights import quiet
from bot.errors import BotError, system_reason

BLOCK = 64  # weights with one scale
PART = ".part"  # a folder that is being written
WHOLE = "model.safetensors.index.json"  # written last


def cache_folder() -> Path:
    """Where a user's programs keep what they can make again."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "kaiwa" / "bench"


def random_model(shape: Shape, cache: Path, progress: Callable[[str], None]) -> Path:
    """The folder of a model of this shape, made where it is not there yet. Raises BotError."""
    name = f"neox-{shape.layers}x{shape.hidden}-{shape.mlp}-{shape.vocabulary}-nf4"
    folder = cache / name
    if (folder / WHOLE).is_file():
        return folder
    size = shape.parameters * 9 // 16 + 3 * shape.vocabulary * shape.hidden
    part = folder.with_name(name + PART)
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(part, ignore_errors=True)
        if (free := shutil.disk_usage(part.parent).free) < size:
            raise no_room(cache, size, free)
        part.mkdir()
        progress(f"Making a model of {shape.parameters / 1e9:.3f} B random weights in {folder} …")
        _write(shape, part, progress)
        part.rename(folder)
    except (OSError, SafetensorError) as error:
        english, japanese = system_reason(error)
        raise BotError(
            f"{folder} could not be written ({english}). Name another place by --cache.",
            f"{folder} に書き込めませんでした（{japanese}）。"
            "--cache で別の場所を指定してください。",
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def no_room(folder: Path, size: int, free: int) -> BotError:
    """The error for a disk that is too full."""
    return BotError(
        f"{folder} needs {size / 1e9:.1f} GB and {free / 1e9:.1f} GB is free. Make room, or name "
        "another place.",
        f"{folder} に{size / 1e9:.1f}GB必要ですが、空きは{free / 1e9:.1f}GBです。"
        "空きを作るか、別の場所を指定してください。",
    )


def _write(shape: Shape, folder: Path, progress: Callable[[str], None]) -> None:
    config = shape.config()
    config.quantization_config = {
        "load_in_4bit": True,
        "load_in_8bit": False,
        "bnb_4bit_compute_dtype": "bfloat16",
        "bnb_4bit_quant_storage": "uint8",
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_use_double_quant": False,
        "quant_method": "bitsandbytes",
    }
    config.save_pretrained(folder)
    (folder / "spiece.model").write_bytes(sentencepiece_model(shape.vocabulary))
    where: dict[str, str] = {}
    size = 0
    files = shape.layers + 2
    for number, tensors in enumerate(_files(shape), start=1):
        file = f"model-{number:05}-of-{files:05}.safetensors"
        save_file(tensors, folder / file, metadata={"format": "pt"})
        (folder / file).chmod(0o644)
        where |= dict.fromkeys(tensors, file)
        size += sum(tensor.nbytes for tensor in tensors.values())
        if number % 6 == 0:
            progress(f"… {number} of {files} files")
    index = {"metadata": {"total_size": size}, "weight_map": where}
    (folder / WHOLE).write_text(json.dumps(index, indent=1), "utf-8")


def _files(shape: Shape) -> Iterator[dict[str, Tensor]]:
    """The tensors of each file: a layer's, or an embedding's."""
    random = torch.Generator().manual_seed(0)

    def normal(*size: int, std: float = STD) -> Tensor:
        return torch.empty(size, dtype=torch.bfloat16).normal_(std=std, generator=random)

    def norm(name: str) -> dict[str, Tensor]:
        one = torch.ones(shape.hidden, dtype=torch.bfloat16)
        return {f"{name}.weight": one, f"{name}.bias": torch.zeros_like(one)}

    yield {"gpt_neox.embed_in.weight": normal(shape.vocabulary, shape.hidden)}
    for layer in range(shape.layers):
        place = f"gpt_neox.layers.{layer}"
        tensors = norm(f"{place}.input_layernorm") | norm(f"{place}.post_attention_layernorm")
        for name, (out, width) in shape.linears().items():
            tensors |= _nf4(f"{place}.{name}.weight", out, width, random)
            tensors[f"{place}.{name}.bias"] = normal(out)
        yield tensors
    output = normal(shape.vocabulary, shape.hidden, std=OUTPUT_STD)
    yield {"embed_out.weight": output} | norm("gpt_neox.final_layer_norm")


def _nf4(name: str, out: int, width: int, random: torch.Generator) -> dict[str, Tensor]:
    """A matrix as bitsandbytes stores it: codes, two in a byte, and what belongs to them."""
    with quiet():
        from bitsandbytes import functional
    vendor: Any = functional  # untyped
    levels = vendor.get_4bit_type("nf4", device="cpu")
    codes = torch.randint(0, 256, (out * width // 2, 1), dtype=torch.uint8, generator=random)
    # The first weight of each block is its largest, as the scale says.
    codes.view(-1, BLOCK // 2)[:, 0] |= 0xF0
    spread = STD / float(levels.square().mean().sqrt())
    scales = torch.rand(out * width // BLOCK, generator=random) * (0.4 * spread) + 0.8 * spread
    state = vendor.QuantState(
        absmax=scales.bfloat16().float(),  # as the scales of bf16 weights are
        shape=torch.Size((out, width)),
        dtype=torch.bfloat16,
        blocksize=BLOCK,
        code=levels,
        quant_type="nf4",
    )
    parts: dict[str, Tensor] = state.as_dict(packed=True)
    return {name: codes} | {f"{name}.{part}": tensor.clone() for part, tensor in parts.items()}
