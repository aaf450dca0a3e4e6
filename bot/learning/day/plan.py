"""When a channel is given what: the setting, and the moments that follow from it.

Pure: a moment in, a moment out. Knows no clock, no store and nothing of what is given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.errors import BotError, repeated
from bot.learning.calendar import DEFAULT_ZONE, zone_of_name
from bot.learning.profile import checked_zone
from bot.level import LEVELS

SETTING = "daily"  # the channel's setting
KINDS = ("word", "sentence", "topic")
WEEK = "week"  # the summary, beside the kinds
MONDAY = 0

# What was due is given as long after as this: a restart does not lose the day, and what was
# missed for longer is not made up.
LATE = timedelta(minutes=15)

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a channel is given each day. `zone`: a name of the IANA database."""

    at: time
    zone: str
    level: str
    kind: str

    def __str__(self) -> str:
        """As it is typed and stored."""
        return f"{self.at:%H:%M} {self.zone} {self.level} {self.kind}"

    def moment(self, day: date) -> datetime:
        """When it is due on a day, in UTC.

        A time that the clocks leave out in spring comes as much later as they do; of one that
        comes twice in autumn it is the first.
        """
        return datetime.combine(day, self.at, zone_of_name(self.zone)).astimezone(UTC)

    def today(self, now: datetime) -> date:
        """Which day it is where the channel is."""
        return now.astimezone(zone_of_name(self.zone)).date()

    def due(self, now: datetime) -> date | None:
        """The day whose post is to be given now; None where none is.

        A day before midnight may still be due after it.
        """
        today = self.today(now)
        for day in (today, today - timedelta(days=1)):
            if timedelta(0) <= now - self.moment(day) <= LATE:
                return day
        return None

    def following(self, now: datetime, *, given: bool) -> datetime:
        """When the next one is due. `given`: today's was given."""
        today = self.today(now)
        first = today + timedelta(days=1) if given else today
        days = (first + timedelta(days=number) for number in range(3))
        return next(moment for day in days if (moment := self.moment(day)) > now)


def read(text: str, *, level: str = "n5", zone_name: str = DEFAULT_ZONE) -> Plan:
    """The plan that is typed or stored like `08:30 Asia/Tokyo n4 word`; the time first, the rest
    in any order or left out. `level`, `zone_name`: where none is named. Raises BotError."""
    first, *rest = text.split()
    at = _TIME.fullmatch(first)
    if at is None:
        raise BotError(
            f"Begin with the time of the day, from 0:00 to 23:59; not {repeated(first)!r}. "
            "Like this: /daily 08:30 Asia/Tokyo n4 word",
            f"最初に時刻（0:00〜23:59）を書いてください（「{repeated(first)}」は使えません）。"
            "例：/daily 08:30 Asia/Tokyo n4 word",
        )
    found = {"zone": zone_name, "level": level, "kind": KINDS[0]}
    for word in rest:
        lower = word.lower()
        if lower in LEVELS:
            found["level"] = lower
        elif lower in KINDS:
            found["kind"] = lower
        else:
            found["zone"] = checked_zone(word)
    return Plan(time(int(at[1]), int(at[2])), **found)
