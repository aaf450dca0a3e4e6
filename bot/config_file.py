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
from bot.private import private_folder, whole_file

Values = Mapping[tuple[str, str], bool | float | str | list[str]]


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
    try:
        private_folder(file.parent)
    except OSError as error:
        english, japanese = system_reason(error)
        raise BotError(
            f"{file.parent} cannot be made ({english}). Name another folder with --home.",
            f"{file.parent} を作れません（{japanese}）。--home で別の場所を指定してください。",
        ) from error
    with whole_file(file, replace=force) as written:  # it may name a database with its password
        written.write(commented(values))
        written.flush()
        try:
            load_settings(Path(written.name))
        except ConfigError as error:  # which names the file that it read
            texts = (error.english, error.japanese)
            raise BotError(*(t.replace(written.name, str(file)) for t in texts)) from error


def _toml(value: bool | float | str | list[str]) -> str:
    """Of these kinds JSON is TOML too."""
    return json.dumps(value, ensure_ascii=False)
