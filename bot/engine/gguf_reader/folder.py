"""A GGUF file as a checkpoint's folder, which everything else reads.

The folder lies among the temporary files until the process ends. It holds the small files that a
checkpoint has, made from the file's header, and a link to the file itself: no weights are copied.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from pathlib import Path
from threading import Lock

from bot.engine.errors import LoadError, refuse_unreadable
from bot.engine.gguf_reader.architectures import described, tensors_of
from bot.engine.gguf_reader.header import read_header
from bot.engine.gguf_reader.refused import cut_off, no_file, several
from bot.engine.gguf_reader.vocabulary import end_ids, write_vocabulary
from bot.errors import system_reason

ENDING = ".gguf"
_made: dict[tuple[Path, int, int], Path] = {}
_making = Lock()


def file_in(place: Path) -> Path | None:
    """The GGUF file that a path names: itself, or the only one of a folder.

    None where it names no such file. Raises LoadError for a folder with several.
    """
    if not place.is_dir():
        return place if place.suffix.lower() == ENDING else None
    files = [file for file in sorted(place.glob("*")) if file.suffix.lower() == ENDING]
    if len(files) > 1:
        raise several(place)
    return files[0] if files else None


def folder_of(file: Path) -> Path:
    """The checkpoint's folder for a GGUF file. Raises LoadError."""
    if not file.is_file():  # nor where links lead in a circle
        raise no_file(file.absolute())
    refuse_unreadable(file)
    file = file.resolve()
    told = file.stat()
    key = (file, told.st_size, told.st_mtime_ns)
    with _making:
        if key not in _made:
            _made[key] = _make(file)
        return _made[key]


def _make(file: Path) -> Path:
    header = read_header(file)
    try:
        config = described(header)
        ends = end_ids(header)
    except (TypeError, ValueError, ArithmeticError) as error:  # numbers that cannot be
        raise cut_off(file) from error
    tensors_of(header)  # all of them are known
    config["eos_token_id"] = ends or None
    generation = {"eos_token_id": ends or None, "bos_token_id": config["bos_token_id"]}
    try:
        place = tempfile.mkdtemp(prefix="kaiwa-gguf-")
        atexit.register(shutil.rmtree, place, ignore_errors=True)
        folder = Path(place) / file.name
        folder.mkdir()
        write_vocabulary(header, folder)
        (folder / "config.json").write_text(json.dumps(config), "utf-8")
        (folder / "generation_config.json").write_text(json.dumps(generation), "utf-8")
        (folder / f"model{ENDING}").symlink_to(file)
    except (TypeError, ValueError, OverflowError) as error:  # texts and numbers that cannot be
        raise cut_off(file) from error
    except OSError as error:
        english, japanese = system_reason(error)
        raise LoadError(
            f"The small files of {file} could not be written to {tempfile.gettempdir()} "
            f"({english}). Make room there, or set TMPDIR to another folder.",
            f"{file} の設定ファイルを {tempfile.gettempdir()} に書き込めませんでした"
            f"（{japanese}）。空きを作るか、TMPDIR に別のフォルダーを指定してください。",
        ) from error
    return folder
