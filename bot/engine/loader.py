"""From a model's name to a model that is ready to run: files, device, number type, weights.

Safetensors only, and no code from the checkpoint is ever run. Everything that an operator can
put right is a `LoadError` that says how.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Literal

import psutil  # type: ignore[import-untyped]  # it ships no types
import torch
import transformers
from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig, PretrainedConfig, PreTrainedModel

from bot.engine.attention import IMPLEMENTATION as ATTENTION
from bot.engine.attention import UnsupportedModel, register
from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.model_runner import ModelRunner
from bot.engine.sequence import Chunk, Sequence, Step
from bot.engine.slots import Placement, Slot
from bot.errors import BotError
from bot.messages import Sampling
from bot.tokenizer import Tokenizer, load_tokenizer

Quantization = Literal["nf4", "none"]

FILES = ["*.json", "*.safetensors", "*.model", "tokenizer.*", "*.txt", "*.jinja"]


class LoadError(BotError):
    """A model that could not be loaded: one line that says why and what to do."""


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
    model = _read_weights(folder, config, kind, where, number)
    on_progress("Warming up …")
    try:
        _warm_up(model, number, where)
    except UnsupportedModel as error:
        raise _unsupported(str(error)) from error
    context_length: int = config.max_position_embeddings
    return LoadedModel(
        model, tokenizer, context_length, _eos_ids(model, tokenizer), number, where, folder
    )


def find_folder(
    source: str | Path, revision: str | None, on_progress: Callable[[str], None]
) -> Path:
    """The folder of a checkpoint; a Hub id is downloaded first. Raises LoadError."""
    folder = Path(source).expanduser()
    name = str(source)
    if not folder.is_dir():
        if isinstance(source, Path) or not re.fullmatch(r"[\w-][\w.-]*(/[\w.-]+)?", name):
            raise LoadError(
                f"There is no model folder {name}. Check [model] id in the settings.",
                f"モデルのフォルダー {name} がありません。設定の [model] id を確認してください。",
            )
        folder = _download(name, revision, on_progress)
    if not (folder / "config.json").is_file():
        raise LoadError(
            f"{folder} holds no model: config.json is missing.",
            f"{folder} にモデルがありません（config.json が見つかりません）。",
        )
    if not any(folder.glob("*.safetensors")):
        raise LoadError(
            f"{folder} has no weights in the safetensors format, the only one that is loaded. "
            "Convert the checkpoint, or choose a revision that has them.",
            f"{folder} に safetensors 形式の重みがありません。他の形式は読み込みません。"
            "変換するか、safetensors のあるリビジョンを指定してください。",
        )
    return folder


def read_config(folder: Path) -> PretrainedConfig:
    """The checkpoint's configuration. Raises LoadError where this engine cannot run it."""
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (ValueError, OSError) as error:
        raise LoadError(
            f"{folder / 'config.json'} is not a model that transformers knows.",
            f"{folder / 'config.json'} は transformers の知らないモデルです。",
        ) from error
    if not isinstance(getattr(config, "max_position_embeddings", None), int):
        raise _unsupported(f"{config.model_type} names no max_position_embeddings")
    layers = set(getattr(config, "layer_types", None) or ["full_attention"])
    window = getattr(config, "sliding_window", None)
    # Qwen's configurations name a window that they do not use.
    if layers != {"full_attention"} or (window and getattr(config, "use_sliding_window", True)):
        raise _unsupported(f"{config.model_type} with sliding windows or mixed layers")
    checked: PretrainedConfig = config
    return checked


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


def _download(name: str, revision: str | None, on_progress: Callable[[str], None]) -> Path:
    try:
        try:  # what is here already needs no network
            folder = snapshot_download(
                name, revision=revision, allow_patterns=FILES, local_files_only=True
            )
            if any(Path(folder).glob("*.safetensors")):
                return Path(folder)
        except FileNotFoundError:
            pass
        on_progress(f"Downloading {name} …")
        return Path(snapshot_download(name, revision=revision, allow_patterns=FILES))
    except GatedRepoError as error:
        raise LoadError(
            f"The model {name} asks for a login. Accept its terms on the Hub and set HF_TOKEN.",
            f"モデル {name} にはログインが必要です。Hub で規約に同意し、"
            "HF_TOKEN を設定してください。",
        ) from error
    except (RepositoryNotFoundError, RevisionNotFoundError, HFValidationError) as error:
        raise LoadError(
            f"The Hugging Face Hub has no model {name}. Check [model] id and revision.",
            f"Hugging Face Hub にモデル {name} がありません。"
            "[model] id とリビジョンを確認してください。",
        ) from error
    except Exception as error:  # the Hub's client raises its HTTP library's errors as they are
        raise LoadError(
            f"The model {name} could not be downloaded. Check the network connection and disk, "
            "or set [model] id to a folder.",
            f"モデル {name} をダウンロードできませんでした。ネットワークとディスクを確認するか、"
            "[model] id にフォルダーを指定してください。",
        ) from error


def _read_weights(
    folder: Path,
    config: PretrainedConfig,
    quantization: Quantization,
    device: torch.device,
    dtype: torch.dtype,
) -> PreTrainedModel:
    register()
    vendor: Any = transformers  # its types do not cover what these calls take and return
    options: dict[str, Any] = {}
    if quantization == "nf4":
        options["quantization_config"] = vendor.BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
        )
    try:
        with _quiet():
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


def _unsupported(why: str) -> LoadError:
    return LoadError(
        f"This engine cannot run the model: {why}. Choose another model.",
        f"このモデルは実行できません（{why}）。別のモデルを選んでください。",
    )


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars or advice from transformers meanwhile: the user sees our lines."""
    logging: Any = transformers.utils.logging
    verbosity = logging.get_verbosity()
    bars = logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
