"""Who is logged in to the web page: links that are good once, and the sessions they become.

A secret is given away once and kept by nobody here: the store has its SHA-256, which is enough for
a random one. Knows no HTTP and no platform.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.learning.ports.sessions import Session, SessionStore
from bot.ports import Caller

LINK_MINUTES = 10
SECRET_BYTES = 32


def _now() -> datetime:
    return datetime.now(UTC)


class Logins:
    """Links and sessions. `url`: the page's public address, without a slash at its end."""

    def __init__(
        self,
        store: SessionStore,
        url: str,
        *,
        hours: float = 24.0,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.url = url
        self.lasting = timedelta(hours=hours)
        self._store = store
        self._clock = clock

    async def link(self, caller: Caller) -> str:
        """A link with which the caller logs in, once and soon; their earlier one is void."""
        secret, now = secrets.token_urlsafe(SECRET_BYTES), self._clock()
        until = now + timedelta(minutes=LINK_MINUTES)
        session = Session(
            caller.platform,
            caller.user_id,
            caller.name,
            caller.place,
            caller.administrator,
            now,
            until,
        )
        await self._store.add_session(hashed(secret), session, once=True)
        return f"{self.url}/login/{secret}"

    async def is_link(self, secret: str) -> bool:
        """Whether a link is still good; it stays so."""
        return await self._store.session(hashed(secret), once=True) is not None

    async def log_in(self, secret: str, before: str = "") -> tuple[str, Session] | None:
        """The secret of a new session, in place of the link's and of the browser's session
        `before`; None where the link is not good."""
        link = await self._store.use_link(hashed(secret))
        if link is None:
            return None
        if before:
            await self._store.end_session(hashed(before))
        fresh, now = secrets.token_urlsafe(SECRET_BYTES), self._clock()
        session = replace(link, created_at=now, expires_at=now + self.lasting)
        await self._store.add_session(hashed(fresh), session)
        return fresh, session

    async def session(self, secret: str) -> Session | None:
        """Whose session this is; None where it has ended."""
        return await self._store.session(hashed(secret)) if secret else None

    async def log_out(self, secret: str) -> None:
        """End a session."""
        await self._store.end_session(hashed(secret))


def hashed(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
