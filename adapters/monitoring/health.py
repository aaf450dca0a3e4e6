"""Whether the bot is well: alive as long as it can answer this, ready when all of it serves.

The reasons are for an operator to read; no text, name or id of anybody is in them.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from adapters.monitoring.watched import Watched
from bot.errors import BotError

DATABASE_SECONDS = 2.0  # within which it has to answer


async def readiness(watched: Watched) -> tuple[bool, dict[str, Any]]:
    """Whether it serves everything that it should, and the state of each part."""
    database = await _database(watched)
    engine = _engine(watched)
    platforms = {
        name: {"ok": since is not None, "since": None if since is None else _moment(since)}
        for name, since in watched.meters.connected.items()
    }
    ready = all((database["ok"], engine["ok"], *(each["ok"] for each in platforms.values())))
    parts = {"database": database, "engine": engine, "platforms": platforms}
    return ready, {"ready": ready, **watched.about, **parts}


async def _database(watched: Watched) -> dict[str, Any]:
    if watched.database is None:
        return {"ok": False, "why": "not open yet"}
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            await watched.database.ping()
    except BotError as error:
        return {"ok": False, "why": error.english}
    except TimeoutError:
        return {"ok": False, "why": f"no answer within {DATABASE_SECONDS:.0f} s"}
    return {"ok": True}


def _engine(watched: Watched) -> dict[str, Any]:
    if watched.engine is None:
        return {"ok": False, "why": "the model is being loaded"}
    if watched.engine.ended():
        return {"ok": False, "why": "it has ended"}
    running, waiting = watched.engine.busy()
    return {"ok": True, "running": running, "waiting": waiting}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
