"""The errors of loading a model: each one line, in both languages, that says what to do."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from bot.errors import BotError, system_reason

LONGEST_REASON = 120  # characters that are shown of an error that is a library's


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


def unsupported(why: str, *, writes: bool = True) -> LoadError:
    """The error for a model that this engine would run wrongly, or not at all.

    `writes`: it goes on with a text, as others do, so that a server may be able to run it.
    """
    english, japanese = ("", "選んで")
    if writes:
        english = ", or have a server run it and name that in [engine] base_urls"
        japanese = "選ぶか、サーバーで動かして [engine] base_urls に指定して"
    return LoadError(
        f"This engine cannot run the model: {why}. Choose another model{english}.",
        f"このモデルは実行できません（{why}）。別のモデルを{japanese}ください。",
    )


class UnknownToken(BotError):
    """A prompt has a token that the model has no embedding for; the others go on."""

    def __init__(self) -> None:
        super().__init__(
            "A character or word here is in the model's vocabulary, and the model itself does not "
            "know it. Please say it otherwise, after `/reset` if it was said before.",
            "モデルの語彙にはあっても、モデル自身が知らない文字か語が含まれています。"
            "別の書き方にしてください（前の発言にある場合は `/reset` の後で）。",
        )


BLIND = (
    "Of this model only the language model is loaded: it reads text and sees no pictures.",
    "このモデルは文章の部分だけを読み込みます（画像は扱いません）。",
)


def more_ids(count: int) -> tuple[str, str]:
    """What is said, in both languages, of a vocabulary larger than the model."""
    return (
        f"The tokenizer has {count:,} ids that the model does not know; only a message with one of "
        "them is refused.",
        f"トークナイザーにはモデルの知らないIDが{count:,}個あります。それを含むメッセージだけを"
        "断ります。",
    )


def computes_no_numbers(kind: str) -> LoadError:
    """The error for a model whose first step gives no numbers."""
    return LoadError(
        f"The model ({kind}) computes no numbers (NaN or infinite). Set [model] dtype to another "
        "type, such as float32, or download it again.",
        f"モデル（{kind}）の計算結果が数値になりません（NaN または無限大）。[model] dtype を "
        "float32 などにするか、もう一度ダウンロードしてください。",
    )


def not_numbers(folder: Path, names: Collection[str]) -> LoadError:
    """The error for weights of a model that are not all numbers."""
    return LoadError(
        f"The model in {_place(folder)} is damaged: {len(names):,} of its weights hold what is no "
        f"number (NaN or infinite), such as {min(names)}. Download it again, or choose another "
        "model.",
        f"{_place(folder)} のモデルは壊れています（{min(names)} など、{len(names):,}個の重みに"
        "数値でないもの（NaN または無限大）があります）。もう一度ダウンロードするか、"
        "別のモデルを選んでください。",
    )


def unquantised(names: Collection[str]) -> str:
    """The line that tells which layers do not get 4 bits, and why."""
    return (
        f"4ビットの計算に合わない大きさの層が{len(names):,}個あり、16ビットのままにします。\n"
        f"{len(names):,} layers stay in 16 bits, such as {min(names)}: 4 bits on a processor ask "
        "for inputs in multiples of 64 and outputs in multiples of 32."
    )


def damaged(folder: Path) -> LoadError:
    """The error for files that are there and cannot be used."""
    return LoadError(
        f"The model in {_place(folder)} could not be loaded: its files are damaged or incomplete. "
        "Download them again.",
        f"{_place(folder)} のモデルを読み込めませんでした。ファイルが壊れているか不足しています。"
        "もう一度ダウンロードしてください。",
    )


def unbuildable(folder: Path, error: Exception) -> LoadError:
    """The error for settings of a model of which transformers can make none."""
    why = " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST_REASON]
    return LoadError(
        f"The model in {_place(folder)} cannot be made of what its config.json and "
        f"generation_config.json say ({why}). Download it again, or choose another model.",
        f"{_place(folder)} の config.json か generation_config.json の値ではモデルを作れません"
        f"（{why}）。もう一度ダウンロードするか、別のモデルを選んでください。",
    )


def lacking(folder: Path, names: Collection[str]) -> LoadError:
    """The error for weights that are in no file of a model."""
    return LoadError(
        f"The model in {_place(folder)} is incomplete: {len(names):,} of its weights are missing, "
        f"such as {min(names)}. Download it again.",
        f"{_place(folder)} のモデルは不完全です"
        f"（{min(names)} など、重みが{len(names):,}個ありません）。"
        "もう一度ダウンロードしてください。",
    )


def spoilt(folder: Path) -> LoadError:
    """The error for a 4-bit copy whose scales were turned round before it was stored."""
    return LoadError(
        f"The 4-bit copy in {folder} is spoilt: it was stored after the model had run. Make it "
        "anew from the original with `kaiwa quantize`.",
        f"{folder} の4ビットのコピーは壊れています（モデルを動かした後に保存されたもの）。"
        "元のモデルから `kaiwa quantize` で作り直してください。",
    )


def adapter(folder: Path, base: str | None) -> LoadError:
    """The error for a folder that holds an adapter (LoRA) in place of a model."""
    of = f" of {base}" if base else ""
    return LoadError(
        f"{folder} is an adapter{of} (LoRA), not a model. Merge it into its model (peft's "
        "merge_and_unload) and name the result as [model] id.",
        f"{folder} はモデルではなくアダプター（LoRA）です{f'（{base} 用）' if base else ''}。"
        "元のモデルに統合し（peft の merge_and_unload）、その結果を [model] id に"
        "指定してください。",
    )


def missing(folder: Path, name: str) -> LoadError:
    """The error for a file of a model that is not there."""
    return LoadError(
        f"The model in {folder} is incomplete: {name} is missing. Download it again, or check "
        "[model] id in the settings.",
        f"{folder} のモデルは不完全です（{name} がありません）。もう一度ダウンロードするか、"
        "設定の [model] id を確認してください。",
    )


def not_read(file: Path, error: OSError) -> LoadError:
    """The error for a file or folder of a model that this user may not read."""
    english, japanese = system_reason(error)
    return LoadError(
        f"{file} cannot be read ({english}). Let the user who runs Kaiwa read it, or check "
        "[model] id in the settings.",
        f"{file} を読み込めません（{japanese}）。Kaiwa を動かすユーザーに読み取りを許可するか、"
        "設定の [model] id を確認してください。",
    )


def refuse_unreadable(file: Path) -> None:
    """Raises LoadError where a file cannot be opened, which no library says in so many words."""
    try:
        file.open("rb").close()
    except OSError as error:
        raise not_read(file, error) from error


def not_written(target: Path, error: Exception) -> LoadError:
    """The error for a copy of a model that could not be stored, of which nothing is left."""
    english, japanese = system_reason(error)
    return LoadError(
        f"{target} could not be written ({english}); nothing is left of it.",
        f"{target} に書き込めませんでした（{japanese}）。途中のファイルは残しません。",
    )


def _place(folder: Path) -> Path:
    """What an operator knows of a folder: the GGUF file for which it was made, or itself."""
    link = folder / "model.gguf"
    return link.readlink() if link.is_symlink() else folder
