"""`SqlSessions`: the port SessionStore: logins to the web page."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, and_, delete, insert, select

from bot.learning.ports.sessions import Session
from bot.messages import ConversationKey
from storage.database import Database
from storage.learning.schema import WebSessionRow
from storage.statements import now

_COLUMNS: tuple[Any, ...] = (
    WebSessionRow.platform,
    WebSessionRow.user_id,
    WebSessionRow.name,
    WebSessionRow.place,
    WebSessionRow.administrator,
    WebSessionRow.created_at,
    WebSessionRow.expires_at,
)


class SqlSessions:
    """See bot.learning.ports.sessions for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_session(self, hash: str, session: Session, *, once: bool = False) -> None:
        """Keep it; a new link makes a person's earlier ones void."""
        row = {
            "secret": hash,
            "platform": session.platform,
            "user_id": session.user_id,
            "name": session.name,
            "place": json.dumps(asdict(session.place)),
            "administrator": session.administrator,
            "once": once,
            "created_at": session.created_at,
            "expires_at": session.expires_at,
        }
        earlier = and_(_whose(session.platform, session.user_id), WebSessionRow.once)
        async with self._database.write() as connection:
            await connection.execute(delete(WebSessionRow).where(WebSessionRow.expires_at <= now()))
            if once:
                await connection.execute(delete(WebSessionRow).where(earlier))
            await connection.execute(insert(WebSessionRow).values(row))

    async def session(self, hash: str, *, once: bool = False) -> Session | None:
        """What is valid now."""
        found = select(*_COLUMNS).where(_valid(hash, once))
        async with self._database.read() as connection:
            row = (await connection.execute(found)).one_or_none()
        return None if row is None else _session(row)

    async def use_link(self, hash: str) -> Session | None:
        """Take it in the statement that finds it."""
        taken = delete(WebSessionRow).where(_valid(hash, True)).returning(*_COLUMNS)
        async with self._database.write() as connection:
            row = (await connection.execute(taken)).one_or_none()
        return None if row is None else _session(row)

    async def end_session(self, hash: str) -> None:
        """Forget it."""
        ended = and_(WebSessionRow.secret == hash, WebSessionRow.once.is_(False))
        async with self._database.write() as connection:
            await connection.execute(delete(WebSessionRow).where(ended))

    async def end_sessions(self, platform: str, user_id: str) -> int:
        """Forget all of a person's."""
        async with self._database.write() as connection:
            ended = await connection.execute(delete(WebSessionRow).where(_whose(platform, user_id)))
        return ended.rowcount

    async def sessions_of(self, platform: str, user_id: str) -> list[Session]:
        """What is valid now, the newest first."""
        found = (
            select(*_COLUMNS)
            .where(
                _whose(platform, user_id),
                WebSessionRow.once.is_(False),
                WebSessionRow.expires_at > now(),
            )
            .order_by(WebSessionRow.created_at.desc())
        )
        async with self._database.read() as connection:
            return [_session(row) for row in await connection.execute(found)]


def _valid(hash: str, once: bool) -> Any:
    return and_(
        WebSessionRow.secret == hash,
        WebSessionRow.once.is_(once),
        WebSessionRow.expires_at > now(),
    )


def _whose(platform: str, user_id: str) -> Any:
    return and_(WebSessionRow.platform == platform, WebSessionRow.user_id == user_id)


def _session(row: Row[Any]) -> Session:
    platform, user_id, name, place, administrator, created_at, expires_at = tuple(row)
    where = ConversationKey(**json.loads(place))
    return Session(platform, user_id, name, where, administrator, created_at, expires_at)
