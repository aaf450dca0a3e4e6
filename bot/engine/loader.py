"""From a model's name to a model that is ready to run: files, device, number type, weights.

Safetensors and GGUF files only, and no code from the checkpoint is ever run. Everything that an
operator can put right is a `LoadError` that says how.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from bot.engine.checkpoint import (
    find_folder,
    is_quantized,
    longest_text,
    read_config,
    weight_files,
)
from bot.engine.cpu.integer_linear import multiply_in_whole_numbers
from bot.engine.cpu.output_layer import quantize_output_layer
from bot.engine.cpu.packing import pack_for_cpu
from bot.engine.cuda.layers import fuse_layers
from bot.engine.cuda.linear import fuse
from bot.engine.errors import BLIND, more_ids, unquantised
from bot.engine.fingerprint import hub_revision, log_fingerprints
from bot.engine.gguf_reader.folder import ENDING
from bot.engine.in_pieces import QuantizingInPieces
from bot.engine.language_part import sees
from bot.engine.memory import (
    Quantization,
    choose,
    free_bytes,
    freed_at_once,
    gb,
    needed_bytes,
    refuse_lack_of_memory,
)
from bot.engine.thread import compute
from bot.engine.vendors import without_compiler
from bot.engine.warm_up import known_tokens, warm_up
from bot.engine.weights import read_weights
from bot.templated import end_ids
from bot.tokenizer import Tokenizer, load_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ROOMY = 4  # of what is free, a model in 16 bits may take a part before it is proposed
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
    return compute(_load, source, folder, quantization, device, dtype, revision, on_progress)


def _load(
    source: str | Path,
    folder: Path,
    quantization: Quantization,
    device: str,
    dtype: str,
    revision: str | None,
    on_progress: Callable[[str], None],
) -> LoadedModel:
    config = read_config(folder)
    kind: Quantization = "none" if is_quantized(config) else quantization
    where, number = choose(folder, kind, device, dtype, on_progress)
    refuse_lack_of_memory(source, needed_bytes(folder, kind, number), where)
    tokenizer = load_tokenizer(folder)
    form = f"{'4-bit' if is_quantized(config) else kind}, {str(number).removeprefix('torch.')}"
    on_progress(f"Loading {_name(source, folder)} ({form}) on {where} …")
    if sees(folder):
        on_progress("\n".join(reversed(BLIND)))
    files = weight_files(folder)
    log_fingerprints(source, folder, files)
    if kind == "nf4" and files[0].suffix.lower() == ENDING:
        whole = needed_bytes(folder, "none", number)
        if whole < free_bytes(where) // ROOMY:
            on_progress(_rounded_twice(whole))
    quantizing = QuantizingInPieces()
    with freed_at_once(), without_compiler():
        model = read_weights(folder, config, kind, where, number, quantizing)
        if quantizing.unquantised:
            on_progress(unquantised(quantizing.unquantised))
        if kind == "nf4" or is_quantized(config):
            if not multiply_in_whole_numbers(model):
                pack_for_cpu(model)
                quantize_output_layer(model)
            if where.type == "cuda":
                on_progress("Measuring 4-bit products …")
                fuse(model, number)
        if where.type == "cuda" and number != torch.float32:  # which is asked for to be exact
            fuse_layers(model, number, where)
        if quantizing.seconds > WORTH_STORING:
            on_progress(_offer(source, revision, quantizing.seconds))
        on_progress("Warming up …")
        warm_up(model, number, where)
    if (unknown := tokenizer.vocab_size - known_tokens(model)) > 0:
        on_progress("\n".join(reversed(more_ids(unknown))))
    context_length = longest_text(config)
    if context_length < config.max_position_embeddings:
        on_progress(_bounded(context_length))
    return LoadedModel(
        model, tokenizer, context_length, _eos_ids(model, tokenizer), number, where, folder
    )


def _name(source: str | Path, folder: Path) -> str:
    """A folder's name, or a Hub id and its commit."""
    commit = hub_revision(folder)
    return folder.name if commit is None else f"{source} @ {commit[:12]}"


def _offer(source: str | Path, revision: str | None, seconds: float) -> str:
    pinned = f" --revision {revision}" if revision else ""
    return (
        f"量子化に{seconds:.0f}秒かかりました。`kaiwa quantize {source} フォルダー{pinned}` で"
        f"保存すると、次回から起動が約{seconds:.0f}秒速くなります。\n"
        f"Quantising took {seconds:.0f} s. `kaiwa quantize {source} FOLDER{pinned}` stores a copy "
        f"with which every later start is about {seconds:.0f} s faster."
    )


def _rounded_twice(whole: int) -> str:
    """What is said of a GGUF file whose weights get other 4 bits than those that they had."""
    return (
        'GGUF の重みを4ビットに量子化し直します。[model] quantization = "none" なら'
        f"そのままの精度です（約{gb(whole)}）。\n"
        "The file's weights are rounded once more, to 4 bits; with [model] quantization = "
        f'"none" they stay as they are, in about {gb(whole)}.'
    )


def _bounded(tokens: int) -> str:
    return (
        f"このモデルの会話は{tokens:,}トークンまでです。それより長いと位置の計算が変わるためです。\n"
        f"A conversation may have {tokens:,} tokens: beyond, this model computes positions "
        "otherwise."
    )


def _eos_ids(model: PreTrainedModel, tokenizer: Tokenizer) -> frozenset[int]:
    configured = getattr(model.generation_config, "eos_token_id", None)
    also = configured if isinstance(configured, list) else [configured]
    return end_ids(tokenizer) | {i for i in also if isinstance(i, int)}
