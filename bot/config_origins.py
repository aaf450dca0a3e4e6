"""Where the value of each setting comes from: the environment, the file, or nowhere.

Shows values as TOML has them, passwords in addresses left out. Secrets are no settings: of them
only whether they are set.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.config import Settings, default_settings, settings_file
from bot.home import masked
from bot.secret import given_by
from bot.toml_file import read_toml


@dataclass(frozen=True, slots=True)
class Origin:
    """One setting: its value as TOML, where it comes from, and whether it is the default."""

    section: str
    key: str
    value: str | None
    origin: str
    usual: bool


def origins(settings: Settings, path: Path | None) -> Iterator[Origin]:
    """Every setting, in the order of the example."""
    file = settings_file(path)
    written = {} if file is None else read_toml(file)
    defaults = default_settings()
    variables = {name.upper(): name for name, value in os.environ.items() if value}
    for section, field in Settings.model_fields.items():
        for key in type(field.default).model_fields:
            value = getattr(getattr(settings, section), key)
            names = (f"KAIWA_{section}__{key}".upper(), f"KAIWA_{section}".upper())
            named = next((variables[name] for name in names if name in variables), None)
            if named is not None:
                origin = named
            elif key in written.get(section, {}):
                origin = str(file)
            else:
                origin = "default"
            usual = value == getattr(getattr(defaults, section), key)
            yield Origin(section, key, _shown(value), origin, usual)


def secrets(names: Mapping[str, str]) -> Iterator[str]:
    """A line for each variable that holds a secret: its name, and whether it is set."""
    for name, what_for in names.items():
        given = ", ".join(given_by(name))
        state = "not set" if not given else "set" if given == name else f"set ({given})"
        yield f"{name}: {state} ({what_for})"


def _shown(value: Any) -> str | None:
    return None if value is None else json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return masked(value) if isinstance(value, str) and "://" in value else value
