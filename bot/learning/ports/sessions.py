"""Logins to the web page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.messages import ConversationKey


@dataclass(frozen=True, slots=True)
class Session:
    """Whose a login is. `place`: where they asked for it; `administrator`: they administered that
    then. `name`: as others see them. Both moments are aware UTC."""

    platform: str
    user_id: str
    name: str
    place: ConversationKey
    administrator: bool
    created_at: datetime
    expires_at: datetime


class SessionStore(Protocol):
    """Logins to the web page: one-time links, and the sessions that they become.

    Known by a hash of their secret, which nobody can make a secret of. What has expired is as if
    it were not there.
    """

    async def add_session(self, hash: str, session: Session, *, once: bool = False) -> None:
        """Keep a session, or a link that is good `once`. A person's earlier links are void then,
        and what has expired is forgotten."""

    async def session(self, hash: str, *, once: bool = False) -> Session | None:
        """The session with this hash, or the link; it stays."""

    async def use_link(self, hash: str) -> Session | None:
        """Take a link, so that nobody else can; None where it was taken."""

    async def end_session(self, hash: str) -> None:
        """Forget a session."""

    async def end_sessions(self, platform: str, user_id: str) -> int:
        """Forget all of a person's, links too; how many there were."""

    async def sessions_of(self, platform: str, user_id: str) -> list[Session]:
        """A person's, the newest first; no links."""
