"""Haqumei, the analyser that knows readings: loaded once, and asked for one sentence at a time.

What it gives is as it comes, in katakana; readings.py makes readings of it. It unpacks 103 MB
when it is first loaded, into the folder for caches of the user who runs the bot; where it cannot
it panics, and cannot be loaded in this process any more. So the folder is looked at before.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from bot.errors import BotError

UNPACKED = 110_000_000  # bytes that it takes, with some to spare


class ReadingsNotInstalled(BotError):
    """What readings need is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "Readings are not installed here. The operator can add them by "
            "pip install 'kaiwa[study]'.",
            "読み方の機能がインストールされていません。管理者は pip install 'kaiwa[study]' で"
            "追加できます。",
        )


class ReadingsCannotUnpack(BotError):
    """The dictionary of readings has no place. `folder`: where it would be."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The dictionary of readings cannot be unpacked into {folder}: it needs a folder that "
            f"can be written, and {UNPACKED // 10**6} MB. Free it, or name another by "
            "XDG_CACHE_HOME, and start again.",
            f"読み方の辞書を {folder} に展開できません。書き込めるフォルダーと"
            f"{UNPACKED // 10**6} MBの空きが必要です。空きを作るか、環境変数 XDG_CACHE_HOME で"
            "別の場所を指定して、起動し直してください。",
        )
        self.folder = folder


class Morpheme(NamedTuple):
    """A word of a sentence. `surface` is what stands there, or the analyser's form of it.

    `pron` in katakana as spoken, `read` as it is written; `pos` and `detail` as IPADIC names
    them; `base` the plain form. `nucleus`: the mora after which the pitch falls, 0 if none, of
    `moras`. `joins`: whether it belongs to one accent phrase with the word before.
    """

    surface: str
    pron: str
    read: str
    pos: str
    detail: str
    base: str
    nucleus: int
    moras: int
    joins: bool


def folder() -> Path:
    """Where the dictionary is unpacked: a folder of its own, in the user's for caches."""
    if sys.platform == "darwin":
        caches = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        caches = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        named = Path(os.environ.get("XDG_CACHE_HOME") or "")
        caches = named if named.is_absolute() else Path.home() / ".cache"
    return caches / "haqumei"


def problem() -> BotError | None:
    """Why readings cannot be had here, if they cannot. Reads no dictionary, and writes nothing."""
    if find_spec("haqumei") is None:
        return ReadingsNotInstalled()
    place = folder()
    there = next(parent for parent in (place, *place.parents) if parent.exists())
    unpacked = (place / "decompressed" / "system.bin").exists()
    if unpacked and os.access(place / "decompressed", os.R_OK):
        return None
    writable = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    if not writable or shutil.disk_usage(there).free < UNPACKED:
        return ReadingsCannotUnpack(place)
    return None


def prepare(progress: Callable[[str], None]) -> None:
    """Loads the analyser, which unpacks its dictionary the first time: some 4 s, then 0.5 s.

    `progress` is told what happens, with the folder. Raises the BotError of `problem`.
    """
    progress(str(folder()))
    analyser()


_loading = threading.Lock()
_loaded: list[Any] = []


def analyser() -> Any:
    """The one Haqumei of this process, which all threads may use. Raises BotError, no panic."""
    if not _loaded:
        with _loading:
            if not _loaded:
                _loaded.append(_load())
    return _loaded[0]


def _load() -> Any:
    if wrong := problem():
        raise wrong
    import haqumei

    try:
        found = haqumei.Haqumei(revert_long_vowels=True, revert_yotsugana=True)
        found.g2k("何人")  # loads what tells なに from なん
    except BaseException as error:
        # A panic is no Exception; what else is none ends the program, and must.
        if type(error).__name__ != "PanicException" and not isinstance(error, Exception):
            raise
        raise ReadingsCannotUnpack(folder()) from error
    return found


def morphemes(sentence: str) -> tuple[Morpheme, ...]:
    """The words of a sentence in order, by the analyser; spaces are none of them. About 0.1 ms.

    Raises BotError.
    """
    return tuple(
        Morpheme(
            word.string,
            word.pron.replace("’", ""),
            word.read,
            word.pos,
            word.pos_group1,
            word.orig,
            word.acc,
            word.mora_size,
            word.chain_flag == 1,
        )
        for word in analyser().run_frontend(sentence)
    )


def alternatives(word: str) -> tuple[str, ...]:
    """What else the analyser's dictionary would read, alone, in katakana; its own choice first."""
    import haqumei

    options = haqumei.CandidateOptions(max_delta=6000)
    found = analyser().g2p_candidates_detailed(word, options).candidates
    return tuple("".join(part.pron for part in way.words).replace("’", "") for way in found)
