"""The errors of GGUF files: each one line, in both languages, that says what to do."""

from __future__ import annotations

from pathlib import Path

from bot.engine.errors import LoadError


def no_file(file: Path) -> LoadError:
    """The error for a file that is not there."""
    return LoadError(
        f"There is no file {file}. Check [model] id in the settings.",
        f"ファイル {file} がありません。設定の [model] id を確認してください。",
    )


def not_gguf(file: Path) -> LoadError:
    """The error for a file that is something else."""
    return LoadError(
        f"{file} is no GGUF file (of version 2 or 3). Download it again, or name another file.",
        f"{file} は GGUF ファイル（バージョン2か3）ではありません。もう一度ダウンロードするか、"
        "別のファイルを指定してください。",
    )


def cut_off(file: Path) -> LoadError:
    """The error for a file that ends too soon, or whose header cannot be right."""
    return LoadError(
        f"{file} is cut off or damaged. Download it again.",
        f"{file} は途中で切れているか壊れています。もう一度ダウンロードしてください。",
    )


def split_up(file: Path) -> LoadError:
    """The error for a part of a model that was split into several files."""
    return LoadError(
        f"{file} is one of several parts of a model. Join them with llama.cpp's `llama-gguf-split "
        "--merge FIRST.gguf WHOLE.gguf`, and name the result as [model] id.",
        f"{file} は分割されたモデルの一部です。llama.cpp の `llama-gguf-split --merge "
        "最初の.gguf 全体.gguf` で一つにして、その結果を [model] id に指定してください。",
    )


def several(folder: Path) -> LoadError:
    """The error for a folder from which one of several files is to be chosen."""
    return LoadError(
        f"{folder} holds several .gguf files. Name one of them as [model] id.",
        f"{folder} には .gguf ファイルが複数あります。その一つを [model] id に指定してください。",
    )


def on_the_hub(name: str) -> LoadError:
    """The error for a repository of GGUF files, of which one is to be chosen."""
    return LoadError(
        f"{name} holds GGUF files. Download one of them (`hf download {name} FILE.gguf --local-dir "
        ".`), and name that file as [model] id.",
        f"{name} は GGUF ファイルのリポジトリです。その一つをダウンロードし"
        f"（`hf download {name} FILE.gguf --local-dir .`）、そのファイルを [model] id に"
        "指定してください。",
    )


def not_understood(file: Path, why: str) -> LoadError:
    """The error for a file that this engine would read wrongly, or not at all."""
    return LoadError(
        f"{file} cannot be read here: {why}. Name the folder of the model that it was made of "
        "(safetensors), or another file.",
        f"{file} は読み込めません（{why}）。元のモデル（safetensors）のフォルダーか、"
        "別のファイルを指定してください。",
    )
