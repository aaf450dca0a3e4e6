"""A GPT-NeoX with a SentencePiece model as a GGUF file, for llama.cpp's server.

llama.cpp's own converter refuses these: it knows only GPT-2's kind of vocabulary for GPT-NeoX, and
writes no rotary base. Weights are read, quantised and written one tensor after the other, so that
memory holds one. Runs nothing of the model.
"""

from __future__ import annotations

import importlib
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from bot.engine.checkpoint import find_folder, is_quantized, read_config, weight_files
from bot.engine.errors import LoadError, damaged, not_written, unsupported
from bot.engine.gguf_reader.folder import ENDING
from bot.engine.gguf_writer.tensors import rows_of, size, tensors_of, write_tensors
from bot.engine.gguf_writer.vocabulary import add_vocabulary, pieces_file

PART = ".part"  # a file that is being written
KINDS = {  # how matrices are stored; llama.cpp's number of such a file
    "q4_0": "MOSTLY_Q4_0",
    "q8_0": "MOSTLY_Q8_0",
    "bf16": "MOSTLY_BF16",
    "f16": "MOSTLY_F16",
    "f32": "ALL_F32",
}


@dataclass(frozen=True, slots=True)
class Written:
    """A file, its bytes and the seconds that it took."""

    file: Path
    bytes: int
    seconds: float


def write_gguf(
    source: str | Path,
    file: Path,
    kind: str = "q4_0",
    *,
    revision: str | None = None,
    on_progress: Callable[[str], None] = lambda line: None,
) -> Written:
    """Write the model of a folder or Hub id to `file`. Raises LoadError; nothing is left then."""
    began = time.monotonic()
    gguf = _library()
    file = file.expanduser()
    if file.exists():
        raise LoadError(
            f"{file} is there already. Name a file that is not, or remove it.",
            f"{file} は既にあります。別のファイル名を指定するか、削除してください。",
        )
    folder = find_folder(source, revision, on_progress)
    config = _checked(folder)
    part = file.with_name(file.name + PART)
    on_progress(f"Writing {file} …")
    try:
        with ExitStack() as stack:
            weights = _opened(folder, stack)
            tensors = tensors_of(config, weights, kind)
            _refuse_lack_of_room(sum(size(gguf, tensor) for tensor in tensors), file)
            writer = gguf.GGUFWriter(part, gguf.MODEL_ARCH_NAMES[gguf.MODEL_ARCH.GPTNEOX])
            try:
                _describe(gguf, writer, config, folder.name, kind)
                add_vocabulary(writer, folder, rows_of(weights))
                write_tensors(gguf, writer, config.num_attention_heads, tensors, weights)
            finally:
                writer.close()
        part.rename(file)
    except (OSError, SafetensorError) as error:
        raise not_written(file, error) from error
    except KeyError as error:
        raise damaged(folder) from error
    finally:
        part.unlink(missing_ok=True)
    return Written(file, file.stat().st_size, time.monotonic() - began)


def _library() -> Any:
    try:
        return importlib.import_module("gguf")
    except ImportError as error:
        raise LoadError(
            "This needs the package gguf: pip install gguf",
            "パッケージ gguf が必要です: pip install gguf",
        ) from error


def _checked(folder: Path) -> Any:
    """The configuration of a model that can be written. Raises LoadError."""
    config: Any = read_config(folder)
    if (weights := weight_files(folder)[0]).suffix.lower() == ENDING:
        raise LoadError(
            f"{weights} is a GGUF file already: llama.cpp's server reads it as it is.",
            f"{weights} は既に GGUF ファイルです。llama.cpp のサーバーがそのまま読み込めます。",
        )
    if config.model_type != "gpt_neox" or pieces_file(folder) is None:
        raise LoadError(
            f"{folder} is no GPT-NeoX with a SentencePiece model. llama.cpp's own "
            "convert_hf_to_gguf.py writes GGUF files of other models.",
            f"{folder} は SentencePiece を使う GPT-NeoX ではありません。他のモデルには "
            "llama.cpp の convert_hf_to_gguf.py を使ってください。",
        )
    if is_quantized(config):
        raise LoadError(
            f"{folder} is quantised already. Name the model that it was made of.",
            f"{folder} は既に量子化されています。元のモデルを指定してください。",
        )
    if config.hidden_act not in ("gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh"):
        raise unsupported(f"llama.cpp has no {config.hidden_act} in a GPT-NeoX")
    if config.rope_parameters.get("rope_type", "default") != "default":
        raise unsupported("its rotary positions are scaled")
    return config


def _opened(folder: Path, stack: ExitStack) -> Mapping[str, Any]:
    """The opened file of each tensor."""
    files = [stack.enter_context(safe_open(f, framework="pt")) for f in weight_files(folder)]
    return {name: file for file in files for name in file.keys()}  # noqa: SIM118, no mapping


def _describe(gguf: Any, writer: Any, config: Any, name: str, kind: str) -> None:
    heads = config.num_attention_heads
    rotary = config.rope_parameters
    writer.add_name(name)
    writer.add_file_type(gguf.LlamaFileType[KINDS[kind]])
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    rotated = config.hidden_size // heads * rotary.get("partial_rotary_factor", 1.0)
    writer.add_rope_dimension_count(int(rotated))
    writer.add_rope_freq_base(rotary["rope_theta"])
    writer.add_parallel_residual(config.use_parallel_residual)
    writer.add_layer_norm_eps(config.layer_norm_eps)


def _refuse_lack_of_room(size: int, file: Path) -> None:
    above = next(folder for folder in file.absolute().parents if folder.is_dir())
    free = shutil.disk_usage(above).free
    if size > free:
        raise LoadError(
            f"{file} needs about {size / 1e9:.1f} GB in {above} and {free / 1e9:.1f} GB is free. "
            "Make room, or name another folder.",
            f"{file} には {above} に約{size / 1e9:.1f}GBが必要ですが、空きは"
            f"{free / 1e9:.1f}GBです。空きを作るか、別のフォルダーを指定してください。",
        )
