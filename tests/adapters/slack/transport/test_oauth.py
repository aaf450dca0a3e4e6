"""Installing into several workspaces: the OAuth flow over sockets, and what is kept of it."""

from __future__ import annotations

import asyncio
import json
import logging
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncCallableAuthorize
from slack_bolt.error import BoltError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.transport.http import EventServer
from adapters.slack.transport.installations import Installations
from adapters.slack.transport.oauth import STATE_SECONDS, States, oauth_settings
from bot.errors import BotError
from storage.database import Database
from storage.installations import SqlInstallations
from tests.fakes.slack_server import SlackServer

pytestmark = pytest.mark.filterwarnings(
    "ignore:BasicAuth is deprecated:DeprecationWarning"  # slack_sdk's, in oauth.v2.access
)

log = logging.getLogger(__name__)
KEY = urlsafe_b64encode(bytes(range(32))).decode()
SCOPES = ("chat:write", "im:history")
REDIRECT = "https://bot.example/slack/oauth_redirect"


@pytest.fixture
async def secrets(tmp_path: Path) -> AsyncIterator[SqlInstallations]:
    """Where tokens are kept, in a file of its own."""
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db") as database:
        yield SqlInstallations(database, KEY)


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    """A Slack."""
    async with SlackServer(scopes=",".join(SCOPES)) as server:
        yield server
        assert not server.complaints


class Installed:
    """An app that can be installed, its endpoint, and a browser."""

    def __init__(self, slack: SlackServer, secrets: SqlInstallations) -> None:
        self.slack = slack
        self.store = Installations(secrets)
        self.clock = 0.0
        self.heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        client = AsyncWebClient(base_url=slack.api_url)
        settings = oauth_settings(
            slack.client_id,
            slack.client_secret,
            SCOPES,
            self.store,
            States(lambda: self.clock),
            redirect_uri=REDIRECT,
        )

        async def whose(enterprise_id: str | None, team_id: str | None) -> Any:
            bot = await self.store.async_find_bot(enterprise_id=enterprise_id, team_id=team_id)
            if bot is None:
                return None
            of = {"bot_token": bot.bot_token, "bot_id": bot.bot_id, "bot_user_id": bot.bot_user_id}
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, **of)

        # As the bot does it: Bolt takes it beside OAuth settings only in this form.
        authorize: Any = AsyncCallableAuthorize(logger=log, func=whose)
        self.app = AsyncApp(
            client=client,
            oauth_settings=settings,
            authorize=authorize,
            request_verification_enabled=False,
        )
        self.app.enable_token_revocation_listeners()
        self.app.event("message")(self._note)
        self.server = EventServer(self.app, slack.signing_secret, "127.0.0.1", 0)
        self._browser = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self.cookie = ""

    async def _note(self, event: dict[str, Any], client: AsyncWebClient) -> None:
        self.heard.put_nowait((event["text"], client.token or ""))

    async def __aenter__(self) -> Installed:
        await self.server.start()
        self.slack.listen_at(f"http://127.0.0.1:{self.server.port}/slack/events")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._browser.close()
        await self.server.close()

    async def get(self, path: str, **query: str) -> tuple[int, str, str]:
        """Status, text and Location of a page. Remembers the cookie, as a browser does."""
        url = f"http://127.0.0.1:{self.server.port}{path}"
        headers = {"Cookie": self.cookie} if self.cookie else {}
        async with self._browser.get(
            url, params=query, headers=headers, allow_redirects=False
        ) as answer:
            for cookie in answer.headers.getall("Set-Cookie", []):
                self.cookie = cookie.partition(";")[0]
                assert "Secure" in cookie and "HttpOnly" in cookie
            return answer.status, await answer.text(), answer.headers.get("Location", "")

    async def begin(self) -> dict[str, str]:
        """Open the page that begins an installation; what Slack is asked for."""
        status, _, location = await self.get("/slack/install")
        assert status == 302 and location.startswith("https://slack.com/oauth/v2/authorize?")
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    async def come_back(self, **query: str) -> tuple[int, str]:
        """Come back from Slack; status and text of the page."""
        status, text, _ = await self.get("/slack/oauth_redirect", **query)
        return status, text

    async def hears(self) -> tuple[str, str]:
        """What was said next, and the token that the bot would answer with."""
        async with asyncio.timeout(10):
            return await self.heard.get()


@pytest.fixture
async def bot(slack: SlackServer, secrets: SqlInstallations) -> AsyncIterator[Installed]:
    """The app, served."""
    async with Installed(slack, secrets) as bot:
        yield bot


async def test_a_workspace_installs_the_app_and_is_answered_with_its_own_token(
    bot: Installed, slack: SlackServer, secrets: SqlInstallations, tmp_path: Path
) -> None:
    """The token is kept, encrypted; nothing is asked for, or kept, of the one who installed."""
    school = slack.world.team("学校", installed=False)
    suzuki = slack.person("鈴木", team=school)
    changed: list[str] = []
    bot.store.changed = changed.append
    asked = await bot.begin()
    assert asked["client_id"] == slack.client_id and asked["redirect_uri"] == REDIRECT
    assert asked["scope"] == ",".join(SCOPES) and not asked.get("user_scope")
    status, page = await bot.come_back(state=asked["state"], code=slack.installs.code(suzuki))
    assert status == 200 and "インストールしました" in page and school.id in page
    assert await bot.store.teams() == changed == [school.id]
    secret = json.loads(await secrets.installation("slack", school.id) or "")
    assert secret["bot_token"] == school.token and secret["team_name"] == "学校"
    assert suzuki.id not in json.dumps(secret) and "user_token" not in secret
    on_disk = b"".join([file.read_bytes() for file in list_of(tmp_path)])
    assert school.token.encode() not in on_disk
    for text in ("やあ", "元気？"):
        suzuki.says(suzuki.dm, text)
        assert await bot.hears() == (text, school.token)
    assert slack.counts["auth.test"] == 1  # for the installation


def list_of(folder: Path) -> list[Path]:
    """The files of a folder."""
    return list(folder.iterdir())


async def test_a_state_is_good_once_in_the_browser_that_it_was_given_to(
    bot: Installed, slack: SlackServer
) -> None:
    """Nobody can make somebody else install into a workspace of theirs."""
    code = slack.installs.code(slack.person("田中"))
    state, cookie = (await bot.begin())["state"], bot.cookie
    assert (await bot.come_back(state=state, code=code))[0] == 200
    assert bot.cookie.endswith("=deleted")
    bot.cookie = cookie
    status, page = await bot.come_back(state=state, code=slack.installs.code(slack.person("田")))
    assert status == 401 and "invalid_state" in page and "/slack/install" in page
    assert slack.counts["oauth.v2.access"] == 1


@pytest.mark.parametrize("how", ["another browser", "not allowed", "no code"])
async def test_a_state_ends_with_its_return_also_where_that_is_refused(
    bot: Installed, slack: SlackServer, how: str
) -> None:
    """Whoever was refused begins again."""
    state, cookie = (await bot.begin())["state"], bot.cookie
    if how == "another browser":
        bot.cookie = ""
        status, page = await bot.come_back(state=state, code=slack.installs.code(slack.person("a")))
        assert status == 400 and "invalid_browser" in page
    elif how == "not allowed":
        assert "access_denied" in (await bot.come_back(state=state, error="access_denied"))[1]
    else:
        assert "missing_code" in (await bot.come_back(state=state))[1]
    bot.cookie = cookie
    status, page = await bot.come_back(state=state, code=slack.installs.code(slack.person("b")))
    assert status == 401 and "invalid_state" in page
    assert await bot.store.teams() == [] and not slack.counts["oauth.v2.access"]


async def test_what_goes_wrong_is_shown_and_nothing_is_kept(
    bot: Installed, slack: SlackServer
) -> None:
    """Never with a server's error, and with its reason as text."""
    status, page = await bot.come_back(error="<script>", state="x")
    assert status == 200 and "&lt;script&gt;" in page and "<script>" not in page
    assert (await bot.come_back())[0] == 400
    state = (await bot.begin())["state"]
    assert (await bot.come_back(state=state))[0] == 401
    for code, expected in (("wrong", "invalid_code"), (slack.installs.code(slack.person("a")), "")):
        state = (await bot.begin())["state"]
        bot.clock += STATE_SECONDS if not expected else 0
        status, page = await bot.come_back(state=state, code=code)
        assert status == 401 and (expected or "invalid_state") in page
    assert await bot.store.teams() == []


@pytest.mark.parametrize("error", [BoltError("full"), BotError("full", "満杯"), OSError("full")])
async def test_what_cannot_be_kept_is_logged_and_no_servers_error(
    bot: Installed,
    slack: SlackServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    """The one who installs may try again."""

    async def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(SqlInstallations, "save_installation", fail)
    state = (await bot.begin())["state"]
    code = slack.installs.code(slack.person("田中"))
    status, page = await bot.come_back(state=state, code=code)
    assert ("storage_error" in page) is not isinstance(error, OSError)
    assert status == 400 and "full" in caplog.text and slack.token not in caplog.text


@pytest.mark.parametrize("how", ["revoked", "uninstalled"])
async def test_a_workspace_that_removes_the_app_is_forgotten(
    bot: Installed, slack: SlackServer, how: str
) -> None:
    """tokens_revoked and app_uninstalled; the other workspaces stay."""
    school = slack.world.team("学校", installed=False)
    for person in (slack.person("田中"), slack.person("鈴木", team=school)):
        state = (await bot.begin())["state"]
        assert (await bot.come_back(state=state, code=slack.installs.code(person)))[0] == 200
    assert await bot.store.teams() == [slack.team.id, school.id]
    gone: asyncio.Queue[str] = asyncio.Queue()  # Bolt acknowledges first, and works then
    bot.store.changed = gone.put_nowait
    if how == "revoked":
        slack.installs.revoke(school.token)
    else:
        slack.installs.uninstall(school)
    await slack.settled()
    assert not slack.lost
    async with asyncio.timeout(10):
        assert await gone.get() == school.id
    assert await bot.store.teams() == [slack.team.id]
    found: dict[str, Any] = {"enterprise_id": None, "team_id": school.id}
    assert await bot.store.async_find_installation(**found) is None


async def test_many_who_begin_take_nobodys_state_away() -> None:
    """However often the page is opened; and nobody makes a state up, or another time for one."""
    states = States()
    first = await states.async_issue()
    for _ in range(30_000):
        await states.async_issue()
    made_up = ["made up", "", "..", "1.x.", "é.é.é", "9" + first, await States().async_issue()]
    assert not any([await states.async_consume(state) for state in made_up])
    assert await states.async_consume(first)
    assert not await states.async_consume(first)
