"""From a model's name to a model that is ready to run: files, device, number type, weights.

Safetensors only, and no code from the checkpoint is ever run. Everything that an operator can
put right is a `LoadError` that says how.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Literal

import psutil  # type: ignore[import-untyped]  # it ships no types
import torch
import transformers
from safetensors import SafetensorError, safe_open
from transformers import PretrainedConfig, PreTrainedModel

from bot.engine.attention import IMPLEMENTATION as ATTENTION
from bot.engine.attention import UnsupportedModel, register
from bot.engine.checkpoint import LoadError, find_folder, read_config, unsupported
from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.model_runner import ModelRunner
from bot.engine.sequence import Chunk, Sequence, Step
from bot.engine.slots import Placement, Slot
from bot.messages import Sampling
from bot.tokenizer import Tokenizer, load_tokenizer

Quantization = Literal["nf4", "none"]

WORTH_STORING = 10.0  # seconds of quantising, from which on a stored copy is proposed


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model, warmed up, and what the engine must know of it.

    `eos_ids` end a reply; `folder` is where its files lie.
    """

    model: PreTrainedModel
    tokenizer: Tokenizer
    context_length: int
    eos_ids: frozenset[int]
    dtype: torch.dtype
    device: torch.device
    folder: Path


def load_model(
    source: str | Path,
    *,
    quantization: Quantization = "nf4",
    device: str = "auto",
    dtype: str = "auto",
    revision: str | None = None,
    on_progress: Callable[[str], None] = lambda line: None,
) -> LoadedModel:
    """Load a folder or a Hub id; `on_progress` gets a line at the start of each slow part.

    A checkpoint that is quantised already is loaded as it is. `dtype` is auto, float32,
    bfloat16 or float16. Raises LoadError.
    """
    folder = find_folder(source, revision, on_progress)
    config = read_config(folder)
    stored = getattr(config, "quantization_config", None) is not None
    kind: Quantization = "none" if stored else quantization
    where, number = choose(folder, kind, device, dtype)
    need, free = needed_bytes(folder, kind, number), free_bytes(where)
    if need > free:
        raise LoadError(
            f"The model {source} needs about {_gb(need)} of memory and {_gb(free)} is free. "
            'Close other programs, or set quantization = "nf4" or a smaller model.',
            f"モデル {source} には約{_gb(need)}のメモリが必要ですが、空きは{_gb(free)}です。"
            '他のプログラムを終了するか、quantization = "nf4" または小さいモデルにしてください。',
        )
    on_progress(f"Loading {folder.name} ({kind}, {number}) on {where} …".replace("torch.", ""))
    tokenizer = load_tokenizer(folder)
    began = time.monotonic()
    model = read_weights(folder, config, kind, where, number)
    if kind == "nf4" and (took := time.monotonic() - began) > WORTH_STORING:
        on_progress(
            f"Quantising took {took:.0f} s. `kaiwa quantize {source} FOLDER` stores a copy that "
            "need not be quantised again."
        )
    on_progress("Warming up …")
    try:
        _warm_up(model, number, where)
    except UnsupportedModel as error:
        raise unsupported(str(error)) from error
    context_length: int = config.max_position_embeddings
    return LoadedModel(
        model, tokenizer, context_length, _eos_ids(model, tokenizer), number, where, folder
    )


def choose(
    folder: Path, quantization: Quantization, device: str, dtype: str
) -> tuple[torch.device, torch.dtype]:
    """The device and the number type; auto is CUDA where the model fits, else the CPU.

    bfloat16 where the device computes in it, else float16 (CUDA) or float32 (CPU).
    """
    if device == "auto":
        where = torch.device("cpu")
        if torch.cuda.is_available():
            cuda = torch.device("cuda")
            number = _dtype(cuda, dtype)
            if needed_bytes(folder, quantization, number) <= free_bytes(cuda):
                where = cuda
    else:
        where = torch.device(device)
        if where.type == "cuda" and not torch.cuda.is_available():
            raise LoadError(
                'No CUDA device is usable. Set device = "auto" or "cpu", or check the driver.',
                'CUDAデバイスが使えません。device = "auto" か "cpu" にするか、'
                "ドライバーを確認してください。",
            )
    return where, _dtype(where, dtype)


def needed_bytes(folder: Path, quantization: Quantization, dtype: torch.dtype) -> int:
    """About what the weights take in memory, from the headers of their files.

    Raises LoadError where a file is damaged or cut off.
    """
    total = 0
    try:
        for path in folder.glob("*.safetensors"):
            with safe_open(path, framework="pt") as file:
                for name in file.keys():  # noqa: SIM118, it is no dict
                    tensor = file.get_slice(name)
                    shape = tensor.get_shape()
                    if tensor.get_dtype() == "U8":  # 4-bit weights: two in a byte
                        total += prod(shape)
                    elif quantization == "nf4" and len(shape) == 2 and ".layers." in name:
                        total += prod(shape) * 9 // 16  # four bits, a float32 scale for each 64
                    else:
                        total += prod(shape) * dtype.itemsize
    except SafetensorError as error:
        raise _damaged(folder) from error
    return total


def free_bytes(device: torch.device) -> int:
    """Memory that is free on a device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def _dtype(device: torch.device, dtype: str) -> torch.dtype:
    if dtype != "auto":
        number = getattr(torch, dtype, None)
        if not isinstance(number, torch.dtype):
            raise LoadError(
                f"dtype {dtype} is unknown: use auto, float32, bfloat16 or float16.",
                f"dtype {dtype} は不明です。auto、float32、bfloat16、float16 のいずれかです。",
            )
        return number
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability(device)[0] >= 8 else torch.float16
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32


def read_weights(
    folder: Path,
    config: PretrainedConfig,
    quantization: Quantization,
    device: torch.device,
    dtype: torch.dtype,
) -> PreTrainedModel:
    """A checkpoint's model, quantised on the way where that is asked for; nothing has run on it.

    Raises LoadError.
    """
    register()
    vendor: Any = transformers  # its types do not cover what these calls take and return
    options: dict[str, Any] = {}
    if quantization == "nf4":
        options["quantization_config"] = vendor.BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
        )
    try:
        with quiet():
            model, report = vendor.AutoModelForCausalLM.from_pretrained(
                folder,
                config=config,
                dtype=dtype,
                device_map={"": device},
                attn_implementation=ATTENTION,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
                **options,
            )
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise LoadError(
            f'Memory ran out while loading {folder.name}. Set quantization = "nf4", device = '
            '"cpu" or a smaller model.',
            f'{folder.name} の読み込み中にメモリが不足しました。quantization = "nf4"、'
            'device = "cpu"、または小さいモデルにしてください。',
        ) from error
    except (ValueError, OSError, RuntimeError, SafetensorError) as error:
        raise _damaged(folder) from error
    if report["missing_keys"]:  # transformers would go on with random numbers in their place
        raise _damaged(folder)
    for module in model.modules():
        if hasattr(module, "compute_dtype"):  # a stored 4-bit layer may name a slower one
            module.compute_dtype = dtype
            state = getattr(module.weight, "quant_state", None)
            if state is not None:  # else it would be dequantised to that one first
                state.dtype = dtype
    for parameter in model.parameters():
        # A stored 4-bit copy keeps its own number type in what is not quantised.
        if parameter.is_floating_point() and parameter.dtype != dtype:
            parameter.data = parameter.data.to(dtype)
    ready: PreTrainedModel = model.eval()
    return ready


def _warm_up(model: PreTrainedModel, dtype: torch.dtype, device: torch.device) -> None:
    """One small forward: reads the mapped weights, and shows a model that cannot be run."""
    runner = ModelRunner(model, KVCache(CacheShape.of(model.config), dtype, device), device)
    slot = Slot(0, "", 2)
    sequence = Sequence((0, 0), Sampling(temperature=0), "", 2)
    chunk = Chunk(sequence, slot, 0, (0, 0), True)
    runner.run(Step((chunk,), (Placement(0, 2, 0, 0, None),), frozenset({0})))


def _eos_ids(model: PreTrainedModel, tokenizer: Tokenizer) -> frozenset[int]:
    configured = getattr(model.generation_config, "eos_token_id", None)
    also = configured if isinstance(configured, list) else [configured]
    return frozenset(i for i in (tokenizer.eos_id, *also) if i is not None)


def _damaged(folder: Path) -> LoadError:
    return LoadError(
        f"The model in {folder} could not be loaded: its files are damaged or incomplete. "
        "Download them again.",
        f"{folder} のモデルを読み込めませんでした。ファイルが壊れているか不足しています。"
        "もう一度ダウンロードしてください。",
    )


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars or advice from libraries meanwhile: the user sees our lines.

    bitsandbytes, when it is first imported, advises to fetch compiled code from the Hub.
    """
    theirs: Any = transformers.utils.logging
    verbosity = theirs.get_verbosity()
    bars = theirs.is_progress_bar_enabled()
    theirs.set_verbosity_error()
    theirs.disable_progress_bar()
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    try:
        yield
    finally:
        theirs.set_verbosity(verbosity)
        if bars:
            theirs.enable_progress_bar()
