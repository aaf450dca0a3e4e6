"""The Hugging Face Hub: brings a model's files onto this machine, and says why it cannot.

What is here already needs no network. Knows nothing of what the files hold.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from huggingface_hub import constants, snapshot_download
from huggingface_hub.constants import is_offline_mode
from huggingface_hub.errors import (
    DryRunError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from bot.engine.errors import LoadError

FILES = ["*.json", "*.safetensors", "*.model", "tokenizer.*", "*.txt", "*.jinja"]


def cached(name: str, revision: str | None, weights: bool) -> Path | None:
    """The folder of a model in the Hub's cache, or None where it is not there or not whole."""
    try:
        folder = snapshot_download(
            name, revision=revision, allow_patterns=_wanted(weights), local_files_only=True
        )
    except (FileNotFoundError, HFValidationError):
        return None
    return Path(folder)


def download(
    name: str, revision: str | None, weights: bool, on_progress: Callable[[str], None]
) -> Path:
    """Download what is not here yet; a download that was cut off goes on. Raises LoadError."""
    if is_offline_mode():
        raise LoadError(
            f"The model {name} is not on this machine, and HF_HUB_OFFLINE forbids to download it. "
            "Unset HF_HUB_OFFLINE once, or set [model] id to a folder.",
            f"モデル {name} はこのコンピューターになく、HF_HUB_OFFLINE のためダウンロードも"
            "できません。一度 HF_HUB_OFFLINE を外すか、[model] id にフォルダーを指定してください。",
        )
    wanted = _wanted(weights)
    try:
        with suppress(DryRunError):  # which does not tell why; the download will
            files = snapshot_download(name, revision=revision, allow_patterns=wanted, dry_run=True)
            needed = sum(file.file_size or 0 for file in files if file.will_download)
            _begin(name, needed, _free(), on_progress)
        return Path(snapshot_download(name, revision=revision, allow_patterns=wanted))
    except LoadError:
        raise
    except Exception as error:  # the Hub's client raises its HTTP library's errors as they are
        raise _explained(name, revision, error) from error


def _begin(name: str, needed: int, free: int, on_progress: Callable[[str], None]) -> None:
    """Say how much is to be downloaded. Raises LoadError where it does not fit on the disk."""
    if needed > free:
        raise LoadError(
            f"{name} does not fit on the disk: {_size(needed)} are to be downloaded to "
            f"{constants.HF_HUB_CACHE}, and {_size(free)} are free. Make room, set HF_HOME to "
            "another disk, or choose a smaller model.",
            f"{name} はディスクに入りません。{constants.HF_HUB_CACHE} に{_size(needed)}"
            f"ダウンロードしますが、空きは{_size(free)}です。空きを作るか、HF_HOME に"
            "別のディスクを指定するか、小さいモデルを選んでください。",
        )
    on_progress(
        f"{name} をダウンロードします：{_size(needed)}（ディスクの空き {_size(free)}）\n"
        f"Downloading {name}: {_size(needed)}, {_size(free)} free on disk …"
    )


def _free() -> int:
    """Bytes that are free where downloads go, a folder that may not be there yet."""
    cache = Path(constants.HF_HUB_CACHE).absolute()
    there = next(folder for folder in (cache, *cache.parents) if folder.exists())
    return shutil.disk_usage(there).free


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def _wanted(weights: bool) -> list[str]:
    return [pattern for pattern in FILES if weights or "safetensors" not in pattern]


def _explained(name: str, revision: str | None, error: Exception) -> LoadError:
    """What the Hub's client raised, as one line with what to do."""
    answer = error.response.status_code if isinstance(error, HfHubHTTPError) else None
    if isinstance(error, GatedRepoError) or answer in (401, 403):
        return LoadError(
            f"The Hugging Face Hub does not hand out {name} to you: there is no such model, or it "
            "asks for a login. Check [model] id, accept its terms on the Hub and set HF_TOKEN.",
            f"Hugging Face Hub から {name} を取得できません。存在しないか、ログインが必要です。"
            "[model] id を確認し、Hub で規約に同意して HF_TOKEN を設定してください。",
        )
    if isinstance(error, RevisionNotFoundError):
        return LoadError(
            f"The model {name} has no revision {revision}. Check [model] revision.",
            f"モデル {name} にリビジョン {revision} はありません。"
            "[model] revision を確認してください。",
        )
    if isinstance(error, (RepositoryNotFoundError, HFValidationError)):
        return LoadError(
            f"The Hugging Face Hub has no model {name}. Check [model] id.",
            f"Hugging Face Hub にモデル {name} がありません。[model] id を確認してください。",
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LoadError(
            f"The disk is full: {name} could not be stored. Make room, or set HF_HOME to another "
            "disk.",
            f"ディスクがいっぱいで {name} を保存できません。空きを作るか、HF_HOME に"
            "別のディスクを指定してください。",
        )
    if isinstance(error, LocalEntryNotFoundError):
        return LoadError(
            f"The Hugging Face Hub cannot be reached, and {name} is not on this machine. Check the "
            "network connection, or set [model] id to a folder.",
            f"Hugging Face Hub に接続できず、{name} はこのコンピューターにありません。"
            "ネットワークを確認するか、[model] id にフォルダーを指定してください。",
        )
    return LoadError(
        f"The model {name} could not be downloaded ({type(error).__name__}). Try again: what is "
        "here already is kept. Else set [model] id to a folder.",
        f"モデル {name} をダウンロードできませんでした（{type(error).__name__}）。"
        "もう一度お試しください（続きから再開します）。"
        "または [model] id にフォルダーを指定してください。",
    )
