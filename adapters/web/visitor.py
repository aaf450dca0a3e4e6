"""Who looks at a page: whose login it is, and what they want to see.

Knows no HTTP beyond the names of cookies.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from bot.learning.ports.sessions import Session
from bot.messages import ConversationKey
from bot.ports import Caller

PLATFORM = "web"
WORKSPACE = "@web"  # of all conversations here; each is one person's
READINGS = ("all", "n5", "n4", "n3", "n2", "n1", "off")  # a level: only words above it have them
READING_COOKIE = "kaiwa_readings"
_CSRF_BYTES = 16


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is logged in. `secret`: of their session; `readings`: one of READINGS."""

    secret: str
    session: Session
    japanese: bool
    readings: str = "all"

    @property
    def person(self) -> str:
        """Who they are on this platform: whoever they are on their own."""
        return f"{self.session.platform}:{self.session.user_id}"

    @property
    def conversation(self) -> ConversationKey:
        """Their conversation with the bot on this page."""
        return ConversationKey(PLATFORM, WORKSPACE, self.person)

    @property
    def caller(self) -> Caller:
        """Who gives a command here."""
        session = self.session
        return Caller(
            self.conversation,
            session.user_id,
            session.administrator,
            session.name,
            self.japanese,
            session.place,
        )

    @property
    def caller_at_home(self) -> Caller:
        """The same, giving a command where they came from."""
        session = self.session
        return Caller(
            session.place, session.user_id, session.administrator, session.name, self.japanese
        )

    def csrf(self) -> str:
        """What a form of theirs carries, each time another text."""
        return masked(self.secret)


def masked(secret: str) -> str:
    """A token that proves to know the secret and does not tell it: no two are the same, so that
    the length of a compressed page tells nothing of it."""
    pad = secrets.token_bytes(_CSRF_BYTES)
    return (pad + _xor(pad, _proof(secret))).hex()


def proves(secret: str, token: str) -> bool:
    """Whether a token was made by `masked` with this secret."""
    try:
        whole = bytes.fromhex(token)
    except ValueError:
        return False
    pad, rest = whole[:_CSRF_BYTES], whole[_CSRF_BYTES:]
    if len(rest) != _CSRF_BYTES:
        return False
    return hmac.compare_digest(_xor(pad, rest), _proof(secret))


def _proof(secret: str) -> bytes:
    return hmac.digest(secret.encode("utf-8", "surrogatepass"), b"kaiwa form", hashlib.sha256)[
        :_CSRF_BYTES
    ]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
