"""A database's URL: read, and told of without its password. It opens nothing."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import BotError

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
# What may stand behind the ? of a server's: the socket's folder, encryption, the file that has the
# password, and what a proxy such as PgBouncer asks for.
_PARAMETERS = {
    "host",
    "passfile",
    "port",
    "ssl",
    "statement_cache_size",
    "prepared_statement_cache_size",
}
_ENCRYPTED = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}


def parsed(url: str) -> URL:
    """The URL with its async driver; BotError when it names no database that Kaiwa can use."""
    try:
        named = make_url(url)
    except (ArgumentError, ValueError):  # a port that is no number
        raise _unusable() from None  # its text may have a part of the password
    named = named.set(drivername=_DRIVERS.get(named.drivername, named.drivername))
    if named.drivername not in _DRIVERS.values():
        raise _unusable()
    if named.get_backend_name() == "postgresql":
        return _server(named)
    if named.database in (None, "", ":memory:"):
        # All tasks would share its one connection, and so each other's transactions.
        raise BotError(
            "A database in memory would forget everything. Name a file, for example "
            "sqlite+aiosqlite:///kaiwa.db.",
            "メモリ上のデータベースは使えません。sqlite+aiosqlite:///kaiwa.db のように"
            "ファイルを指定してください。",
        )
    return named


def place(url: URL) -> str:
    """What an error names: the file, or the database and its server, without user or password."""
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    named = url.query.get("host", "localhost")
    hosts = url.host or (named if isinstance(named, str) else ", ".join(named))
    port = f":{url.port}" if url.port else ""
    return f"{hosts}{port}/{url.database}"


def _server(url: URL) -> URL:
    """A server's URL as the driver takes it."""
    query = dict(url.query)
    if "sslmode" in query:  # libpq's name for it, which people copy
        query.setdefault("ssl", query.pop("sslmode"))
    known = query.keys() <= _PARAMETERS and query.get("ssl", "prefer") in _ENCRYPTED
    if not url.database or "@" in f"{url.host}{url.database}" or not known:
        raise _unusable()
    return url.set(query=query)


def _unusable() -> BotError:
    return BotError(
        "The storage URL cannot be used. Write sqlite+aiosqlite:///kaiwa.db or "
        "postgresql+asyncpg://user:password@host/database; special characters of a password are "
        "written as %40 (for @), %2F (for /) and so on.",
        "ストレージのURLは使えません。sqlite+aiosqlite:///kaiwa.db か "
        "postgresql+asyncpg://user:password@host/database の形で書いてください。"
        "パスワードの記号は %40（@）や %2F（/）のように書きます。",
    )
