"""Database errors in words that an operator or a user can act on.

The one place where SQLAlchemy's and the drivers' errors become `BotError`. Errors that nobody
but a programmer can mend (a constraint, wrong SQL) pass through unchanged. A file's name is
told only where the operator reads it, at start; users of a platform never see it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError, TimeoutError

from bot.errors import BotError


class _Problem(NamedTuple):
    """What the operator reads, with `{}` for the place, and what somebody on a platform does."""

    english: str
    japanese: str
    told: str
    told_japanese: str


_BUSY = _Problem(
    "The database{} is busy: another program holds it. Please try again in a moment.",
    "データベース{}は他のプログラムが使用中です。少し待ってからもう一度お試しください。",
    "My memory is busy: another program holds the database. Please try again in a moment.",
    "データベースは他のプログラムが使用中です。少し待ってからもう一度お試しください。",
)
_READ_ONLY = _Problem(
    "The database{} cannot be written to. Check the permissions of the file and its folder.",
    "データベース{}に書き込めません。ファイルとフォルダーの権限を確認してください。",
    "I can keep nothing new: the database cannot be written to. Please tell whoever runs me.",
    "データベースに書き込めないため、新しいことを保存できません。管理者に知らせてください。",
)
_FULL = _Problem(
    "The database{} cannot grow: the disk is full. Free some space and try again.",
    "データベース{}に書き込めません。ディスクがいっぱいです。空き容量を増やしてから、"
    "もう一度お試しください。",
    "I can keep nothing new just now: the disk is full. Please try again later.",
    "ディスクがいっぱいで、今は新しいことを保存できません。後でもう一度お試しください。",
)
_DAMAGED = _Problem(
    "The database{} is damaged or is not a database. End Kaiwa and restore a backup with "
    "`kaiwa restore FILE`, or move the file away to start with an empty one.",
    "データベース{}は壊れているか、データベースではありません。Kaiwaを終了し、"
    "`kaiwa restore ファイル` でバックアップを戻すか、ファイルを移動して新しく始めてください。",
    "Something is wrong with my memory: the database is damaged. Please tell whoever runs me.",
    "データベースが壊れているようです。管理者に知らせてください。",
)
_CANNOT_OPEN = _Problem(
    "The database{} cannot be opened. Check that its folder exists and that you may write there.",
    "データベース{}を開けません。フォルダーがあるか、書き込む権限があるか確認してください。",
    "I cannot open my memory (the database) just now. Please try again in a moment.",
    "今はデータベースを開けません。少し待ってからもう一度お試しください。",
)
_DISK = _Problem(
    "The disk failed while the database{} was in use. Check that it has space and is healthy.",
    "データベース{}の使用中にディスクのエラーが起きました。空き容量とディスクの状態を"
    "確認してください。",
    "Something is wrong with the disk that my memory is on. Please try again later.",
    "データベースのディスクに問題が起きました。後でもう一度お試しください。",
)
_UNREACHABLE = _Problem(
    "The database server{} cannot be reached or refused the login. Check that it runs and that "
    "the address, user and password are right.",
    "データベースサーバー{}に接続できません。サーバーが動いているか、アドレス、ユーザー名、"
    "パスワードが正しいか確認してください。",
    "I cannot reach my memory (the database server) just now. Please try again in a moment.",
    "今はデータベースサーバーに接続できません。少し待ってからもう一度お試しください。",
)

_MISSING = _Problem(
    "There is no database{}. Create it on its server: CREATE DATABASE kaiwa OWNER user",
    "データベース{}がありません。サーバーで作成してください：CREATE DATABASE kaiwa OWNER user",
    _UNREACHABLE.told,
    _UNREACHABLE.told_japanese,
)
_FORBIDDEN = _Problem(
    "The database{} does not let this user make and change tables. Make the user its owner: "
    "ALTER DATABASE kaiwa OWNER TO user",
    "データベース{}でテーブルを作成・変更する権限がありません。所有者にしてください："
    "ALTER DATABASE kaiwa OWNER TO user",
    _READ_ONLY.told,
    _READ_ONLY.told_japanese,
)
_CROWDED = _Problem(
    "The database server{} takes no more connections. Raise its max_connections (a process of "
    "Kaiwa opens up to 30), or end what else uses it.",
    "データベースサーバー{}の接続数が上限です。max_connections を増やすか（Kaiwaは1プロセスで"
    "最大30本使います）、他のプログラムを終了してください。",
    _BUSY.told,
    _BUSY.told_japanese,
)

_SQLITE = {
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_PERM": _READ_ONLY,
    "SQLITE_FULL": _FULL,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_CANTOPEN": _CANNOT_OPEN,
    "SQLITE_IOERR": _DISK,
}

_DETAIL = re.compile(r"\s*\bDETAIL:.*", re.DOTALL)
_ARGUMENT = re.compile(r"(query argument \$[0-9]+).*", re.DOTALL)

# https://www.postgresql.org/docs/current/errcodes-appendix.html: whole codes, or their class.
_SQLSTATE = {
    "3D000": _MISSING,
    "42501": _FORBIDDEN,
    "53100": _FULL,
    "53300": _CROWDED,
    "25006": _READ_ONLY,
    "40": _BUSY,
    "55": _BUSY,
    "08": _UNREACHABLE,
    "28": _UNREACHABLE,
    "3D": _UNREACHABLE,
    "57": _UNREACHABLE,
}


class DatabaseTrouble(BotError):
    """The database did not take or give something just now; nothing of it was done.

    Its text is for whoever asked; `operator` is for the log, and names no place.
    """

    def __init__(self, problem: _Problem) -> None:
        super().__init__(problem.told, problem.told_japanese)
        self.operator = problem.english.format("")


def busy() -> DatabaseTrouble:
    """Somebody else was in the way: it may be tried again."""
    return DatabaseTrouble(_BUSY)


class DatabaseClosed(BotError):
    """The database is closed, or was before a transaction ended, which was so rolled back."""

    def __init__(self) -> None:
        super().__init__(
            "The database is closed: the bot is shutting down. Please try again in a moment.",
            "データベースは閉じられました（ボットを終了しています）。"
            "少し待ってからもう一度お試しください。",
        )


def _texts(error: DBAPIError | TimeoutError | OSError) -> _Problem | None:
    """The English and Japanese text for an error that somebody can mend, else None."""
    if isinstance(error, TimeoutError):  # no connection of the pool became free
        return _BUSY
    if isinstance(error, OSError):  # a driver's connect; its other errors are the database's
        return _UNREACHABLE
    cause = error.orig
    state = str(getattr(cause, "sqlstate", None) or "")
    texts = _of_sqlite(cause) or _SQLSTATE.get(state) or _SQLSTATE.get(state[:2])
    return texts or (_UNREACHABLE if error.connection_invalidated else None)


def in_words(error: Exception) -> str:
    """What an error of the database or of SQLite means, for the log."""
    known = isinstance(error, DBAPIError | TimeoutError)
    problem = _texts(error) if known else _of_sqlite(error)  # type: ignore[arg-type]
    return f"{type(error).__name__}." if problem is None else problem.english.format("")


def _of_sqlite(error: BaseException | None) -> _Problem | None:
    """The texts for an error of SQLite's own."""
    # Extended codes such as SQLITE_READONLY_DIRECTORY begin with their primary code.
    return _SQLITE.get("_".join(str(getattr(error, "sqlite_errorname", "")).split("_")[:2]))


def is_busy(error: DBAPIError) -> bool:
    """Whether somebody else held the database for too long."""
    return _texts(error) is _BUSY


class MigrationFailed(BotError):
    """A database could not be brought to this version; that was rolled back, whole."""

    def __init__(self, error: DBAPIError) -> None:
        _hide_values(error)
        problem = _texts(error)
        english = japanese = " ".join(str(error.orig).split())[:300]
        if problem is not None:
            english, japanese = problem.english.format(""), problem.japanese.format("")
        super().__init__(
            "The database could not be brought to this version of Kaiwa. Nothing was changed: the "
            f"version before still works with it. {english}",
            "データベースをこのバージョンのKaiwaに更新できませんでした。何も変更していないので、"
            f"前のバージョンはそのまま使えます。{japanese}",
        )


@contextmanager
def as_bot_errors(place: str = "") -> Iterator[None]:
    """Turn the database's errors into `BotError`, for the operator; `place` is the file or address
    to name. Without one somebody else reads them: DatabaseTrouble."""
    try:
        yield
    except (DBAPIError, TimeoutError, OSError) as error:
        _hide_values(error)
        texts = _texts(error)
        if texts is None:
            raise
        raise (_named(texts, place) if place else DatabaseTrouble(texts)) from error


@contextmanager
def sqlite_errors(place: str) -> Iterator[None]:
    """Turn errors of SQLite's own into `BotError`; `place` is the file to name."""
    try:
        yield
    except sqlite3.Error as error:
        texts = _of_sqlite(error)
        if texts is None:
            raise
        raise _named(texts, place) from error


def _hide_values(error: BaseException | None) -> None:
    """Leave no row's values in an error and its causes: the log shall have none.

    SQLite's errors have none. PostgreSQL's name the failing row in their detail, and asyncpg
    the argument that it could not send.
    """
    while error is not None:
        error.args = tuple(_valueless(a) if isinstance(a, str) else a for a in error.args)
        if getattr(error, "detail", None):
            error.detail = None  # type: ignore[attr-defined]  # asyncpg's have it
        if isinstance(error, DBAPIError):
            _hide_values(error.orig)
        error = error.__cause__ or error.__context__


def _valueless(text: str) -> str:
    return _ARGUMENT.sub(r"\1", _DETAIL.sub("", text))


def cannot_open(place: str) -> BotError:
    """The error for a file that the database could not open."""
    return _named(_CANNOT_OPEN, place)


def _named(texts: _Problem, place: str) -> BotError:
    return BotError(texts.english.format(f" {place}"), texts.japanese.format(f"（{place}）"))
