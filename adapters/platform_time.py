"""What time it is on a platform, whatever this machine's clock says.

A platform stamps what is said by its own clock, and this machine's may be wrong by hours. How far
they are apart follows from the platform's answers to requests, which bear the time (HTTP's Date):
each was given after it was asked for and before it came in. As long as that allows it, the clocks
count as equal. It asks the platform for nothing.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import aiohttp

log = logging.getLogger(__name__)

_SECOND = timedelta(seconds=1)  # how exact a Date is
_WRONG = timedelta(seconds=30)  # from when on somebody is to set the clock


def machine_now() -> datetime:
    """This moment by the machine's clock, aware, in UTC."""
    return datetime.now(UTC)


class PlatformTime:
    """One platform's. `name` is for the log."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ahead = timedelta(0)  # of the machine's
        self._least, self._most = timedelta.min, timedelta.max  # what that may be
        self._told = False

    def now(self) -> datetime:
        """This moment, by the platform's clock."""
        return machine_now() + self._ahead

    def here(self, moment: datetime) -> datetime:
        """A moment of the platform's clock, by this machine's."""
        return moment - self._ahead

    def told(self, date: datetime, asked: datetime, came: datetime) -> None:
        """The platform said what time it was, between two moments of the machine's clock."""
        least, most = date - came, date + _SECOND - asked
        self._least, self._most = max(self._least, least), min(self._most, most)
        if self._least > self._most:  # a clock was set
            self._least, self._most = least, most
        equal = self._least <= timedelta(0) <= self._most
        self._ahead = timedelta(0) if equal else (self._least + self._most) / 2
        wrong = abs(self._ahead) > _WRONG
        if wrong and not self._told:
            how = "behind" if self._ahead > timedelta(0) else "ahead of"
            by = timedelta(seconds=round(abs(self._ahead).total_seconds()))
            log.warning(
                "this machine's clock is %s %s %s's: set it (timedatectl set-ntp true)",
                by,
                how,
                self._name,
            )
        self._told = wrong

    def heard_by(self, trace: aiohttp.TraceConfig) -> aiohttp.TraceConfig:
        """Have what listens to a session's requests to the platform hear the time, too."""
        trace.on_request_start.append(self._began)
        trace.on_request_end.append(self._ended)
        return trace

    async def _began(
        self, _session: object, request: SimpleNamespace, _start: aiohttp.TraceRequestStartParams
    ) -> None:
        request.asked = machine_now()

    async def _ended(
        self, _session: object, request: SimpleNamespace, end: aiohttp.TraceRequestEndParams
    ) -> None:
        if "Age" in end.response.headers:
            return  # it comes from a cache, and was said before
        try:
            date = parsedate_to_datetime(end.response.headers["Date"])
        except (KeyError, ValueError):  # some servers tell none
            return
        self.told(date.replace(tzinfo=date.tzinfo or UTC), request.asked, machine_now())
