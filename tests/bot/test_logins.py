"""Links to the web page and the sessions they become, and /web, which gives one."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.chat import Chat
from bot.commands import command
from bot.errors import BotError
from bot.logins import LINK_MINUTES, Logins, hashed
from bot.messages import ConversationKey
from bot.notices import Notice
from bot.ports import Caller
from storage.store import SqlStore

URL = "http://127.0.0.1:8765"
GUILD = ConversationKey("discord", "1", "2")
TANAKA = Caller(GUILD, "u1", administrator=True, name="田中")


@dataclass(slots=True)
class Clock:
    """A clock that a test sets; the store's goes on."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def secret_of(link: str) -> str:
    """What is secret in a link."""
    assert link.startswith(f"{URL}/login/")
    return link.removeprefix(f"{URL}/login/")


async def test_a_link_logs_its_person_in_once(store: SqlStore) -> None:
    """With their name, the place from which they came, and whether they administer it."""
    logins = Logins(store, URL, hours=2)
    secret = secret_of(await logins.link(TANAKA))
    assert await logins.is_link(secret) and await logins.is_link(secret)
    taken = await logins.log_in(secret)
    assert taken is not None
    session = await logins.session(taken[0])
    assert session == taken[1]
    assert session is not None
    assert (session.user_id, session.name, session.place) == ("u1", "田中", GUILD)
    assert session.administrator
    assert session.expires_at - session.created_at == timedelta(hours=2)
    assert await logins.log_in(secret) is None
    assert await logins.session(secret) is None


async def test_a_link_is_good_for_ten_minutes(store: SqlStore) -> None:
    """One from before that is not."""
    clock = Clock(timedelta(minutes=-LINK_MINUTES, seconds=-1))
    logins = Logins(store, URL, clock=clock)
    secret = secret_of(await logins.link(TANAKA))
    assert not await logins.is_link(secret)
    assert await logins.log_in(secret) is None
    clock.ahead = timedelta(minutes=-LINK_MINUTES + 1)
    assert await logins.log_in(secret_of(await logins.link(TANAKA)))


async def test_logging_in_makes_a_new_secret_and_ends_the_browsers_session(
    store: SqlStore,
) -> None:
    """A session that somebody put into the browser before is worth nothing after."""
    logins = Logins(store, URL)
    first = await logins.log_in(secret_of(await logins.link(TANAKA)))
    assert first is not None
    second = await logins.log_in(secret_of(await logins.link(TANAKA)), first[0])
    assert second is not None and second[0] != first[0]
    assert await logins.session(first[0]) is None
    await logins.log_out(second[0])
    assert await logins.session(second[0]) is None


async def test_no_secret_is_kept(store: SqlStore, tmp_path: Path) -> None:
    """Whoever reads the database cannot log in."""
    logins = Logins(store, URL)
    secret = secret_of(await logins.link(TANAKA))
    with sqlite3.connect(tmp_path / "kaiwa.db") as database:
        (kept,) = database.execute("SELECT secret FROM web_sessions").fetchone()
    database.close()
    assert kept == hashed(secret)
    assert await logins.log_in(kept) is None


async def given(chat: Chat, caller: Caller, text: str = "/web") -> Notice:
    """What a command says."""
    answer = command(chat, caller, text)
    assert answer is not None
    (notice,) = [event async for event in answer]
    assert isinstance(notice, Notice)
    return notice


@pytest.mark.parametrize("text", ["/web", "/ウェブ"])
async def test_the_command_gives_a_link_to_one_person_alone(
    chat: Chat, store: SqlStore, text: str
) -> None:
    """In private, and where that is not possible not at all."""
    chat.logins = Logins(store, URL)
    notice = await given(chat, TANAKA, text)
    assert notice.secret
    taken = await chat.logins.log_in(secret_of(str(notice.detail)))
    assert taken is not None and taken[1].administrator


@pytest.mark.parametrize(
    "direct",
    [ConversationKey("discord", "@me", "9"), ConversationKey("slack", "T1", "D1")],
    ids=["discord", "slack"],
)
async def test_who_asks_in_direct_messages_administers_nothing(
    chat: Chat, store: SqlStore, direct: ConversationKey
) -> None:
    """There everybody may change what concerns them alone; the page shows more than that."""
    chat.logins = Logins(store, URL)
    notice = await given(chat, Caller(direct, "u1", administrator=True))
    taken = await chat.logins.log_in(secret_of(str(notice.detail)))
    assert taken is not None and not taken[1].administrator


async def test_where_there_is_no_page_the_command_says_so(chat: Chat) -> None:
    """In private."""
    with pytest.raises(BotError, match="no web page") as refused:
        await given(chat, TANAKA)
    assert refused.value.private
