"""Whether a request comes from Slack: its signature and its age.

https://docs.slack.dev/authentication/verifying-requests-from-slack. It knows nothing of HTTP and
does not look into the body.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable

OLDEST = 300.0  # seconds that a timestamp may differ from the clock, either way

_DIGITS = 20  # more than any time has; int() is slow, or refuses, for very many


class Signatures:
    """Tells what Slack signed from everything else. `clock` gives seconds since 1970."""

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        if not secret:
            raise ValueError("with an empty secret everybody could sign")
        self._secret = secret.encode()
        self._clock = clock

    def right(self, timestamp: str, signature: str, body: bytes) -> bool:
        """Whether Slack signed this body, and lately.

        The headers may be anything, "" where there is none.
        """
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= _DIGITS):
            return False
        if abs(self._clock() - int(timestamp)) > OLDEST:
            return False
        signed = b"v0:" + timestamp.encode() + b":" + body
        right = "v0=" + hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        # As bytes: compare_digest raises for text that is not ASCII.
        return hmac.compare_digest(right.encode(), signature.encode("utf-8", "replace"))
