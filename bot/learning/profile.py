"""What people say of themselves: their level, their language, their zone, what they study.

Knows which settings there are and what is a value of one; not how they are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.errors import BotError, repeated
from bot.language import CHOICES, LANGUAGE
from bot.learning.calendar import ZONE, days_of, zone_named
from bot.level import LEVELS
from bot.ports import Caller, Store

LEVEL, STUDIES = "level", "studies"  # member settings, beside LANGUAGE and ZONE
LONGEST_STUDIES = 200  # characters


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing that people say of themselves. `checked` makes the stored value of what was
    typed, and raises BotError where that will not do."""

    name: str
    english: str
    japanese: str
    checked: Callable[[str], str]


def one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    """A check that a text is one of these."""

    def check(text: str) -> str:
        if text.lower() not in choices:
            raise BotError(
                f"That is one of {', '.join(choices)} or default, not {repeated(text)!r}.",
                f"{'、'.join(choices)}、default のどれかにしてください"
                f"（「{repeated(text)}」は使えません）。",
            )
        return text.lower()

    return check


def checked_zone(text: str) -> str:
    """The time zone that somebody names, also by its city alone. Raises BotError."""
    found = zone_named(text)
    if found is None:
        raise BotError(
            f"I know no time zone {repeated(text)!r}. Write one such as Asia/Tokyo or Berlin.",
            f"タイムゾーン「{repeated(text)}」がわかりません。"
            "Asia/Tokyo や Berlin のように書いてください。",
        )
    return found


def _studies(text: str) -> str:
    if len(text) > LONGEST_STUDIES:
        raise BotError(
            f"Please say it in {LONGEST_STUDIES} characters.",
            f"{LONGEST_STUDIES}文字以内で書いてください。",
        )
    return " ".join(text.split())


TRAITS = (
    Trait(LEVEL, "JLPT level", "JLPTレベル", one_of(LEVELS)),
    Trait(LANGUAGE, "language of what I tell you", "お知らせの言語", one_of(CHOICES)),
    Trait(ZONE, "time zone", "タイムゾーン", checked_zone),
    Trait(STUDIES, "what you study", "勉強していること", _studies),
)
BY_NAME = {trait.name: trait for trait in TRAITS}


async def level_of(store: Store, caller: Caller) -> str | None:
    """A person's level, as in `bot.level.LEVELS`; None where they told none."""
    level = (await store.member_settings(caller.platform, caller.user_id)).get(LEVEL)
    return level if level in LEVELS else None


async def zone_of(store: Store, caller: Caller) -> ZoneInfo:
    """Where a person is; DEFAULT_ZONE where they did not say."""
    return days_of(await store.member_settings(caller.platform, caller.user_id)).zone
