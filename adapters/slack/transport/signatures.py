"""Whether a request comes from Slack: its signature, its age, and that it was not taken before.

https://docs.slack.dev/authentication/verifying-requests-from-slack. It knows nothing of HTTP and
does not look into the body.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable

OLDEST = 300.0  # seconds that a timestamp may differ from the clock, either way
# From OLDEST ahead of the clock to OLDEST behind it: as long as one signature could be good.
REMEMBERED = 2 * OLDEST
MOST_REMEMBERED = 100_000

_DIGITS = 20  # more than any time has; int() is slow, or refuses, for very many


class Signatures:
    """Accepts each request of Slack's once. `clock` gives seconds since 1970."""

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        if not secret:
            raise ValueError("with an empty secret everybody could sign")
        self._secret = secret.encode()
        self._clock = clock
        self._accepted: OrderedDict[str, float] = OrderedDict()  # when, oldest first

    def accept(self, timestamp: str, signature: str, body: bytes) -> bool:
        """Whether a request with these headers and this body is to be answered, now.

        Slack signs each delivery anew, with its own time; so a signature that was accepted and
        comes again is a replay. The headers may be anything, "" where there is none.
        """
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= _DIGITS):
            return False
        now = self._clock()
        if abs(now - int(timestamp)) > OLDEST:
            return False
        signed = b"v0:" + timestamp.encode() + b":" + body
        right = "v0=" + hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        # As bytes: compare_digest raises for text that is not ASCII.
        if not hmac.compare_digest(right.encode(), signature.encode("utf-8", "replace")):
            return False
        self._forget_old(now)
        if right in self._accepted:
            return False
        self._accepted[right] = now
        return True

    def forget(self, signature: str) -> None:
        """Take back what was accepted: Slack may try again in the same second."""
        self._accepted.pop(signature, None)

    def _forget_old(self, now: float) -> None:
        """Make room. Only what Slack itself signed was ever remembered."""
        while self._accepted:
            oldest = next(iter(self._accepted.values()))
            if now - oldest <= REMEMBERED and len(self._accepted) < MOST_REMEMBERED:
                return
            self._accepted.popitem(last=False)
