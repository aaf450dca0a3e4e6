"""How long messages are kept: the operator's default, and each channel's own.

Knows how a channel's wish is read and bounded; forgetting what is too old is forgetting.py's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import BotError, repeated
from bot.notices import Notice

RETENTION = "retention"  # the channel's setting
FOREVER = "forever"
_LONGEST = 36_500  # days


class BadRetention(BotError):
    """What is no number of days, or is longer than the operator allows."""


@dataclass(frozen=True, slots=True)
class Retention:
    """`days`: of every channel that sets none; None: until somebody deletes them. `longer`:
    whether a channel may keep for longer than that."""

    days: int | None = None
    longer: bool = False

    def of(self, settings: Mapping[str, str]) -> int | None:
        """For how many days a channel with these settings keeps; None: until deleted."""
        return self._of(settings.get(RETENTION))

    def _of(self, wish: str | None) -> int | None:
        if wish is None:
            return self.days
        wanted = None if wish == FOREVER else min(int(wish), _LONGEST)
        if self.days is None or self.longer:
            return wanted
        return self.days if wanted is None else min(self.days, wanted)

    def before(self, wish: str | None, now: datetime) -> datetime | None:
        """What was said before then is too old; None: nothing is."""
        days = self._of(wish)
        return None if days is None else now - timedelta(days=days)

    def checked(self, text: str) -> str:
        """A channel's wish as it is to be stored. Raises BadRetention."""
        wish = text.strip().lower().lstrip("0")
        if wish != FOREVER and not (
            wish.isascii() and wish.isdigit() and 1 <= int(wish[:9]) <= _LONGEST
        ):
            raise BadRetention(
                f"Write a number of days from 1 to {_LONGEST:,}, forever or default, not "
                f"{repeated(text)!r}.",
                f"1から{_LONGEST:,}までの日数、forever、default のどれかにしてください。",
            )
        wish = wish if wish == FOREVER else str(int(wish))
        if self._of(wish) != (None if wish == FOREVER else int(wish)):
            raise BadRetention(
                f"My operator allows at most {self.days} days here.",
                f"運営者の設定で、保存は{self.days}日までです。",
            )
        return wish


def told(days: int | None) -> Notice:
    """For how long messages are kept, as a sentence."""
    if days is None:
        return Notice(
            "Messages here are kept until somebody deletes them.",
            "ここのメッセージは、誰かが削除するまで保存します。",
        )
    return Notice(
        f"Messages here are kept for {days} days and then deleted.",
        f"ここのメッセージは{days}日間保存し、そのあと削除します。",
    )
