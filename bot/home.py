"""Where data lies: the folder that relative paths of the settings are in.

It is KAIWA_HOME (`kaiwa --home` sets it for its process), else the current folder. Knows no
setting: a path may be a SQLAlchemy URL of SQLite's, which names a file too.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "KAIWA_HOME"
_SQLITE = ":///"  # what comes after it is a file


@dataclass(frozen=True, slots=True)
class InHome:
    """Marks a setting, in its type's annotation, as a path that is relative to the home."""


def home() -> Path | None:
    """The folder that was named for data, absolute; None where it is the current one."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser().absolute() if named else None


def placed(value: str) -> str:
    """A path of the settings as it is to be opened from the current folder."""
    folder = home()
    if folder is None:
        return value
    if "://" not in value:
        return str(folder / Path(value).expanduser())
    scheme, separator, file = value.partition(_SQLITE)
    relative = separator and scheme.startswith("sqlite") and not file.startswith(("file:", ":"))
    return f"{scheme}{separator}{folder / file}" if relative and file else value


def shown_place(value: str) -> str:
    """Where data is, for a person to read: an absolute path, or a server without its password."""
    scheme, separator, rest = placed(value).partition("://")
    if not separator:
        return str(Path(scheme).absolute())
    if scheme.startswith("sqlite"):
        file = rest.removeprefix("/")
        return file if file.startswith("file:") else str(Path(file.partition("?")[0]).absolute())
    return masked(value)


def masked(url: str) -> str:
    """A URL whose password is not to be read by whoever looks over a shoulder.

    One with characters that a URL must not have ends at the last @, wherever that is.
    """
    hidden = re.sub(r"^([^:]+://[^:/@]*):.*@", r"\1:***@", url, flags=re.DOTALL)
    return re.sub(r"([?&]password=)[^&]*", r"\1***", hidden, flags=re.IGNORECASE)
