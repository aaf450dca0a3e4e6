"""A checkpoint's files: where they lie, how they get there, and whether the engine can run them.

Knows folders, the Hugging Face Hub and configurations; loads no weights. Safetensors only, and
no code from a checkpoint is ever run.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from transformers import AutoConfig, PretrainedConfig

from bot.errors import BotError

FILES = ["*.json", "*.safetensors", "*.model", "tokenizer.*", "*.txt", "*.jinja"]


class LoadError(BotError):
    """A model that could not be loaded: one line that says why and what to do."""


def find_folder(
    source: str | Path,
    revision: str | None,
    on_progress: Callable[[str], None] | None = None,
    *,
    weights: bool = True,
) -> Path:
    """The folder of a checkpoint; with `on_progress` a Hub id is downloaded first.

    Without, only what is on this machine counts. `weights`: they are needed, too. Raises
    LoadError.
    """
    folder = Path(source).expanduser()
    name = str(source)
    if not folder.is_dir():
        if isinstance(source, Path) or not re.fullmatch(r"[\w-][\w.-]*(/[\w.-]+)?", name):
            raise LoadError(
                f"There is no model folder {name}. Check [model] id in the settings.",
                f"モデルのフォルダー {name} がありません。設定の [model] id を確認してください。",
            )
        folder = _download(name, revision, on_progress, weights)
    if not (folder / "config.json").is_file():
        raise LoadError(
            f"{folder} holds no model: config.json is missing.",
            f"{folder} にモデルがありません（config.json が見つかりません）。",
        )
    if weights and not any(folder.glob("*.safetensors")):
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
        raise unsupported(f"{config.model_type} names no max_position_embeddings")
    layers = set(getattr(config, "layer_types", None) or ["full_attention"])
    window = getattr(config, "sliding_window", None)
    # Qwen's configurations name a window that they do not use.
    if layers != {"full_attention"} or (window and getattr(config, "use_sliding_window", True)):
        raise unsupported(f"{config.model_type} with sliding windows or mixed layers")
    checked: PretrainedConfig = config
    return checked


def _download(
    name: str, revision: str | None, on_progress: Callable[[str], None] | None, weights: bool
) -> Path:
    wanted = [pattern for pattern in FILES if weights or "safetensors" not in pattern]
    needed = "*.safetensors" if weights else "config.json"
    try:
        try:  # what is here already needs no network
            folder = snapshot_download(
                name, revision=revision, allow_patterns=wanted, local_files_only=True
            )
            if any(Path(folder).glob(needed)):
                return Path(folder)
        except FileNotFoundError:
            pass
        if on_progress is None:
            raise LoadError(
                f"The model {name} is not on this machine yet; `kaiwa chat` downloads it.",
                f"モデル {name} はまだこのコンピューターにありません。"
                "`kaiwa chat` でダウンロードされます。",
            )
        on_progress(f"Downloading {name} …")
        return Path(snapshot_download(name, revision=revision, allow_patterns=wanted))
    except LoadError:
        raise
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


def unsupported(why: str) -> LoadError:
    """The error for a model that this engine would run wrongly, or not at all."""
    return LoadError(
        f"This engine cannot run the model: {why}. Choose another model.",
        f"このモデルは実行できません（{why}）。別のモデルを選んでください。",
    )
