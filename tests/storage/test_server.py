"""A PostgreSQL server: how it is connected to, and what is said where that goes wrong."""

from __future__ import annotations

import asyncio
import logging
import sys

import pytest
from sqlalchemy import make_url, text

from bot.errors import BotError
from storage.database import Database
from storage.errors import DatabaseTrouble
from storage.looking import look
from storage.store import SqlStore
from storage.urls import parsed, place
from tests.fakes.incoming import CHANNEL, incoming
from tests.postgres import execute

SECRET = "s3cret/p@ss"
OURS = "FROM pg_stat_activity WHERE application_name = 'kaiwa' AND datname = current_database()"
END_ALL = f"SELECT pg_terminate_backend(pid) {OURS}"


def as_user(url: str, user: str, password: str | None = None, database: str | None = None) -> str:
    """The URL for somebody else, or of another database."""
    named = make_url(url).set(username=user, password=password)
    if database is not None:
        named = named.set(database=database)
    return named.render_as_string(hide_password=False)


async def refusal(url: str) -> BotError:
    """The error that opening this URL raises; no part of it has the password."""
    with pytest.raises(BotError) as raised:
        await Database.open(url)
    error: BaseException | None = raised.value
    while error is not None:
        assert "s3cret" not in f"{error!s} {error!r}"
        error = error.__cause__ or error.__context__
    return raised.value


async def test_what_is_wrong_with_a_login_is_said(postgres_url: str) -> None:
    """A password, a database's name, rights: each with what mends it, and where."""
    user = f"bot_{make_url(postgres_url).database}"
    execute(postgres_url, f"CREATE ROLE {user} LOGIN PASSWORD '{SECRET}'")
    wrong = await refusal(as_user(postgres_url, user, "s3cret, but wrong"))
    assert "refused the login" in wrong.english and place(make_url(postgres_url)) in wrong.japanese
    missing = await refusal(as_user(postgres_url, "kaiwa", database="nowhere"))
    assert "CREATE DATABASE" in missing.english and "/nowhere" in missing.japanese
    forbidden = await refusal(as_user(postgres_url, user, SECRET))
    assert "OWNER TO" in forbidden.english and "OWNER TO" in forbidden.japanese
    execute(postgres_url, f'ALTER DATABASE "{make_url(postgres_url).database}" OWNER TO {user}')
    async with await Database.open(as_user(postgres_url, user, SECRET)) as database:
        assert (await SqlStore(database).add_message(incoming("m1"))).is_new


async def test_who_looks_only_is_told_where_the_login_was_refused(postgres_url: str) -> None:
    """As `kaiwa check` does."""
    nowhere = as_user(postgres_url, "kaiwa", database="nowhere")
    with pytest.raises(BotError, match="CREATE DATABASE") as raised:
        await look(nowhere)
    assert "/nowhere" in raised.value.english


async def test_without_its_driver_one_line_says_how_to_get_it(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL is an extra."""
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    error = await refusal(as_user(postgres_url, "kaiwa", "s3cret"))
    assert error.english.endswith("pip install 'kaiwa[postgresql]'")
    assert "pip install 'kaiwa[postgresql]'" in error.japanese and "\n" not in error.english


async def test_connections_that_the_server_ended_are_made_anew(
    postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It was restarted: who asks next notices nothing, however many there were."""
    async with await Database.open(postgres_url) as database:
        store = SqlStore(database)
        stored = await store.add_message(incoming("m1"))
        await asyncio.gather(*(store.history(stored.conversation_id, limit=5) for _ in range(9)))
        (ended,) = await asyncio.to_thread(execute, postgres_url, END_ALL)
        assert len(ended) > 1
        while (await asyncio.to_thread(execute, postgres_url, f"SELECT 1 {OURS}"))[0]:
            pass  # their processes end
        many = (store.add_message(incoming(f"n{number}")) for number in range(9))
        assert all([(await adding).is_new for adding in many])
        assert await store.find(CHANNEL) == stored.conversation_id
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_a_transaction_whose_connection_ends_is_told_so_and_the_next_one_works(
    postgres_url: str,
) -> None:
    """It was not committed; nothing of the server is told to whom it is said."""
    async with await Database.open(postgres_url) as database:
        with pytest.raises(DatabaseTrouble) as raised:
            async with database.write() as connection:
                await connection.execute(text("DELETE FROM members"))
                await asyncio.to_thread(execute, postgres_url, END_ALL)
                await connection.execute(text("DELETE FROM members"))
        assert str(make_url(postgres_url).database) not in raised.value.both()
        assert (await SqlStore(database).add_message(incoming("m1"))).is_new


async def test_more_transactions_than_connections_wait_for_their_turn(postgres_url: str) -> None:
    """All are done, and the server has seen no more connections than a process may have."""
    async with await Database.open(postgres_url) as database:
        store = SqlStore(database)
        await asyncio.gather(*(store.add_message(incoming(f"m{number}")) for number in range(90)))
        here = await store.find(CHANNEL)
        assert here is not None and len(await store.history(here, limit=100)) == 90
        seen = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        ((count,),) = execute(postgres_url, seen)[0]
        assert 1 < count <= 26  # with the one that counts


@pytest.mark.parametrize(
    "url",
    [
        *["postgresql://u:s3cret@host", "postgresql://u:s3@cret@host/x"],
        *["postgresql://u:s3cret@host:port/x", "postgresql://u@host/x?password=s3cret"],
        *["postgresql://u:s3cret@host/x?ssl=maybe", "postgresql+psycopg://u:s3cret@host/x"],
    ],
)
async def test_a_servers_url_that_cannot_be_used_is_refused_without_a_word_of_it(url: str) -> None:
    """Nor is anything connected."""
    error = await refusal(url)
    assert "host" not in error.both().replace("@host/database", "") and "cret" not in error.both()


def test_a_url_is_understood_as_people_write_it() -> None:
    """Without the driver, and with libpq's name for encryption."""
    named = parsed("postgresql://u:p%40ss@host:5433/kaiwa?sslmode=require")
    assert named.drivername == "postgresql+asyncpg" and named.password == "p@ss"
    assert dict(named.query) == {"ssl": "require"} and place(named) == "host:5433/kaiwa"
