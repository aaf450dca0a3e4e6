"""One secret: from the environment, from a file that the environment names, or from systemd.

`NAME`: the secret itself. `NAME_FILE`: the file that holds it, as Docker's and Kubernetes's secrets
do. `$CREDENTIALS_DIRECTORY/name`, in small letters: where `LoadCredential=` of a systemd unit puts
it. Knows no platform. No error, and nothing else, repeats what a secret is.
"""

from __future__ import annotations

import os
from pathlib import Path

from bot.errors import BotError, system_reason

_LONGEST = 65_536  # bytes of a file that may be a secret; no token is nearly as long


class BadSecret(BotError):
    """A secret that cannot be read, or that cannot be one; says where it stands, never what."""


def secret(name: str, *, scheme: str = "") -> str:
    """The secret of that name, without white space around it and `scheme` before it; empty where
    it is not set. Raises BadSecret."""
    if len(places := given_by(name)) > 1:
        raise BadSecret(
            f"{name} is given more than once: by {' and by '.join(places)}. Keep one of them.",
            f"{name} が {'と'.join(places)} で重ねて指定されています。1つだけにしてください。",
        )
    for variable, file in places.items():
        found = os.environ[name].strip() if file is None else _read(variable, file)
        found = found.removeprefix(scheme)
        if not (found.isascii() and found.isprintable()):
            raise BadSecret(
                f"What {variable} gives for {name} cannot be it: it has several lines, or a "
                "character that none has. Copy it anew, on one line.",
                f"{variable} で指定された {name} に、改行や使われない文字が入っています。"
                "1行でコピーし直してください。",
            )
        return found
    return ""


def given_by(name: str) -> dict[str, Path | None]:
    """The variables that give a secret: for each the file that it names, or None."""
    places: dict[str, Path | None] = {}
    if os.environ.get(name, "").strip():
        places[name] = None
    if named := os.environ.get(f"{name}_FILE", "").strip():
        places[f"{name}_FILE"] = Path(named)
    if folder := os.environ.get("CREDENTIALS_DIRECTORY"):
        credential = Path(folder, name.lower())
        if credential.exists():
            places["CREDENTIALS_DIRECTORY"] = credential
    return places


def _read(variable: str, file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LONGEST + 1)
    except (OSError, ValueError) as error:
        english, japanese = system_reason(error)
        raise BadSecret(
            f"The file that {variable} names cannot be read: {file} ({english}).",
            f"{variable} のファイルが読めません: {file}（{japanese}）。",
        ) from None
    text = content[:_LONGEST].decode("utf-8-sig", "replace").strip()
    if not text or len(content) > _LONGEST:
        what, was = ("is too long", "長すぎます") if text else ("is empty", "空です")
        raise BadSecret(
            f"The file that {variable} names {what}: {file}. It holds the secret alone.",
            f"{variable} のファイルが{was}: {file}。中身は値だけにしてください。",
        )
    return text
