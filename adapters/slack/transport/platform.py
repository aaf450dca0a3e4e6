"""Connecting to Slack: the login, how events come in, and what to do when it fails.

Implements `bot.ports.Platform`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import Any

from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackApiError

from adapters.absence import Absence
from adapters.controls import Controls
from adapters.delivery import Deliveries
from adapters.intake import Intake
from adapters.platform_time import PlatformTime
from adapters.slack.access import Access
from adapters.slack.announcing import SlackAnnouncer
from adapters.slack.catch_up import SlackPast
from adapters.slack.errors import NO_TOKEN, UNREACHABLE, code_of
from adapters.slack.events import Events
from adapters.slack.hearing import Hearing
from adapters.slack.home import Home
from adapters.slack.incoming import PLATFORM
from adapters.slack.interactions import Interactions
from adapters.slack.listeners import build_app
from adapters.slack.places import Places
from adapters.slack.transport.http import EVENTS_PATH, EventServer
from adapters.slack.transport.installations import Installations
from adapters.slack.transport.manifest import scopes
from adapters.slack.transport.oauth import INSTALL_PATH, States, oauth_settings
from adapters.slack.transport.sockets import FIRST_PAUSE, LONGEST_PAUSE, Changed, SocketConnection
from adapters.slack.transport.workspaces import Workspaces
from bot.chat import Chat
from bot.config import ATTACHMENT_BYTES, SlackSettings
from bot.errors import BotError
from bot.ports import InstallationStore
from bot.tokens import SLACK_APPS, SlackSecrets

log = logging.getLogger(__name__)

# What comes in no more for so long Slack delivers again by itself.
SHORT_PAUSE = timedelta(seconds=30)

Say = Callable[[str], None]


class WrongToken(BotError):
    """Slack does not know a token. `variable` is where it is set."""

    def __init__(self, variable: str, code: str) -> None:
        super().__init__(
            f"Slack does not accept {variable} ({code}). Copy it anew from your app's pages at "
            f"{SLACK_APPS}; after a change of its scopes, install the app again.",
            f"{variable} が Slack に受け付けられません（{code}）。{SLACK_APPS} のアプリのページから"
            "コピーし直してください。スコープを変えたあとは、再インストールが必要です。",
        )


async def look(
    settings: SlackSettings, secrets: SlackSecrets, installations: InstallationStore | None
) -> str:
    """Who the bot is to Slack, for `kaiwa check`. Raises BotError where it cannot log in."""
    store = None if installations is None else Installations(installations)
    async with Workspaces(settings.api_url, secrets, store) as workspaces:
        try:
            if settings.mode == "socket":
                await _try_app_token(workspaces, secrets)
            workspace = await workspaces.login()
        except SlackApiError as error:
            raise _wrong(error) from error
        except UNREACHABLE as error:
            raise _unreachable(error) from error
        how = "Socket Mode" if settings.mode == "socket" else f"http on port {settings.port}"
        if workspace is None:
            return f"{len(await workspaces.all())} workspaces, {how}"
        return f"{workspace.name}, {how}"


class SlackPlatform:
    """The bot on Slack, from `run` to `close`."""

    def __init__(
        self,
        chat: Chat,
        settings: SlackSettings,
        secrets: SlackSecrets,
        installations: InstallationStore | None,
        say: Say,
        *,
        attachment_bytes: int = ATTACHMENT_BYTES,
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._store = None if installations is None else Installations(installations)
        self._say = say
        self._chat = chat
        threads = settings.reply_in == "thread"
        self._hearing = Hearing(
            chat.store,
            Access(settings),
            Places(settings, readings=chat.study.available),
            threads=threads,
            attachment_bytes=attachment_bytes,
        )
        self._deliveries = Deliveries(chat, settings.edit_seconds)
        controls = Controls(chat, self._deliveries, opens_threads=threads)
        self._time = PlatformTime("Slack")
        self._intake = Intake(chat, self._deliveries, controls, self._time)
        self._events = Events(chat, self._hearing, self._intake)
        self._does = Interactions(chat, self._hearing, self._deliveries, controls)
        self._homes = Home(chat)
        self._closing = asyncio.Event()
        self._closed = asyncio.Event()
        self._absence: Absence | None = None
        self.server: EventServer | None = None

    async def run(self) -> None:
        """Connect, and answer until closed. Raises WrongToken."""
        settings, secrets = self._settings, self._secrets
        async with AsyncExitStack() as stack:
            workspaces = await stack.enter_async_context(
                Workspaces(
                    settings.api_url, secrets, self._store, self._chat.meters.requests, self._time
                )
            )
            if not await self._log_in(workspaces):
                return
            oauth = self._oauth()
            app = build_app(workspaces, self._events, self._does, self._homes, oauth)
            absence = self._absence = Absence(
                self._chat,
                self._deliveries,
                self._intake,
                SlackPast(workspaces, self._chat.store, self._hearing),
                settings.catch_up_minutes,
                redelivers=SHORT_PAUSE,
                time=self._time,
            )
            work: list[Coroutine[Any, Any, object]] = [
                self._closed.wait(),
                absence.keep_noting(),
                workspaces.renew(),
            ]
            if settings.mode == "http" or secrets.several:
                signing = secrets.signing_secret if settings.mode == "http" else None
                self.server = EventServer(app, signing, settings.host, settings.port)
                await self.server.start()
                stack.push_async_callback(self.server.close)
                self._tell_addresses(signing)
            announcer = SlackAnnouncer(workspaces)
            if settings.mode == "socket":
                connected = self._when_connected(absence, announcer)
                client = workspaces.client()
                work.append(SocketConnection(app, secrets.app_token, client, connected).run())
            else:
                self._say("Slack: waiting for Slack's requests.")
                absence.connected()
                await self._chat.announcements.connect(PLATFORM, announcer)
            try:
                await _until_first(*work)
            except SlackApiError as error:
                raise WrongToken("KAIWA_SLACK_APP_TOKEN", code_of(error)) from error

    def take(self, settings: SlackSettings) -> None:
        """Go by these settings from now on, as far as they can change."""
        self._hearing.access.take(settings)
        self._deliveries.interval = settings.edit_seconds

    async def close(self, grace: float) -> None:
        """Let replies end within `grace` seconds, stop those that do not, and disconnect."""
        self._chat.announcements.disconnect(PLATFORM)
        if self._absence is not None:
            await self._absence.end()
        self._closing.set()
        await self._deliveries.wind_down(grace)
        self._closed.set()

    async def _log_in(self, workspaces: Workspaces) -> bool:
        """Find out who the bot is, however long Slack cannot be reached; False: closed first."""
        pause = FIRST_PAUSE
        while not self._closing.is_set():
            try:
                if self._settings.mode == "socket":
                    await _try_app_token(workspaces, self._secrets)
                workspace = await workspaces.login()
            except SlackApiError as error:
                if code_of(error) in NO_TOKEN or code_of(error).startswith("not_allowed"):
                    raise _wrong(error) from error
                reason = code_of(error) or "no answer"
            except UNREACHABLE as error:
                reason = str(error) or type(error).__name__
            else:
                if workspace is not None:
                    self._say(f"Slack: I am in the workspace {workspace.name}.")
                return True
            self._say(f"Slack: {reason}. Trying again in {pause:.0f} s.")
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._closing.wait()
            pause = min(2 * pause, LONGEST_PAUSE)
        return False

    def _oauth(self) -> AsyncOAuthSettings | None:
        if self._store is None:
            return None
        secrets, api = self._secrets, self._settings.api_url
        page = None
        if api is not None:  # another server has its own page to allow an app
            page = api.rstrip("/").removesuffix("/api") + "/oauth/v2/authorize"
        return oauth_settings(
            secrets.client_id,
            secrets.client_secret,
            scopes(),
            self._store,
            States(),
            authorization_url=page,
        )

    def _tell_addresses(self, signing: str | None) -> None:
        assert self.server is not None
        self._say(f"Slack: I listen at http://{self._settings.host}:{self.server.port}")
        if signing is not None:
            self._say(f"Slack: events come to {EVENTS_PATH} of the https address that leads here.")
        if self._secrets.several:
            self._say(f"Slack: workspaces install me at {INSTALL_PATH} of that address.")

    def _when_connected(self, absence: Absence, announcer: SlackAnnouncer) -> Changed:
        async def changed(connected: bool, why: str) -> None:
            if connected:
                if absence.began:
                    log.info("connected to Slack again")
                else:
                    self._say("Slack: connected.")
                absence.connected()
                await self._chat.announcements.connect(PLATFORM, announcer)
                return
            absence.lost()
            if not self._closing.is_set():
                log.warning("Slack: %s", why)

        return changed


async def _try_app_token(workspaces: Workspaces, secrets: SlackSecrets) -> None:
    """See whether Slack takes the app-level token. Raises WrongToken if it does not."""
    try:
        await workspaces.client().apps_connections_open(app_token=secrets.app_token)
    except SlackApiError as error:
        code = code_of(error)
        if code in NO_TOKEN or code.startswith("not_allowed") or code == "missing_scope":
            raise WrongToken("KAIWA_SLACK_APP_TOKEN", code) from error
        raise


def _wrong(error: SlackApiError) -> BotError:
    if code_of(error) in NO_TOKEN or code_of(error).startswith("not_allowed"):
        return WrongToken("KAIWA_SLACK_BOT_TOKEN", code_of(error))
    return _unreachable(error)


def _unreachable(error: Exception) -> BotError:
    why = code_of(error) if isinstance(error, SlackApiError) else str(error)
    why = why or type(error).__name__
    return BotError(
        f"Slack cannot be reached ({why}). Check the network and api_url.",
        f"Slack に接続できません（{why}）。ネットワークと api_url を確認してください。",
    )


async def _until_first(*work: Coroutine[Any, Any, object]) -> None:
    """Do several things until the first one ends; the others are cancelled."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
