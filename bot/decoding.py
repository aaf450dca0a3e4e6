"""Decoding settings that a channel can set for itself: their names, ranges and texts.

Knows how a value is checked and applied; not where it is kept.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.errors import BotError, repeated
from bot.messages import Sampling


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: a whole number or a decimal from `low` to `high`, both included."""

    name: str
    whole: bool
    low: float
    high: float
    english: str
    japanese: str


OPTIONS = (
    Option("temperature", False, 0.0, 5.0, "0 is always the likeliest word", "0で常に最も確かな語"),
    Option("top_p", False, 0.01, 1.0, "share of likely words to draw from", "候補にする確率の合計"),
    Option("top_k", True, 0, 1_000, "number of likely words; 0 is off", "候補の数（0で無効）"),
    Option("repetition_penalty", False, 0.5, 2.0, "above 1 avoids repeating", "1超で反復を抑制"),
    Option("max_new_tokens", True, 1, 4_096, "longest reply, in tokens", "返答の最大トークン数"),
)  # fmt: skip
BY_NAME = {option.name: option for option in OPTIONS}


def without_effect(name: str, stored: str | None, sampling: Sampling) -> tuple[str, str] | None:
    """Why a setting does nothing as things are, in both languages; None where it does something.

    `stored`: as it is set; `sampling`: what is in force with it.
    """
    if name == "max_new_tokens" and stored is not None and int(stored) > sampling.max_new_tokens:
        limit = sampling.max_new_tokens
        return (
            f"replies end at {limit} tokens all the same: my operator's limit, or a quarter of "
            "what the model can read",
            f"返答は{limit}トークンまでのままです（運営者の上限か、モデルが読める長さの4分の1）",
        )
    drawn = name in ("temperature", "top_p", "top_k")
    if drawn and name != "temperature" and sampling.temperature == 0:
        return (
            "without effect while temperature is 0, which always takes the likeliest word",
            "temperature が0の間は常に最も確かな語を選ぶので、効果がありません",
        )
    if drawn and name != "top_k" and sampling.top_k == 1:
        return (
            "without effect while top_k is 1, which leaves the likeliest word only",
            "top_k が1の間は最も確かな語しか残らないので、効果がありません",
        )
    return None


class BadSetting(BotError):
    """A setting that does not exist, or a value out of its range."""


def checked(name: str, value: str) -> str:
    """The value as it is to be stored. Raises BadSetting with what would be right."""
    option = BY_NAME.get(name)
    if option is None:
        name = repeated(name)
        near = difflib.get_close_matches(name, BY_NAME, n=1)
        names = ", ".join(BY_NAME)
        raise BadSetting(
            f"There is no setting {name!r}."
            + (f" Did you mean {near[0]!r}?" if near else f" There are: {names}."),
            f"「{name}」という設定はありません。"
            + (f"「{near[0]}」のことですか。" if near else f"設定できるもの：{names}"),
        )
    try:
        number = int(value) if option.whole else float(value)
    except ValueError:
        number = float("nan")
    if not option.low <= number <= option.high:  # also false for NaN
        value = repeated(value)
        kind = "a whole number" if option.whole else "a number"
        raise BadSetting(
            f"{name} must be {kind} from {option.low:g} to {option.high:g}, not {value!r}.",
            f"{name}は{option.low:g}から{option.high:g}までの"
            f"{'整数' if option.whole else '数'}にしてください（「{value}」は使えません）。",
        )
    return f"{number}"


def with_overrides(sampling: Sampling, overrides: Mapping[str, str]) -> Sampling:
    """`sampling` with a channel's stored settings in place of its own.

    A channel can shorten replies, never lengthen them past the operator's limit.
    """
    values = {
        name: (int if BY_NAME[name].whole else float)(value)
        for name, value in overrides.items()
        if name in BY_NAME
    }
    if "max_new_tokens" in values:
        values["max_new_tokens"] = min(values["max_new_tokens"], sampling.max_new_tokens)
    return replace(sampling, **values)  # type: ignore[arg-type]  # names are Sampling's own
