"""A checkpoint's files: where they lie, and whether the engine can run them.

Knows folders and configurations; loads no weights. Safetensors and GGUF files only, and no code
from a checkpoint is ever run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.engine.errors import (
    LoadError,
    adapter,
    damaged,
    missing,
    not_read,
    refuse_unreadable,
    unsupported,
)
from bot.engine.gguf_reader.folder import file_in, folder_of
from bot.engine.gguf_reader.refused import on_the_hub
from bot.engine.kinds import refuse_by_kind
from bot.engine.language_part import language_config

if TYPE_CHECKING:
    from transformers import PretrainedConfig

WHOLE = "model.safetensors"
ADAPTER = "adapter_config.json"
INDEX = "model.safetensors.index.json"
READ = (".jinja", ".json", ".model")  # the small files of a checkpoint
OUTPUT = frozenset({"embed_out", "lm_head"})  # a GPT-NeoX's output layer, then and now


def find_folder(
    source: str | Path,
    revision: str | None,
    on_progress: Callable[[str], None] | None = None,
    *,
    weights: bool = True,
) -> Path:
    """The folder of a checkpoint; with `on_progress` a Hub id is downloaded first.

    Without, only what is on this machine counts. `weights`: they are needed, too. A GGUF file
    has a folder made for it. Raises LoadError.
    """
    name = str(source)
    try:
        folder = Path(source).expanduser()
        folder.is_dir()
    except (RuntimeError, OSError) as error:  # nobody's home; longer than a name may be
        raise _no_folder(name) from error
    try:
        whole = any((folder / known).is_file() for known in (WHOLE, INDEX))
    except OSError as error:  # a folder that may not be looked into
        raise not_read(folder, error) from error
    if not whole:
        file = file_in(folder)
        if file is not None:
            return folder_of(file)
    if not folder.is_dir():
        if isinstance(source, Path) or not re.fullmatch(r"[\w-][\w.-]*(/[\w.-]+)?", name):
            raise _no_folder(name)
        if weights and name.lower().endswith("gguf"):  # as such repositories are called
            raise on_the_hub(name)
        return _from_hub(name, revision, on_progress, weights)
    _refuse_gaps(folder, weights)
    return folder


def _no_folder(name: str) -> LoadError:
    return LoadError(
        f"There is no model folder {name}. Check [model] id in the settings.",
        f"モデルのフォルダー {name} がありません。設定の [model] id を確認してください。",
    )


def _from_hub(
    name: str, revision: str | None, on_progress: Callable[[str], None] | None, weights: bool
) -> Path:
    from bot.engine import hub  # its client takes a while to import

    folder = hub.cached(name, revision, weights)
    if folder is not None:
        try:
            _refuse_gaps(folder, weights)
            return folder
        except LoadError:  # a download that was cut off: it goes on
            if on_progress is None:
                raise
    if on_progress is None:
        raise LoadError(
            f"The model {name} is not on this machine yet; `kaiwa chat` downloads it.",
            f"モデル {name} はまだこのコンピューターにありません。"
            "`kaiwa chat` でダウンロードされます。",
        )
    folder = hub.download(name, revision, weights, on_progress)
    _refuse_gaps(folder, weights)
    return folder


def weight_files(folder: Path) -> list[Path]:
    """A checkpoint's files of weights: one, or those that its index names. Raises LoadError.

    Other safetensors in the folder are not the model's: some repositories hold it twice.
    """
    if (folder / WHOLE).is_file():
        return [folder / WHOLE]
    if not (folder / INDEX).is_file():
        if (file := file_in(folder)) is not None:
            return [file.resolve()]
        raise LoadError(
            f"{folder} has no weights in the safetensors format, and no .gguf file; others are "
            "not loaded. Convert the checkpoint, or choose a revision that has them.",
            f"{folder} に safetensors 形式の重みも .gguf ファイルもありません。他の形式は"
            "読み込みません。変換するか、safetensors のあるリビジョンを指定してください。",
        )
    try:
        index: dict[str, Any] = json.loads((folder / INDEX).read_text())
        names = sorted(set(index["weight_map"].values()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(folder) from error
    for name in names:
        if not isinstance(name, str):
            raise damaged(folder)
        if not (folder / name).is_file():
            raise missing(folder, name)
    return [folder / name for name in names]


def _refuse_gaps(folder: Path, weights: bool) -> None:
    for file in sorted(folder.glob("*")):
        if file.suffix in READ and file.is_file():
            refuse_unreadable(file)
    if (folder / ADAPTER).is_file() and not any((folder / n).is_file() for n in (WHOLE, INDEX)):
        try:
            base = json.loads((folder / ADAPTER).read_text("utf-8"))["base_model_name_or_path"]
        except (ValueError, KeyError, TypeError):
            base = None
        raise adapter(folder, base if isinstance(base, str) else None)
    if not (folder / "config.json").is_file():
        raise missing(folder, "config.json")
    if weights:
        for file in weight_files(folder):
            refuse_unreadable(file)


def read_config(folder: Path, *, dtype: bool = True) -> PretrainedConfig:
    """The configuration of a checkpoint's language model; without `dtype` its number type is left
    out, and torch is not loaded for it. Raises LoadError where this engine cannot run the model."""
    from bot.engine.vendors import configuration  # which looking for files needs not

    try:
        config = language_config(configuration(folder, dtype=dtype))
    except Exception as error:  # transformers has one for every kind of nonsense
        raise LoadError(
            f"{folder / 'config.json'} is not a model that transformers knows.",
            f"{folder / 'config.json'} は transformers の知らないモデルです。",
        ) from error
    refuse_by_kind(config)
    if is_quantized(config):
        theirs: Any = config.quantization_config
        stored: dict[str, Any] = theirs if isinstance(theirs, dict) else theirs.to_dict()
        if not (stored.get("load_in_4bit") or stored.get("_load_in_4bit")):
            kind = stored.get("quant_method") or "something unknown"
            raise unsupported(
                f"its weights are stored as {kind}, and of stored forms this engine reads 16 and "
                "32 bits and 4-bit bitsandbytes"
            )
        left_out = stored.get("llm_int8_skip_modules")
        if isinstance(left_out, list) and not OUTPUT.isdisjoint(left_out):
            # Whichever name the release had.
            stored["llm_int8_skip_modules"] = [*{*left_out, *OUTPUT}]
        config.quantization_config = stored
    checked: PretrainedConfig = config
    return checked


def context_length(folder: Path) -> int:
    """The longest prompt plus reply of a checkpoint's model, in tokens, whoever runs it.

    Raises LoadError where its configuration does not say.
    """
    try:
        told = json.loads((folder / "config.json").read_text("utf-8"))["max_position_embeddings"]
    except (ValueError, KeyError, TypeError):
        told = None
    if isinstance(told, int):
        return told
    known: int = read_config(folder).max_position_embeddings  # by a name of its own
    return known


def longest_text(config: PretrainedConfig) -> int:
    """The longest prompt plus reply, in tokens, that is computed rightly here.

    Where a model's rotary frequencies change with the longest text of a whole step, texts of
    others would change with it: so far as the frequencies stay the same.
    """
    rope: dict[str, Any] = getattr(config, "rope_parameters", None) or {}
    parts = [part for part in (rope, *rope.values()) if isinstance(part, dict)]
    changing = [part for part in parts if part.get("rope_type") in ("longrope", "dynamic")]
    bounds = [part.get("original_max_position_embeddings") for part in changing]
    longest: int = config.max_position_embeddings
    return min(longest, *(bound or longest for bound in bounds), longest)


def is_quantized(config: PretrainedConfig) -> bool:
    """Whether the checkpoint holds 4-bit weights already."""
    return getattr(config, "quantization_config", None) is not None
