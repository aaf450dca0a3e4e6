"""How a PostgreSQL server is connected to. Nothing is connected before it is needed.

A connection that the server has closed (it was restarted, an administrator ended it) is seen as
closed as soon as that has arrived, so it is looked at when it is taken from the pool: SQLAlchemy's
own "pre-ping" would ask the server, three ways more for each transaction.
"""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import URL, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.errors import BotError

# A process has so many transactions at once; more wait for their turn. A server takes 100
# connections unless it is told otherwise, so three processes fit.
CONNECTIONS = 20
_MORE = 5  # in a rush, closed after it
_WAIT_SECONDS = 30.0  # for a connection to become free
_CONNECT_SECONDS = 10.0
_AGE_SECONDS = 1_800.0  # after that a connection is made anew: a firewall may have dropped it
_STATEMENTS = 500  # that are kept prepared, of each connection

log = logging.getLogger(__name__)


class NoDriver(BotError):
    """The package that speaks to PostgreSQL is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL needs another package. Install it with: pip install 'kaiwa[postgresql]'",
            "PostgreSQLには追加のパッケージが必要です：pip install 'kaiwa[postgresql]'",
        )


def server_engine(url: URL) -> AsyncEngine:
    """An engine for a server's URL. Raises NoDriver."""
    if "prepared_statement_cache_size" not in url.query:
        url = url.update_query_dict({"prepared_statement_cache_size": str(_STATEMENTS)})
    try:
        engine = create_async_engine(
            url,
            pool_size=CONNECTIONS,
            max_overflow=_MORE,
            pool_timeout=_WAIT_SECONDS,
            pool_recycle=_AGE_SECONDS,
            pool_use_lifo=True,  # those that a rush needed are left alone, and grow old
            connect_args={
                "timeout": _CONNECT_SECONDS,
                # To compile a statement takes longer than any of these runs.
                "server_settings": {"application_name": "kaiwa", "jit": "off"},
            },
            hide_parameters=True,  # an error, and so the log, has no message's text
        )
    except ImportError as error:
        raise NoDriver from error
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Have the pool make another in place of a connection that the server has closed."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
