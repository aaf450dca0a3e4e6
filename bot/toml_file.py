"""A file of TOML, read; what is wrong with it, with its line and column. Knows no setting."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from bot.config_errors import ConfigError, shown
from bot.errors import system_reason


def read_toml(file: Path) -> dict[str, Any]:
    """What the file holds. Raises ConfigError, with the place of what is wrong."""
    name = shown(str(file))
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        english, japanese = system_reason(error)
        problem = (
            f"{name}: cannot be read ({english}).",
            f"{name}: 読み込めません（{japanese}）。",
        )
        raise ConfigError([problem]) from None
    except UnicodeDecodeError as error:
        at = error.start + 1
        problem = (
            f"{name}: is not UTF-8 text (byte {at}).",
            f"{name}: UTF-8 のテキストではありません（{at}バイト目）。",
        )
        raise ConfigError([problem]) from None
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        why, line, column = _position(str(error), text)
        problem = (
            f"{name}, line {line}, column {column}: is not valid TOML ({why}).",
            f"{name}、{line}行{column}列目: TOML として読めません。",
        )
        raise ConfigError([problem]) from None


def _position(message: str, text: str) -> tuple[str, int, int]:
    """What tomllib says, and the line and column, which it puts at its message's end."""
    found = re.fullmatch(r"(.*) \(at line ([0-9]+), column ([0-9]+)\)", message, re.DOTALL)
    if found:
        return shown(found[1]), int(found[2]), int(found[3])
    lines = text.split("\n")
    return (
        shown(message.removesuffix(" (at end of document)")),
        len(lines),
        len(lines[-1]) + 1,
    )
