"""A few numbers of one section of a TOML file changed, and nothing else of it.

Works on lines, so that comments, order and spaces stay. What came out is read again: it is kept
only where it says what the file said before, but for what was to change. Knows no setting.
"""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path

from bot.config_errors import shown
from bot.errors import BotError
from bot.private import whole_file
from bot.toml_file import read_toml

Numbers = Mapping[str, float]


def change(file: Path, section: str, numbers: Numbers) -> None:
    """Have the file's section say these numbers. Raises BotError, and then nothing is changed."""
    read_toml(file)  # says what is wrong with it
    after = edited(file.read_bytes().decode("utf-8"), section, numbers)
    if after is None:
        written = "\n".join([f"[{section}]", *assignments(numbers)])
        raise BotError(
            f"{shown(str(file))} is written in a way that I cannot change by myself. "
            f"Please write into it:\n{written}",
            f"{shown(str(file))} は自動で書き換えられない形です。次のように書いてください：\n"
            f"{written}",
        )
    target = file.resolve()  # a link stays one
    with whole_file(target, replace=True) as written_file:
        shutil.copymode(target, written_file.name)
        written_file.write(after)


def assignments(numbers: Numbers) -> list[str]:
    """A line for each."""
    return [f"{key} = {json.dumps(value)}" for key, value in numbers.items()]


def edited(text: str, section: str, numbers: Numbers) -> str | None:
    """The text with these numbers in the section: in place of those that stand there, else of the
    line of a comment that shows the default (`#key = 1`), else below the section's name. None
    where it is written in another way, so that something else would change too.

    `text` is TOML; the mark may stand before it with which some editors begin a file.
    """
    before = tomllib.loads(text.removeprefix("\ufeff"))
    old = before.get(section, {})
    if not isinstance(old, dict):
        return None
    after = _edited(text, section, numbers)
    try:
        now = tomllib.loads(after.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError:
        return None
    return after if now == {**before, section: {**old, **numbers}} else None


def _edited(text: str, section: str, numbers: Numbers) -> str:
    lines = text.split("\n")
    end_of_line = "\r" if len(lines) > 1 and lines[0].endswith("\r") else ""
    header = re.compile(rf"\ufeff?\s*\[\s*{re.escape(section)}\s*\]\s*(#.*)?")
    start = next((n for n, line in enumerate(lines) if header.fullmatch(line)), None)
    if start is None:
        while lines and not lines[-1].strip():
            lines.pop()
        new = [*([""] if lines else []), f"[{section}]", *assignments(numbers), ""]
        return "\n".join([*lines, *(line and line + end_of_line for line in new)])
    end = next((n for n in range(start + 1, len(lines)) if re.match(r"\s*\[", lines[n])), None)
    body = lines[start + 1 : end]
    missing = []
    for key, line in zip(numbers, assignments(numbers), strict=True):
        if not (_replaced(body, rf"(\s*){key}\s*=\s*[^#\s]*(\s*(?:#.*)?)", line)) and not (
            _replaced(body, rf"()#{key} = [^#\s]*(\s*)", line)
        ):
            missing.append(line + end_of_line)
    rest = [] if end is None else lines[end:]
    return "\n".join([*lines[: start + 1], *missing, *body, *rest])


def _replaced(body: list[str], pattern: str, line: str) -> bool:
    """Whether a line of this form was there, which now says the other thing."""
    for at, old in enumerate(body):
        if (found := re.fullmatch(pattern, old)) is not None:
            body[at] = f"{found[1]}{line}{found[2]}"
            return True
    return False
