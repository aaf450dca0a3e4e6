"""Tokens that expire: renewed before they do, once each, and never lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.transport.installations import Installations
from adapters.slack.transport.rotation import Rotation
from bot.chat import Chat
from bot.errors import BotError
from bot.tokens import SlackSecrets
from storage.database import Database
from storage.installations import SqlInstallations, new_key
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished
from tests.adapters.slack.transport.installing import install
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer

pytestmark = pytest.mark.filterwarnings(
    "ignore:BasicAuth is deprecated:DeprecationWarning"  # slack_sdk's, in oauth.v2.access
)
SOON, EXPIRED = 3_600, -60  # seconds that a token has
RENEW = "oauth.v2.access"


@pytest.fixture
async def installed(tmp_path: Path) -> AsyncIterator[SqlInstallations]:
    """Where tokens are kept."""
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/installed.db") as database:
        yield SqlInstallations(database, new_key())


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.slack.transport.rotation.LOOK_SECONDS", 0.02)


def secrets_of(server: SlackServer) -> SlackSecrets:
    """What the app has where workspaces install it."""
    given = (server.client_id, server.client_secret, "key")
    return SlackSecrets("", server.app_token, server.signing_secret, *given)


async def kept(server: SlackServer, installed: SqlInstallations) -> Bot:
    """The token that is in the database."""
    bot = await Installations(installed).bot(server.team.id)
    assert bot is not None
    return bot


async def until_kept(
    server: SlackServer, installed: SqlInstallations, holds: Callable[[Bot], bool]
) -> Bot:
    """Wait until the database has such a token."""
    async with asyncio.timeout(60):
        while not holds(bot := await kept(server, installed)):  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.01)
    return bot


async def answers(server: SlackServer, person: Person, text: str = "元気？") -> None:
    """Somebody asks and is answered."""
    (reply,) = await finished(server, person.dm, person.says(person.dm, text))
    assert reply.shown == text


async def test_a_token_is_renewed_before_it_expires_though_nothing_is_said(
    server: SlackServer,
    chat: Chat,
    installed: SqlInstallations,
    tanaka: Person,
    tmp_path: Path,
) -> None:
    """It is kept, encrypted, and the bot speaks with it when the old one is good no more."""
    old = await install(server, installed, expires_in=SOON)
    async with serving(server, chat, secrets=secrets_of(server), installations=installed):
        new = await until_kept(server, installed, lambda bot: bot.bot_token != old.bot_token)
        assert new.bot_token == server.token and new.bot_refresh_token != old.bot_refresh_token
        assert new.installed_at == old.installed_at
        server.world.expired.add(old.bot_token)
        await answers(server, tanaka)
        assert server.counts[RENEW] == 1
    on_disk = b"".join([file.read_bytes() for file in files(tmp_path)])
    for secret in (new.bot_token, new.bot_refresh_token, old.bot_refresh_token):
        assert secret and secret.encode() not in on_disk


def files(folder: Path) -> list[Path]:
    """The files of a folder."""
    return list(folder.iterdir())


async def test_a_reply_under_way_goes_on_with_the_new_token(
    server: SlackServer,
    chat: Chat,
    installed: SqlInstallations,
    tanaka: Person,
    generator: Any,
) -> None:
    """The token expires while it is written."""
    old = await install(server, installed, expires_in=43_200)
    more = asyncio.Event()
    generator.script = [["はい、", more, "終わりです。"]]
    async with serving(server, chat, secrets=secrets_of(server), installations=installed):
        asked = tanaka.says(tanaka.dm, "長い話")
        await server.until(lambda: server.bot_messages(tanaka.dm, asked.ts))
        soon = await kept(server, installed)
        soon.bot_token_expires_at = soon.bot_token_expires_at - 43_200 + SOON  # type: ignore[operator]
        await Installations(installed).keep(server.team.id, soon)
        await until_kept(server, installed, lambda bot: bot.bot_token != old.bot_token)
        server.world.expired.add(old.bot_token)
        more.set()
        (reply,) = await finished(server, tanaka.dm, asked)
        assert reply.shown == "はい、終わりです。"


async def test_many_who_ask_at_once_renew_a_token_once(
    server: SlackServer, installed: SqlInstallations
) -> None:
    """What renews it is good once: a second request with it would be refused."""
    await install(server, installed, expires_in=SOON)
    rotation = Rotation(
        Installations(installed),
        lambda: AsyncWebClient(base_url=server.api_url),
        *(server.client_id, server.client_secret),
        lambda *_: None,
    )
    found = await asyncio.gather(*(rotation.bot(server.team.id) for _ in range(8)))
    assert {bot.bot_token for bot in found if bot} == {server.token}
    assert server.counts[RENEW] == 1 and (await kept(server, installed)).bot_token == server.token


async def test_a_refusal_is_logged_once_and_the_workspace_counts_as_not_installed(
    server: SlackServer,
    chat: Chat,
    installed: SqlInstallations,
    tanaka: Person,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Until the app is installed there again."""
    await install(server, installed, expires_in=EXPIRED)
    server.installs.token(server.team)  # what the bot has is not the newest
    server.faults.add(RENEW, error="invalid_refresh_token")
    async with serving(server, chat, secrets=secrets_of(server), installations=installed):
        server.deliveries.retry_after = ()
        unheard = [tanaka.says(tanaka.dm, text) for text in ("一", "二")]
        await server.settled()
        told = [r.getMessage() for r in caplog.records if "does not renew" in r.getMessage()]
        assert len(told) == 1 and server.team.id in told[0] and "Install the app" in told[0]
        assert server.counts[RENEW] == 1
        assert not any(server.bot_messages(tanaka.dm, asked.ts) for asked in unheard)
        await install(server, installed, expires_in=43_200)
        await answers(server, tanaka, "三")


@pytest.mark.parametrize("expires_in", [SOON, EXPIRED])
async def test_where_slack_cannot_be_reached_it_is_tried_again(
    server: SlackServer,
    chat: Chat,
    installed: SqlInstallations,
    tanaka: Person,
    expires_in: int,
) -> None:
    """The old token speaks meanwhile; where it has expired, Slack sends the event again."""
    old = await install(server, installed, expires_in=expires_in)
    for status in (503, 0, 429):
        server.faults.add(RENEW, status=status)
    async with serving(server, chat, secrets=secrets_of(server), installations=installed):
        await answers(server, tanaka)
        await until_kept(server, installed, lambda bot: bot.bot_token != old.bot_token)


async def test_a_new_token_that_cannot_be_stored_yet_is_not_lost(
    server: SlackServer,
    chat: Chat,
    installed: SqlInstallations,
    tanaka: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What renewed it is used up: the bot speaks with what it has, and stores it later."""
    old = await install(server, installed, expires_in=SOON)
    save, full = SqlInstallations.save_installation, 3

    async def fail(*given: Any) -> None:
        nonlocal full
        full -= 1
        if full >= 0:
            raise BotError("the disk is full", "ディスクがいっぱいです")
        await save(*given)

    monkeypatch.setattr(SqlInstallations, "save_installation", fail)
    async with serving(server, chat, secrets=secrets_of(server), installations=installed):
        await server.until(lambda: server.counts[RENEW] == 1)
        server.world.expired.add(old.bot_token)
        await answers(server, tanaka)
        await until_kept(server, installed, lambda bot: bot.bot_token == server.token)
        assert server.counts[RENEW] == 1
