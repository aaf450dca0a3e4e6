"""What /privacy says of the settings in force."""

from __future__ import annotations

from typing import Any

import pytest

from bot import privacy
from bot.app import handling
from bot.chat import Chat
from bot.config import EngineSettings, Settings, StorageSettings, WebSettings
from bot.handling import Handling, loopback
from bot.messages import ConversationKey
from bot.notices import Notice
from bot.ports import Caller
from tests.fakes.generator import FakeGenerator

CALLER = Caller(ConversationKey("console", "home", "general"), "u1")


async def said(chat: Chat, settings: Settings) -> Notice:
    """What /privacy says."""
    chat.handling = handling(settings)
    (notice,) = [each async for each in privacy.privacy(chat, CALLER, "")]
    assert isinstance(notice, Notice)
    return notice


async def test_hosts_to_which_prompts_go_are_named_and_nothing_else_of_their_addresses(
    chat: Chat, generator: FakeGenerator
) -> None:
    """Each once; the bot's own machine as such."""
    urls = ("http://127.0.0.1:8000/v1", "http://[::1]:1/v1", "https://gpu.example/secret/v1")
    generator.remote = True
    engine = EngineSettings(backend="openai", base_urls=(*urls, urls[0]))
    notice = await said(chat, Settings(engine=engine))
    assert "model: 127.0.0.1 (the same machine), ::1 (the same machine), gpu.example." in (
        notice.english
    )
    assert "127.0.0.1（同じマシン）、::1（同じマシン）、gpu.example" in notice.japanese
    assert "with names" not in notice.english
    for text in (notice.english, notice.japanese):
        assert "8000" not in text and "secret" not in text


async def test_servers_that_are_named_but_not_used_are_not_told_of(chat: Chat) -> None:
    """The model runs here."""
    notice = await said(chat, Settings(engine=EngineSettings(base_urls=("http://a.example/v1",))))
    assert "nowhere else" in notice.english and "a.example" not in notice.english


@pytest.mark.parametrize(
    ("section", "values", "english", "japanese"),
    [
        ("chat", {"attachment_bytes": 0}, "do not read what is in files", "読みません"),
        ("chat", {"attachment_bytes": 2048}, "up to 2,048 bytes", "2,048バイトまで"),
        ("web", {"enabled": True, "port": 8765}, "http://127.0.0.1:8765", "24時間"),
        ("web", {"enabled": True, "url": "https://k.example/"}, "https://k.example.", "k.example"),
        ("storage", {"backup_folder": "b", "backup_keep": 9}, "newest 9 copies", "新しい9個"),
        ("prompt", {}, "no text of any message", "文章は書きません"),
    ],
)
async def test_each_setting_that_matters_is_told(
    chat: Chat, section: str, values: dict[str, Any], english: str, japanese: str
) -> None:
    """In both languages, as it is in force."""
    notice = await said(chat, Settings.model_validate({section: values}))
    assert english in notice.english
    assert japanese in notice.japanese


async def test_what_is_not_so_is_not_said(chat: Chat) -> None:
    """No page, no copies, no other host."""
    notice = await said(chat, Settings(web=WebSettings(), storage=StorageSettings()))
    for nothing in ("web page", "cop", "database is on", "servers"):
        assert nothing not in notice.english.replace("/me. /export", "")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("postgresql+asyncpg://me:hunter2@db.example:5432/kaiwa", "db.example"),
        ("postgresql+asyncpg://me:hunter2@/kaiwa?host=db.example", "db.example"),
        ("postgresql+asyncpg://me:hunter2@127.0.0.1/kaiwa", None),
        ("postgresql+asyncpg:///kaiwa?host=/run/postgresql", None),
        ("sqlite+aiosqlite:///kaiwa.db", None),
    ],
)
async def test_a_database_elsewhere_is_named_without_its_password(
    chat: Chat, url: str, host: str | None
) -> None:
    """The settings are made past their own check, whatever that allows."""
    settings = Settings()
    settings = settings.model_copy(
        update={"storage": settings.storage.model_copy(update={"url": url})}
    )
    notice = await said(chat, settings)
    assert ("The database is on" in notice.english) is (host is not None)
    if host:
        assert host in notice.english and host in notice.japanese
    assert "hunter2" not in notice.english


def test_this_machine_is_known_by_all_its_names() -> None:
    """And no other by a name that looks like it."""
    assert all(loopback(each) for each in ("", "localhost", "127.0.0.2", "::1", "[::1]"))
    assert not any(loopback(each) for each in ("0.0.0.0", "127.0.0.1.example", "10.0.0.1"))


def test_where_nothing_is_known_nothing_is_claimed() -> None:
    """As of a chat that was put together without settings."""
    nothing = Handling()
    assert nothing.taken_in() is None
    assert nothing.readers(remote=True).english.endswith("to run the language model.")
