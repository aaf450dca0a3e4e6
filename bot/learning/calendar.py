"""A person's days: they change at four in the morning, where the person is.

Who studies past midnight still does today's reviews. A moment is aware, a day is a date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

ZONE = "zone"  # a setting of members: a name of IANA's
DEFAULT_ZONE = "Asia/Tokyo"
DAY_BEGINS = 4  # o'clock


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Days:
    """The days of somebody who is in a zone."""

    zone: ZoneInfo

    def day(self, moment: datetime) -> date:
        """The day that a moment belongs to."""
        there = moment.astimezone(self.zone).replace(tzinfo=None)
        return (there - timedelta(hours=DAY_BEGINS)).date()

    def begins(self, day: date) -> datetime:
        """The moment at which a day begins, in UTC."""
        return datetime.combine(day, time(DAY_BEGINS), self.zone).astimezone(UTC)

    def ends(self, day: date) -> datetime:
        """The moment at which the next one begins, in UTC."""
        return self.begins(day + timedelta(days=1))


def days_of(settings: Mapping[str, str]) -> Days:
    """The days of somebody with these settings."""
    return Days(zone_of_name(settings.get(ZONE, DEFAULT_ZONE)))


def zone_named(text: str) -> str | None:
    """The zone that somebody means by "Europe/Berlin", "berlin" or "new york"; None where there is
    none. Reads the folder of all zones the first time, some 50 ms."""
    wanted = "_".join(text.split()).lower()
    return _zones().get(wanted)


@cache
def _zones() -> Mapping[str, str]:
    """Zones by their names, and by their cities where there is one of that name."""
    names = sorted(available_timezones(), key=lambda name: (name.count("/") != 1, name))
    found: dict[str, str] = {}
    for name in names:
        if "/" in name and not name.startswith(("Etc/", "posix/", "right/")):
            found.setdefault(name.rpartition("/")[2].lower(), name)
    return found | {name.lower(): name for name in names}


@cache
def zone_of_name(name: str) -> ZoneInfo:
    """The zone of that name, or the default's where this machine's zones lack it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(DEFAULT_ZONE)
