"""What every SessionStore must do: logins to the web page, known by a hash."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.learning.ports.sessions import Session
from bot.messages import ConversationKey
from storage.store import SqlStore

NOW = datetime.now(UTC).replace(microsecond=0)
HOME = ConversationKey("discord", "1", "2", "3")
SESSION = Session("discord", "u1", "田中", HOME, True, NOW, NOW + timedelta(hours=1))


async def test_a_session_is_found_by_its_hash_alone_and_as_it_was(store: SqlStore) -> None:
    """With the place from which it was asked for; ending it is for good."""
    await store.add_session("a", SESSION)
    assert await store.session("a") == SESSION
    assert await store.session("b") is None
    await store.end_session("a")
    assert await store.session("a") is None


async def test_a_link_is_taken_once_and_is_no_session(store: SqlStore) -> None:
    """Looking at it takes nothing."""
    await store.add_session("a", SESSION, once=True)
    assert await store.session("a") is None
    assert await store.session("a", once=True) == SESSION
    await store.end_session("a")
    assert await store.use_link("a") == SESSION
    assert await store.use_link("a") is None
    assert await store.session("a", once=True) is None


async def test_a_session_cannot_be_used_as_a_link(store: SqlStore) -> None:
    """Nor does it go when somebody tries."""
    await store.add_session("a", SESSION)
    assert await store.use_link("a") is None
    assert await store.session("a") == SESSION


async def test_a_new_link_makes_the_earlier_one_void(store: SqlStore) -> None:
    """That person's only, and no session."""
    await store.add_session("session", SESSION)
    await store.add_session("old", SESSION, once=True)
    await store.add_session("other", replace(SESSION, user_id="u2"), once=True)
    await store.add_session("new", SESSION, once=True)
    assert await store.session("old", once=True) is None
    assert await store.session("new", once=True) and await store.session("other", once=True)
    assert await store.session("session")


async def test_what_has_expired_is_as_if_it_were_not_there(store: SqlStore) -> None:
    """Links and sessions."""
    past = replace(SESSION, expires_at=NOW - timedelta(seconds=1))
    await store.add_session("session", past)
    assert await store.session("session") is None
    await store.add_session("link", past, once=True)
    assert await store.use_link("link") is None
    assert await store.sessions_of("discord", "u1") == []


async def test_a_persons_logins_are_ended_together(store: SqlStore) -> None:
    """Links too; nobody else's, nor the same id's on another platform."""
    await store.add_session("a", SESSION)
    await store.add_session("b", SESSION, once=True)
    await store.add_session("c", replace(SESSION, platform="slack"))
    later = replace(SESSION, created_at=NOW + timedelta(minutes=1))
    await store.add_session("d", later)
    assert await store.sessions_of("discord", "u1") == [later, SESSION]
    assert await store.end_sessions("discord", "u1") == 3
    assert await store.sessions_of("discord", "u1") == []
    assert await store.session("c")
