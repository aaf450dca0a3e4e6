"""Connecting to Discord: the login, what the application may do, and what to do when it fails.

Implements `bot.ports.Platform`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import aiohttp
import discord
import yarl

from adapters.discord.client import KaiwaClient
from adapters.discord.errors import UNREACHABLE
from adapters.discord.incoming import PLATFORM
from adapters.discord.registration import Registration
from adapters.discord.snapshots import keep_whole
from adapters.discord.tolerant import tolerate
from bot.chat import Chat
from bot.config import ATTACHMENT_BYTES, DiscordSettings
from bot.errors import BotError
from bot.messages import ConversationKey

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between attempts to connect
PORTAL = "https://discord.com/developers/applications"

# Exactly what is used: see docs/discord.md for what each is for.
PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    read_message_history=True,
)
SCOPES = ("bot", "applications.commands")

Say = Callable[[str], None]


class WrongToken(BotError):
    """Discord does not know the token."""

    def __init__(self) -> None:
        super().__init__(
            "Discord does not accept KAIWA_DISCORD_TOKEN. Make a new token with "
            f'"Reset Token" on your application\'s page "Bot" at {PORTAL} and set that.',
            "KAIWA_DISCORD_TOKEN が Discord に受け付けられません。"
            f"{PORTAL} のアプリの「Bot」ページで「Reset Token」を押し、"
            "新しいトークンを設定してください。",
        )


class MissingIntent(BotError):
    """The settings ask for the text of all messages, and the application may not see it."""

    def __init__(self, application_id: int | None) -> None:
        page = f"{PORTAL}/{application_id}/bot" if application_id else PORTAL
        super().__init__(
            'The application lacks the "Message Content Intent". Switch it on at '
            f'{page}, or set message_content = "auto" in [discord].',
            f"アプリの「Message Content Intent」がオフです。{page} でオンにするか、"
            '[discord] の message_content を "auto" にしてください。',
        )


class _Unreadable(Exception):
    """The gateway sent what discord.py cannot read. Says nothing of its text."""


class WrongShards(BotError):
    """Discord refuses this number of gateway connections."""

    def __init__(self, code: int) -> None:
        super().__init__(
            f"Discord refuses the number of shards ({code}). Remove shards from [discord]: then "
            "Discord's own recommendation is taken.",
            f"Discord がシャードの数を受け付けません（{code}）。[discord] の shards を消すと、"
            "Discord が勧める数になります。",
        )


def prepare_library(settings: DiscordSettings) -> None:
    """Tell discord.py what it keeps for a whole process: which servers to speak to, how to parse
    forwarded messages, and that nobody misses voice."""
    keep_whole()
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    if settings.api_url is not None:
        discord.http.Route.BASE = settings.api_url.rstrip("/")
    if settings.gateway_url is not None:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.gateway_url)


async def look(settings: DiscordSettings, token: str) -> str:
    """Who the bot is to Discord, for `kaiwa check`. Raises BotError where it cannot log in."""
    prepare_library(settings)
    client = discord.Client(intents=discord.Intents.none())
    try:
        await client.login(token)
        flags = client.application_flags
        has = flags.gateway_message_content or flags.gateway_message_content_limited
        if settings.message_content == "on" and not has:
            raise MissingIntent(client.application_id)
        return f"{client.user}, Message Content Intent {'on' if has else 'off'}"
    except discord.LoginFailure:
        raise WrongToken from None
    except (*UNREACHABLE, discord.HTTPException) as error:
        raise BotError(
            f"Discord cannot be reached ({_in_short(error)}). Check the network and api_url.",
            f"Discord に接続できません（{_in_short(error)}）。"
            "ネットワークと api_url を確認してください。",
        ) from error
    finally:
        await client.close()


class DiscordPlatform:
    """The bot on Discord, from `run` to `close`. `attachment_bytes`: of a file that is read."""

    def __init__(
        self,
        chat: Chat,
        settings: DiscordSettings,
        token: str,
        say: Say,
        *,
        attachment_bytes: int = ATTACHMENT_BYTES,
    ) -> None:
        self._chat = chat
        self._settings = settings
        self._token = token
        self._say = say
        self._attachment_bytes = attachment_bytes
        self._client: KaiwaClient | None = None
        self._closing = asyncio.Event()
        self._closed = asyncio.Event()

    async def run(self) -> None:
        """Connect, and answer until closed. Raises WrongToken and MissingIntent."""
        prepare_library(self._settings)
        pause = FIRST_PAUSE
        while not self._closing.is_set():
            try:
                await self._serve(await self._log_in())
                return
            except discord.LoginFailure:
                raise WrongToken from None
            except discord.ConnectionClosed as error:
                if error.code == 4004:
                    raise WrongToken from None
                if error.code in (4010, 4011):
                    raise WrongShards(error.code) from None
                reason = f"the gateway closed the connection ({error.code})"
            except (*UNREACHABLE, discord.GatewayNotFound, discord.HTTPException) as error:
                reason = _in_short(error)
            except _Unreadable as error:
                reason = f"the gateway sent what I cannot read ({error})"
            self._say(f"Discord: {reason}. Trying again in {pause:.0f} s.")
            await self._pause(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def take(self, settings: DiscordSettings) -> None:
        """Go by these settings from now on, as far as they can change."""
        self._settings = settings
        if self._client is not None:
            self._client.take(settings)

    async def close(self, grace: float) -> None:
        """Let replies end within `grace` seconds, stop those that do not, and disconnect."""
        self._closing.set()
        if self._client is not None:
            await self._client.wind_down(grace)
        self._closed.set()

    async def _log_in(self) -> KaiwaClient:
        """A client that is logged in, with the intents that the application has."""
        wanted = self._settings.message_content
        client = await self._logged_in(with_content=wanted != "off")
        flags = client.application_flags
        has = flags.gateway_message_content or flags.gateway_message_content_limited
        if wanted != "off" and not has:
            number = client.application_id
            await client.close()
            if wanted == "on":
                raise MissingIntent(number)
            self._say(
                "Discord: without the Message Content Intent I see mentions, replies to me and "
                f"direct messages only; /mode always needs it. It is switched on at {PORTAL}/"
                f"{number}/bot."
            )
            client = await self._logged_in(with_content=False)
        return client

    async def _logged_in(self, *, with_content: bool) -> KaiwaClient:
        intents = discord.Intents.none()
        intents.guilds = True
        intents.guild_messages = True
        intents.dm_messages = True
        intents.message_content = with_content
        client = KaiwaClient(
            self._chat,
            self._settings,
            intents,
            attachment_bytes=self._attachment_bytes,
            shard_count=self._settings.shards,
        )
        tolerate(client)
        try:
            await client.login(self._token)
        except BaseException:
            await client.close()
            raise
        return client

    async def _serve(self, client: KaiwaClient) -> None:
        """Be connected until `close`; discord.py itself connects again when it must."""
        self._client = client
        connected = asyncio.create_task(self._connect(client))
        closed = asyncio.create_task(self._closed.wait())
        own = ConversationKey(PLATFORM, str(client.application_id), "")
        registering = asyncio.create_task(Registration(client.tree, self._chat.store, own).keep())
        try:
            await asyncio.wait({connected, closed}, return_when=asyncio.FIRST_COMPLETED)
            if connected.done():
                connected.result()
        except discord.PrivilegedIntentsRequired:
            raise MissingIntent(client.application_id) from None
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise _Unreadable(type(error).__name__) from None
        finally:
            if not self._closing.is_set():
                await client.wind_down(0.0)  # what it was at is for the next one
            self._client = None
            self._chat.meters.is_lost(PLATFORM)
            await client.close()
            for task in (connected, closed, registering):
                task.cancel()
            await asyncio.wait({connected, closed, registering})

    async def _connect(self, client: KaiwaClient) -> None:
        self._say(f"Discord: invite me with {invite_link(client.application_id)}")
        if self._settings.gateway_url is not None and client.shard_count is None:
            client.shard_count = (await client.http.get_bot_gateway())[0]
        await client.connect()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()


def invite_link(application_id: int | None) -> str:
    """The page on which a server's owner lets the bot in, with exactly what it uses."""
    assert application_id is not None  # known from the login on
    return discord.utils.oauth_url(application_id, permissions=PERMISSIONS, scopes=SCOPES)


def _in_short(error: Exception) -> str:
    """An error as part of a line."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot reach {error.host}:{error.port}"
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
