"""A PostgreSQL server for tests: found, started once for a run, and stopped behind its last user.

`empty_database()` gives the URL of a database in which nothing is, to tests (the fixture
`postgres_url`) and to commands alike; the workers of one run of tests share a server. It listens
on a socket in a folder of its own, flushes nothing, and is gone with the last process that asked
for it, however that ended.

`KAIWA_TEST_POSTGRES_URL` names a server to use instead, as somebody who may create databases:
postgresql+asyncpg://user:password@host/database.

    python -m tests.postgres     starts one, says its URL, and keeps it until Ctrl-C
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

T = TypeVar("T")
ELSEWHERE = "KAIWA_TEST_POSTGRES_URL"
WHY_NOT = (
    "no PostgreSQL server was found: apt install postgresql, pip install pgserver, "
    f"or name one in {ELSEWHERE}"
)
# Nothing here outlives the run, so nothing need reach a disk.
_OPTIONS = (
    "-c listen_addresses='' -c fsync=off -c full_page_writes=off -c synchronous_commit=off "
    "-c max_connections=300 -c wal_level=minimal -c max_wal_senders=0 -c autovacuum=off"
)
# Waits for the lock that every user of the server holds as long as it lives.
_UNTIL_UNUSED = (
    '{ flock "$0/used" true; "$1/pg_ctl" -D "$0/data" -m immediate -w stop; rm -rf "$0"; } &'
)
_numbers = count(1)
_held: list[int] = []  # files whose lock keeps the server up


class NoPostgres(Exception):
    """There is no server here; says how to get one."""


def empty_database(name: str = "") -> str:
    """The URL of a new database. Raises NoPostgres.

    Its name is `name`, in place of one that was there, or one that nobody has.
    """
    url = server_url()
    name = name or f"kaiwa_{os.getpid()}_{next(_numbers)}"
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    execute(url, drop, f'CREATE DATABASE "{name}" TEMPLATE template0')
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def execute(url: str, *statements: str) -> list[list[tuple[Any, ...]]]:
    """Run statements, each by itself; the rows of each. Also where an event loop is running."""

    async def run() -> list[list[tuple[Any, ...]]]:
        engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            done = [await connection.execute(text(statement)) for statement in statements]
            return [[tuple(row) for row in one] if one.returns_rows else [] for one in done]

    return in_a_thread(run())


def in_a_thread(work: Coroutine[Any, Any, T]) -> T:
    """Its result; not in the caller's thread, whose event loop may be running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@cache
def server_url() -> str:
    """The URL of the server's own database, started where it does not run. Raises NoPostgres."""
    if elsewhere := os.environ.get(ELSEWHERE):
        return elsewhere
    programs = _programs()
    if programs is None:
        raise NoPostgres(WHY_NOT)
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid()}-{time.time_ns()}"
    folder = Path(tempfile.gettempdir(), f"kaiwa-postgres-{run[-16:]}")
    _start(programs, folder)
    query = {"host": str(folder)}
    return URL.create(
        "postgresql+asyncpg", "kaiwa", database="postgres", query=query
    ).render_as_string()


def _programs() -> Path | None:
    """The folder with initdb, pg_ctl and postgres: Debian's newest, PATH's, or a package's."""
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin/initdb")
    found = sorted(debian, key=lambda path: int(path.parts[-3]), reverse=True)
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve())
    package = find_spec("pgserver")
    if package is not None and package.origin is not None:
        found.append(Path(package.origin).parent / "pginstall" / "bin" / "initdb")
    return next((path.parent for path in found if (path.parent / "postgres").exists()), None)


def _start(programs: Path, folder: Path) -> None:
    """Start the server of this folder, or use it where another process has started it."""
    account = _account()
    one_at_a_time = os.open(folder.parent, os.O_RDONLY)
    try:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        first = not folder.exists()
        if first:
            try:
                _initialise(programs, folder, account)
            except BaseException:
                shutil.rmtree(folder)
                raise
        _held.append(os.open(folder / "used", os.O_RDONLY))
        fcntl.flock(_held[-1], fcntl.LOCK_SH)
        if first:
            watch = ["sh", "-c", _UNTIL_UNUSED, str(folder), str(programs)]
            _run(watch, account, Path("/"))
    finally:
        os.close(one_at_a_time)


def _initialise(programs: Path, folder: Path, account: str | None) -> None:
    folder.mkdir(mode=0o700)
    (folder / "used").touch()
    if account:
        shutil.chown(folder, account)
    data = f"{folder}/data"
    kind = ["-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-U", "kaiwa", "--no-sync"]
    _run([str(programs / "initdb"), "-D", data, *kind], account, folder)
    # This user needs no password; others do, as on servers that people have.
    Path(data, "pg_hba.conf").write_text("local all kaiwa trust\nlocal all all scram-sha-256\n")
    start = ["-w", "-s", "-l", f"{folder}/log", "-o", f"-k {folder} {_OPTIONS}", "start"]
    _run([str(programs / "pg_ctl"), "-D", data, *start], account, folder)


def _account() -> str | None:
    """As whom the server runs, which refuses to be root's; None: as whoever this is."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _run(command: list[str], account: str | None, folder: Path) -> None:
    with tempfile.TemporaryFile() as said:  # not a pipe, which would stay open with the server
        done = subprocess.run(
            command,
            user=account,
            cwd=folder,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            timeout=120,
            start_new_session=True,  # Ctrl-C is not for the server
        )
        if done.returncode:
            said.seek(0)
            raise RuntimeError(f"{command[0]} failed: {said.read().decode(errors='replace')}")


def main() -> None:
    """Keep a server for somebody who tries things by hand."""
    print(empty_database("kaiwa"), flush=True)
    while True:
        time.sleep(3_600)


if __name__ == "__main__":
    main()
