"""Stores a 4-bit copy of a model, which later starts load instead of quantising anew.

The copy is a checkpoint as transformers and bitsandbytes write it: a folder that `[model] id`
can name. It is written before anything runs on the model, since bitsandbytes rearranges the
weights for the CPU at the first forward, and a copy saved after that fits no other machine.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError

from bot.engine.checkpoint import find_folder, is_quantized, read_config, weight_files
from bot.engine.errors import LoadError, not_written, unquantised
from bot.engine.in_pieces import QuantizingInPieces
from bot.engine.memory import free_bytes, freed_at_once, needed_bytes
from bot.engine.weights import quiet, read_weights

KEPT = (
    "*.model",
    "tokenizer*",
    "special_tokens_map.json",
    "*.jinja",
    "*.txt",
    "LICENSE*",
    "NOTICE*",
)
PART = ".part"  # a copy that is being written


@dataclass(frozen=True, slots=True)
class Copy:
    """A stored copy: its folder, its weights' bytes and the original's, and seconds it took."""

    folder: Path
    bytes: int
    source_bytes: int
    seconds: float


def store_quantized(
    source: str | Path,
    target: Path,
    *,
    revision: str | None = None,
    on_progress: Callable[[str], None] = lambda line: None,
) -> Copy:
    """Quantise the model of a folder or Hub id to NF4 and store it in the folder `target`.

    Raises LoadError where that cannot be; nothing is left in `target` then.
    """
    began = time.monotonic()
    target = target.expanduser()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise LoadError(
            f"{target} is there already. Name a folder that is not, or remove it.",
            f"{target} は既にあります。別のフォルダーを指定するか、削除してください。",
        )
    folder = find_folder(source, revision, on_progress)
    config = read_config(folder)
    if is_quantized(config):
        raise LoadError(
            f"{source} is quantised already: name it as [model] id as it is.",
            f"{source} は既に量子化されています。そのまま [model] id に指定してください。",
        )
    # What stays unquantised keeps its own number type: nothing is rounded that need not be.
    own = getattr(config, "dtype", None)
    dtype = own if isinstance(own, torch.dtype) else torch.bfloat16
    source_bytes = weight_bytes(folder)
    disk = needed_bytes(folder, "nf4", dtype)
    _refuse_lack_of_room(source, disk + largest_file(folder), target, disk)
    on_progress(f"Quantising {folder.name} to NF4 …")
    quantizing = QuantizingInPieces()
    with freed_at_once():
        model = read_weights(folder, config, "nf4", torch.device("cpu"), dtype, quantizing)
    if quantizing.unquantised:
        on_progress(unquantised(quantizing.unquantised))
    part = target.with_name(target.name + PART)
    shutil.rmtree(part, ignore_errors=True)
    on_progress(f"Writing {target} …")
    try:
        with quiet():
            model.save_pretrained(part, max_shard_size="2GB")
        add_older_names(part / "config.json")
        for file in part.glob("*.safetensors"):
            file.chmod(0o644)  # they are written for their owner's eyes only
        for pattern in KEPT:
            for file in folder.glob(pattern):
                shutil.copyfile(file, part / file.name)
        if target.exists():
            target.rmdir()
        part.rename(target)
    except (OSError, SafetensorError) as error:
        raise not_written(target, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    seconds = time.monotonic() - began
    return Copy(target, weight_bytes(target), source_bytes, seconds)


def add_older_names(file: Path) -> None:
    """Say how a configuration's positions are rotated in the words of transformers 4 too.

    Version 4 knows no `rope_parameters` and, without a word, takes its own defaults where it finds
    nothing else (of GPT-NeoX a quarter of the rotation); version 5 reads both the same.
    """
    config = json.loads(file.read_text("utf-8"))
    rotary = config.get("rope_parameters")
    if not isinstance(rotary, dict) or "rope_theta" not in rotary:
        return  # none, or by kind of layer, which version 4 said in each model's own way
    theta, share = rotary["rope_theta"], rotary.get("partial_rotary_factor")
    older = {"rope_theta": theta} | ({} if share is None else {"partial_rotary_factor": share})
    if config.get("model_type") == "gpt_neox":
        older = {"rotary_emb_base": theta, "rotary_pct": 1.0 if share is None else share}
    file.write_text(json.dumps(older | config, indent=2, sort_keys=True) + "\n", "utf-8")


def weight_bytes(folder: Path) -> int:
    """What a checkpoint's weights take on the disk."""
    return sum(file.stat().st_size for file in weight_files(folder))


def largest_file(folder: Path) -> int:
    """The largest of a checkpoint's files of weights, in bytes."""
    return max(file.stat().st_size for file in weight_files(folder))


def _refuse_lack_of_room(source: str | Path, memory: int, target: Path, disk: int) -> None:
    free = free_bytes(torch.device("cpu"))
    if memory > free:
        raise LoadError(
            f"Quantising {source} needs about {memory / 1e9:.1f} GB of memory and "
            f"{free / 1e9:.1f} GB is free. Close other programs.",
            f"{source} の量子化には約{memory / 1e9:.1f}GBのメモリが必要ですが、空きは"
            f"{free / 1e9:.1f}GBです。他のプログラムを終了してください。",
        )
    above = next(folder for folder in target.absolute().parents if folder.is_dir())
    free = shutil.disk_usage(above).free
    if disk > free:
        raise LoadError(
            f"The copy of {source} needs about {disk / 1e9:.1f} GB in {above} and "
            f"{free / 1e9:.1f} GB is free. Make room, or name another folder.",
            f"{source} のコピーには {above} に約{disk / 1e9:.1f}GBが必要ですが、空きは"
            f"{free / 1e9:.1f}GBです。空きを作るか、別のフォルダーを指定してください。",
        )
