"""What of the running bot is shown to those who watch it: see adapters/monitoring."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from bot.app import App
from bot.config import Settings
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


def own_version() -> str:
    """Kaiwa's, as it is installed."""
    try:
        return version("kaiwa")
    except PackageNotFoundError:  # run from its sources
        return "unknown"
