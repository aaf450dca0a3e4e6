"""What is said without being asked just now, on any platform: how its failing is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.outlet import MessageGone, Refused, TryAgain
from bot.errors import BotError


class CannotAnnounce(BotError):
    """A platform does not take what was to be said. `later`: it may another time."""

    def __init__(self, *, later: bool) -> None:
        super().__init__(
            "I could not write there. See that I am a member and may write.",
            "そこには書き込めませんでした。私がメンバーで、投稿できるか確かめてください。",
        )
        self.later = later


@contextmanager
def announcing() -> Iterator[None]:
    """Turn what outlets raise inside into BotErrors."""
    try:
        yield
    except TryAgain as error:
        raise CannotAnnounce(later=True) from error
    except (MessageGone, Refused) as error:
        raise CannotAnnounce(later=False) from error
