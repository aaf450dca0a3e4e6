"""The errors of loading a model: each one line, in both languages, that says what to do."""

from __future__ import annotations

from pathlib import Path

from bot.errors import BotError


class LoadError(BotError):
    """A model that could not be loaded: one line that says why and what to do."""


class StepHung(Exception):
    """A step did not come back: nothing can be computed in this process any more."""


class EngineFailed(BotError):
    """The engine has ended by an error of its own, which is in the log; nobody is answered."""

    def __init__(self) -> None:
        super().__init__(
            "The engine has ended by an error (see the log). Start Kaiwa again; what was asked "
            "is kept.",
            "エンジンがエラーで停止しました（ログを確認してください）。Kaiwa を再起動してください。"
            "届いたメッセージは保存されています。",
        )


def unsupported(why: str) -> LoadError:
    """The error for a model that this engine would run wrongly, or not at all."""
    return LoadError(
        f"This engine cannot run the model: {why}. Choose another model.",
        f"このモデルは実行できません（{why}）。別のモデルを選んでください。",
    )


def not_numbers(what: str) -> LoadError:
    """The error for a model whose weights are not all numbers, or that computes none with them."""
    return LoadError(
        f"The model ({what}) has weights that are not numbers (NaN or infinite). Download it "
        'again, or set dtype = "float32".',
        f"モデル（{what}）の重みに数値でないもの（NaN または無限大）があります。"
        'もう一度ダウンロードするか、dtype = "float32" にしてください。',
    )


def damaged(folder: Path) -> LoadError:
    """The error for files that are there and cannot be used."""
    return LoadError(
        f"The model in {folder} could not be loaded: its files are damaged or incomplete. "
        "Download them again.",
        f"{folder} のモデルを読み込めませんでした。ファイルが壊れているか不足しています。"
        "もう一度ダウンロードしてください。",
    )


def missing(folder: Path, name: str) -> LoadError:
    """The error for a file of a model that is not there."""
    return LoadError(
        f"The model in {folder} is incomplete: {name} is missing. Download it again, or check "
        "[model] id in the settings.",
        f"{folder} のモデルは不完全です（{name} がありません）。もう一度ダウンロードするか、"
        "設定の [model] id を確認してください。",
    )
