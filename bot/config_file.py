"""config.toml as it is written for an operator: the example, with some of its settings made.

Knows the example's form (`#key = default`, below a comment), no setting's meaning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from bot.config import ConfigError, load_settings
from bot.errors import BotError, system_reason
from bot.private import private_file, private_folder

Values = Mapping[tuple[str, str], bool | str | list[str]]


def example() -> str:
    """Every setting with its comment and its default, none of them made."""
    return files("bot").joinpath("config.example.toml").read_text("utf-8")


def commented(values: Values) -> str:
    """The example in which these settings have these values."""
    lines, section, left = [], "", dict(values)
    for line in example().splitlines():
        if found := re.fullmatch(r"\[(\w+)\]", line):
            section = found[1]
        elif (found := re.match(r"#(\w+) = ", line)) and (section, found[1]) in left:
            line = f"{found[1]} = {_toml(left.pop((section, found[1])))}"
        lines.append(line)
    assert not left, f"the example has no {left.keys()}"
    head = "# Kaiwa's settings, each with its default. Take away the # before one, and change it."
    return "\n".join([head, *lines[2:]]) + "\n"


def write(file: Path, values: Values, *, force: bool) -> None:
    """Write it, whole or not at all. Raises BotError where there is one, or the values will not
    do."""
    if file.exists() and not force:
        raise BotError(
            f"{file} is there already, and stays as it is. --force writes it anew.",
            f"{file} はすでにあるので、そのままにします。--force で作り直せます。",
        )
    beside = file.with_name(f".{file.name}.new")
    try:
        private_folder(file.parent)
        beside.unlink(missing_ok=True)
        private_file(beside)  # it may name a database with its password
        beside.write_text(commented(values), "utf-8")
        load_settings(beside)
        beside.replace(file)
    except OSError as error:
        english, japanese = system_reason(error)
        raise BotError(
            f"{file} could not be written ({english}). Name another folder with --home.",
            f"{file} に書き込めませんでした（{japanese}）。--home で別の場所を指定してください。",
        ) from error
    except ConfigError as error:  # which names the file that it read
        texts = (error.english, error.japanese)
        raise BotError(*(text.replace(str(beside), str(file)) for text in texts)) from error
    finally:
        beside.unlink(missing_ok=True)


def _toml(value: bool | str | list[str]) -> str:
    """Of these kinds JSON is TOML too."""
    return json.dumps(value, ensure_ascii=False)
