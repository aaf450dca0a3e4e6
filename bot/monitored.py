"""What of the running bot is shown to those who watch it: see adapters/monitoring."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from bot.app import App
from bot.config import Settings
from bot.home import shown_place
from bot.meters import Meters

if TYPE_CHECKING:
    from adapters.monitoring.watched import Watched


@asynccontextmanager
async def monitored(settings: Settings, meters: Meters) -> AsyncIterator[Watched]:
    """What is watched, and can be asked for while this is entered where the settings want it.

    Raises BotError where it cannot listen.
    """
    from adapters.monitoring.watched import Watched

    about = {
        "version": own_version(),
        "model": settings.model.id,
        "backend": settings.engine.backend,
    }
    watched = Watched(meters, about)
    if not settings.monitoring.enabled:
        yield watched
        return
    from adapters.monitoring.server import monitoring

    async with monitoring(settings.monitoring, watched):
        yield watched


def watch(watched: Watched, app: App) -> None:
    """Watch a bot whose parts are built."""
    from adapters.monitoring.watched import Database, Engine

    engine = app.engine

    def cached() -> int:
        return engine.stats.cached_tokens if hasattr(engine, "stats") else 0

    watched.engine = Engine(engine.totals, app.busy, cached, lambda: engine.is_closed)
    watched.database = Database(app.database.times, app.database.ping)
    watched.about["device"] = engine.device


def started(watched: Watched, platforms: Iterable[str], settings: Settings) -> str:
    """What runs here, in a line."""
    about = watched.about
    return (
        f"Kaiwa {about['version']}: model {about['model']} on {about['device']}, "
        f"{', '.join(platforms)}, data in {shown_place(settings.storage.url)}"
    )


def served(watched: Watched) -> str | None:
    """What is served, in words; None where no platform is yet."""
    connected = watched.meters.connected
    if not any(connected.values()) or watched.engine is None:
        return None
    names = ", ".join(
        name if since is not None else f"{name} (away)" for name, since in connected.items()
    )
    return f"Serving {names}"


def stuck(watched: Watched) -> float:
    """For how many seconds the engine has been at its present step."""
    began = None if watched.engine is None else watched.engine.totals.step_began
    return 0.0 if began is None else time.monotonic() - began


def own_version() -> str:
    """Kaiwa's, as it is installed."""
    try:
        return version("kaiwa")
    except PackageNotFoundError:  # run from its sources
        return "unknown"
