"""What is said without being asked just now, on any platform: how its failing is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from adapters.outlet import MessageGone, Refused, TryAgain
from bot.announcing import NotSaid
from bot.errors import BotError

_SENTENCES = (
    "I could not write there. See that I am a member and may write.",
    "そこには書き込めませんでした。私がメンバーで、投稿できるか確かめてください。",
)


class CannotAnnounce(BotError):
    """A platform does not take what was to be said."""

    def __init__(self) -> None:
        super().__init__(*_SENTENCES)


class NotNow(NotSaid):
    """A platform could not be reached, or takes nothing just now."""

    def __init__(self) -> None:
        super().__init__(*_SENTENCES)


@contextmanager
def announcing() -> Iterator[None]:
    """Turn what outlets raise inside into BotErrors, but for TryAgain where it may have been said
    all the same: nobody is to say it again."""
    try:
        yield
    except TryAgain as error:
        if error.perhaps_done and not isinstance(error.__cause__, aiohttp.ClientConnectorError):
            raise
        raise NotNow from error
    except (MessageGone, Refused) as error:
        raise CannotAnnounce from error
