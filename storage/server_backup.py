"""A copy of a server's database as one file of SQLite's, and such a file put into a server's empty
database: the same files as `backup.py` makes, so that any copy can be put back anywhere.

What is copied is one moment, and others go on writing meanwhile. Rows are compared one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.errors import BotError
from bot.private import private_folder
from storage.backup import UNFINISHED, back_up, copy, file_errors, must_not_be_there
from storage.database import Database
from storage.errors import DatabaseTrouble
from storage.looking import look
from storage.moving import copied, move
from storage.restoring import must_be_there
from storage.sqlite_files import Contents, Stopped, never

_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


async def back_up_server(
    url: str, file: Path, *, replace: bool = False, stopped: Callable[[], bool] = never
) -> Contents:
    """Copy a server's database to a file; what is in it. A minute or so each million messages.

    Raises as `storage.backup.back_up` does.
    """

    def look_whether_to_stop() -> None:
        if stopped():
            raise Stopped

    must_not_be_there(file, replace)
    seen = await look(url)
    if seen.version is None or seen.old:
        raise BotError(
            "That database is empty, or of an older version. Start this version of Kaiwa on it "
            "once, or copy it with pg_dump.",
            "データベースが空か、古いバージョンです。このバージョンのKaiwaで一度起動するか、"
            "pg_dump でコピーしてください。",
        )
    with file_errors(file.parent):
        private_folder(file.parent)
        with TemporaryDirectory(prefix=UNFINISHED, dir=file.parent) as folder:
            made = Path(folder) / "kaiwa.db"
            try:
                async with (
                    Database.unmigrated(url) as giving,
                    await Database.open(f"sqlite+aiosqlite:///{made}") as taking,
                    giving.engine.execution_options(**_SNAPSHOT).begin() as source,
                    taking.write() as target,
                ):
                    await copied(source, target, go_on=look_whether_to_stop)
            except DatabaseTrouble as error:  # its own text is for those who talk with the bot
                raise BotError(f"Nothing was copied. {error.operator}", error.japanese) from error
            return back_up(made, file, replace=replace, stopped=stopped)


async def restore_server(file: Path, url: str) -> Contents:
    """Put a copy into a server's database, which must be empty. Raises BotError, after which it
    still is."""
    must_be_there(file)
    with file_errors(file.parent), TemporaryDirectory(prefix=UNFINISHED, dir=file.parent) as folder:
        verified, contents = copy(file, Path(folder))
        await move(f"sqlite+aiosqlite:///{verified}", url)
    return contents
