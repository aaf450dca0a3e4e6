"""The app is installed for a whole organization: one token for many workspaces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import yarl
from slack_sdk.oauth.installation_store import Bot

from adapters import absence
from adapters.slack.blocks import REGENERATE
from adapters.slack.transport.installations import Installations
from adapters.slack.transport.organizations import ForAnOrganization
from adapters.slack.transport.platform import SlackPlatform, look
from adapters.slack.transport.workspaces import Expiring
from bot.chat import Chat
from bot.messages import ConversationKey
from bot.tokens import SlackSecrets
from storage.database import Database
from storage.installations import SqlInstallations, new_key
from storage.store import SqlStore
from tests.adapters.slack.serving import secrets_of, serving, settings_for
from tests.adapters.slack.steps import finished
from tests.adapters.slack.test_take_up import SEEN
from tests.adapters.slack.transport import installing
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_api.objects import Organization
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer

pytestmark = pytest.mark.filterwarnings(
    "ignore:BasicAuth is deprecated:DeprecationWarning"  # slack_sdk's, in oauth.v2.access
)


@pytest.fixture
async def installed(tmp_path: Path) -> AsyncIterator[SqlInstallations]:
    """Where tokens are kept."""
    async with await Database.open(f"sqlite+aiosqlite:///{tmp_path}/installed.db") as database:
        yield SqlInstallations(database, new_key())


@pytest.fixture
def organization(server: SlackServer) -> Organization:
    """An organization of two workspaces, beside the one that the server has from the start."""
    server.installs.page = 1
    return server.world.organization("学園", "小学校", "中学校")


@pytest.fixture
def people(server: SlackServer, organization: Organization) -> list[Person]:
    """Somebody in each of its workspaces."""
    return [server.person(f"{team.name}の人", team=team) for team in organization.teams]


def secrets_of_many(server: SlackServer) -> SlackSecrets:
    """What the app has where workspaces install it."""
    given = (server.client_id, server.client_secret, "key")
    return SlackSecrets("", server.app_token, server.signing_secret, *given)


async def install(server: SlackServer, person: Person) -> None:
    """Install the app by its page."""
    base = server.pushes.url.removesuffix("/slack/events")
    async with aiohttp.ClientSession() as browser:
        async with browser.get(f"{base}/slack/install", allow_redirects=False) as page:
            state = yarl.URL(page.headers["Location"]).query["state"]
            cookies = "; ".join(f"{name}={each.value}" for name, each in page.cookies.items())
        target = f"{base}/slack/oauth_redirect?code={server.installs.code(person)}&state={state}"
        async with browser.get(target, headers={"Cookie": cookies}) as done:
            assert done.status == 200, await done.text()


async def answers(server: SlackServer, person: Person, text: str = "元気？") -> None:
    """Somebody asks and is answered."""
    (reply,) = await finished(server, person.dm, person.says(person.dm, text))
    assert reply.shown == text


async def test_an_organizations_token_speaks_in_each_of_its_workspaces(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    installed: SqlInstallations,
    organization: Organization,
    people: list[Person],
    generator: FakeGenerator,
) -> None:
    """Events, commands and buttons; what is said is kept for the workspace where it was said."""
    async with serving(
        server, chat, mode="http", secrets=secrets_of_many(server), installations=installed
    ):
        await install(server, people[0])
        assert list(await installed.installations("slack")) == [organization.id]
        for person in people:
            asked = person.says(person.dm, person.name)
            (reply,) = await finished(server, person.dm, asked)
            assert reply.shown == person.name
            key = ConversationKey("slack", person.team.id, person.dm.id, asked.ts)
            assert await store.reply_at(key, reply.ts) is not None
            helped = person.commands(person.dm, "/kaiwa", "help")
            assert person.presses(reply, REGENERATE)
            await server.until(lambda made=helped: made.acked and generator.requests)  # type: ignore[misc]
        await server.settled()
        assert not server.lost


async def test_what_was_missed_in_an_organizations_workspaces_is_answered(
    server: SlackServer,
    chat: Chat,
    store: SqlStore,
    installed: SqlInstallations,
    people: list[Person],
) -> None:
    """By the next start, which asks Slack which workspaces there are, page by page."""
    secrets = secrets_of_many(server)
    async with serving(server, chat, mode="http", secrets=secrets, installations=installed):
        await install(server, people[0])
        for person in people:
            await answers(server, person)
    await store.set_setting(SEEN, "seen", (datetime.now(UTC) - timedelta(minutes=5)).isoformat())
    server.deliveries.over = ("socket",)
    server.deliveries.waits, server.deliveries.retry_after = 0, ()
    asked = [person.says(person.dm, "留守中") for person in people]
    await server.settled()
    async with serving(server, chat, secrets=secrets, installations=installed):
        for person, question in zip(people, asked, strict=True):
            (reply,) = await finished(server, person.dm, question)
            assert reply.shown == "留守中"
    assert server.counts["auth.teams.list"] >= len(people)


async def test_an_organization_of_which_slack_does_not_tell_holds_up_no_other_workspace(
    server: SlackServer,
    chat: Chat,
    installed: SqlInstallations,
    organization: Organization,
    people: list[Person],
    tanaka: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was missed there is read at once, and in the organization once Slack tells."""
    monkeypatch.setattr(absence, "SEEN_SECONDS", 0.05)
    people[0].team.installed = True
    bot = Bot(
        bot_token=server.world.renew(people[0].team),
        bot_id=people[0].team.bot.bot_id or "",
        bot_user_id=people[0].team.bot.id,
        enterprise_id=organization.id,
        is_enterprise_install=True,
        installed_at=0.0,
    )
    await Installations(installed).async_save_bot(bot)
    await installing.install(server, installed)
    server.deliveries.waits, server.deliveries.retry_after = 0, ()
    asked = [(each, each.says(each.dm, "留守中")) for each in (tanaka, people[0])]
    await server.settled()
    server.faults.add("auth.teams.list", status=503, times=1_000)
    secrets = secrets_of_many(server)
    async with serving(server, chat, secrets=secrets, installations=installed):
        await finished(server, asked[0][0].dm, asked[0][1])
        assert not server.bot_messages(asked[1][0].dm)
        server.faults.relent()
        await finished(server, asked[1][0].dm, asked[1][1])


async def test_an_organization_that_removes_the_app_is_forgotten_and_one_workspace_is_not_all(
    server: SlackServer,
    chat: Chat,
    installed: SqlInstallations,
    organization: Organization,
    people: list[Person],
) -> None:
    """Slack tells of both alike."""
    first, second = people
    async with serving(
        server, chat, mode="http", secrets=secrets_of_many(server), installations=installed
    ):
        await install(server, first)
        for person in people:
            await answers(server, person)
        server.installs.uninstall(first.team)
        await server.settled()
        await answers(server, second, "まだいる？")
        assert list(await installed.installations("slack")) == [organization.id]
        server.advance(1)
        server.installs.uninstall_all(organization)
        async with asyncio.timeout(60):
            while await installed.installations("slack"):  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(0.01)


async def test_an_organizations_token_in_the_environment_is_refused_with_its_reason(
    server: SlackServer, chat: Chat, people: list[Person]
) -> None:
    """It does not say in which workspaces it speaks; `kaiwa check` says so too."""
    team = people[0].team
    team.installed = True
    secrets = SlackSecrets(server.world.renew(team), server.app_token, server.signing_secret)
    with pytest.raises(ForAnOrganization, match="whole organization"):
        await SlackPlatform(chat, settings_for(server), secrets, None, print).run()
    with pytest.raises(ForAnOrganization):
        await look(settings_for(server), secrets, None)


async def test_a_token_in_the_environment_that_expires_is_refused_with_its_reason(
    server: SlackServer, chat: Chat
) -> None:
    """Nothing there could renew it."""
    given = secrets_of(server)
    secrets = SlackSecrets("xoxe.xoxb-1-abc", given.app_token, given.signing_secret)
    with pytest.raises(Expiring, match="expires after 12 hours"):
        await SlackPlatform(chat, settings_for(server), secrets, None, print).run()
