"""What is wrong with settings, told in one line each, in English and in Japanese.

Never shows a setting's value, since it may hold a password. Knows no particular setting: the
sections come as pydantic models.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.errors import BotError

Problem = tuple[str, str]  # English, Japanese
Sections = Mapping[str, type[BaseModel]]


class ConfigError(BotError):
    """The settings cannot be used: a line a problem, each beginning with its place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(en for en, _ in problems), "\n".join(ja for _, ja in problems))


def _settings(sections: Sections) -> list[tuple[str, str]]:
    return [(name, key) for name, section in sections.items() for key in section.model_fields]


def file_problems(file: str, document: Mapping[str, Any], sections: Sections) -> Iterator[Problem]:
    """What is wrong with the file alone. Types are taken strictly, since TOML has them."""
    for section, values in document.items():
        place = f"{file}: [{shown(section)}]"
        if section in sections and isinstance(values, dict):
            values = {key: _tuples(value) for key, value in values.items()}
            try:
                sections[section].model_validate(values, strict=True)
            except ValidationError as error:
                for e in error.errors(include_url=False, include_input=False):
                    key, *items = e["loc"]
                    if e["type"] == "extra_forbidden":
                        yield _unknown(
                            f"{place} {shown(str(key))}", _suggest(sections, section, str(key))
                        )
                    else:
                        yield _describe(f"{place} {key}{_item(items)}", e)
        elif section in sections:
            yield f"{place}: must be a section.", f"{place}: セクションにしてください。"
        elif isinstance(values, dict):
            near = get_close_matches(section.lower()[:60], sections, n=1) or sections
            yield _unknown(place, [f"[{name}]" for name in near])
        else:
            yield _unknown(f"{file}: {shown(section)}", _suggest(sections, "", section))


def _suggest(sections: Sections, section: str, key: str) -> list[str]:
    """What an unknown key of the file may have been meant to be."""
    if best := _nearest(_settings(sections), section, key):
        return [best[1] if best[0] == section else "[{}] {}".format(*best)]
    if key.lower() == "token":  # taken from the environment only: a file is shown around
        return [f"KAIWA_{section.upper()}_TOKEN in the environment"]
    return [k for s, k in _settings(sections) if s == section] or [f"[{s}]" for s in sections]


def unknown_variables(sections: Sections) -> Iterator[Problem]:
    """Variables that look like a setting's and are none: mistyped, as a rule."""
    known = {_variable(*setting) for setting in _settings(sections)}
    for name in sorted(os.environ):
        parts = re.fullmatch(r"KAIWA_([A-Z0-9_]+?)__([A-Z0-9_]+)", name, re.IGNORECASE | re.ASCII)
        if parts and name.upper() not in known:
            best = _nearest(_settings(sections), parts[1], parts[2])
            yield _unknown(name, [_variable(*best)] if best else sorted(known))


def variable_problem(error: ErrorDetails) -> Problem:
    """A complaint of pydantic's about a variable's value."""
    names = [str(part) for part in error["loc"][:2]]  # a section alone, or with its key
    return _describe(_variable(*names) + _item(error["loc"][2:]), error)


def _variable(section: str, key: str = "") -> str:
    return f"KAIWA_{section}__{key}".upper().removesuffix("__")


def _item(indices: Sequence[int | str]) -> str:
    """Which item of a list, counted from 1: ` #2`, or ` #2.1` for one within it."""
    return " #" + ".".join(str(int(index) + 1) for index in indices) if indices else ""


def _tuples(value: Any, depth: int = 2) -> Any:
    """TOML's lists as the tuples that settings hold, as deep as settings go."""
    if isinstance(value, list) and depth:
        return tuple(_tuples(item, depth - 1) for item in value)
    return value


def _describe(place: str, error: ErrorDetails) -> Problem:
    """A complaint of pydantic's about the value at `place`."""
    english, japanese = _WORDS.get(error["type"], ("{message}", "値が正しくありません"))
    details = {"message": error["msg"], **error.get("ctx", {})}
    numbers = {k: int(v) for k, v in details.items() if isinstance(v, float) and v.is_integer()}
    details |= numbers  # "more than 0", not "more than 0.0"
    choices = str(details.get("expected", "")).replace(" or ", "、").replace(", ", "、")
    return (
        f"{place}: {english.format(**details)}.",
        f"{place}: {japanese.format(**details | {'expected': choices})}。",
    )


def _unknown(place: str, near: Sequence[str]) -> Problem:
    """There is no such setting; `near` is what may have been meant, or all there is."""
    if len(near) == 1:
        return (
            f"{place} is not a setting. Did you mean {near[0]}?",
            f"{place} という設定はありません。{near[0]} のことですか。",
        )
    known = ", ".join(near)
    return (
        f"{place} is not a setting. Known: {known}.",
        f"{place} という設定はありません。使えるもの: {known}",
    )


_PLATFORMS = {"discord", "slack"}  # of two of them, one's key is not meant for the other


def _nearest(settings: Iterable[tuple[str, str]], section: str, key: str) -> tuple[str, str] | None:
    """The (section, key) whose name comes closest, the key counting most; None if none is close."""

    def likeness(a: str, b: str) -> float:
        # Cut, since the time grows with the square of the length.
        return SequenceMatcher(None, a.lower()[:60], b).ratio()

    other_platforms = _PLATFORMS - {section} if section in _PLATFORMS else set()
    settings = [setting for setting in settings if setting[0] not in other_platforms]
    best = max(settings, key=lambda s: likeness(section, s[0]) + 2 * likeness(key, s[1]))
    return best if likeness(key, best[1]) >= 0.6 else None


def shown(name: str) -> str:
    """A name from outside, made fit for a line of a terminal."""
    cut = name if len(name) <= 200 else name[:199] + "…"
    return cut if cut.isprintable() else ascii(cut)


_WHOLE = ("must be a whole number", "整数にしてください")
_NUMBER = ("must be a number", "数にしてください")
_SWITCH = ("must be true or false", "true か false にしてください")
_LIST = (
    'must be a list, such as ["a", "b"]; its items may be lists too',
    '["a", "b"] のようなリストにしてください（要素がリストの場合もあります）',
)
_WORDS = {
    "form": ("{english}", "{ja}"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": ("must be a finite number", "有限の数にしてください"),
    "bool_type": _SWITCH,
    "bool_parsing": _SWITCH,
    "string_type": ("must be a text in quotes", "引用符で囲んだ文字列にしてください"),
    "string_too_short": ("must not be empty", "空にはできません"),
    "literal_error": ("must be {expected}", "次のどれかにしてください: {expected}"),
    "greater_than": ("must be more than {gt}", "{gt}より大きくしてください"),
    "greater_than_equal": ("must be {ge} or more", "{ge}以上にしてください"),
    "less_than_equal": ("must be {le} or less", "{le}以下にしてください"),
    "tuple_type": _LIST,
    "missing": ("is missing", "がありません"),
    "too_long": (
        "has {actual_length} items, and must have {max_length}",
        "要素が{actual_length}個ありますが、{max_length}個にしてください",
    ),
    "model_type": (
        "is a whole section; set one of its keys, such as KAIWA_MODEL__ID",
        "セクション全体です。KAIWA_MODEL__ID のように、その中の設定を指定してください",
    ),
}
