"""Serving: every platform that the settings enable, side by side, until the bot is to end.

One that cannot be served touches no other; an engine that has ended by an error ends all of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from bot.app import App, Progress, open_app, open_installations
from bot.config import Settings
from bot.daily_copies import daily_copies
from bot.errors import BotError
from bot.limits import RateLimiter
from bot.live import Live
from bot.meters import Meters
from bot.monitored import monitored, served, started, stuck, watch
from bot.policy import Mode, Policy
from bot.ports import Caller, Platform
from bot.service import Service, keep_told
from bot.tokens import SlackSecrets, discord_token, slack_secrets
from bot.watchdog import Watchdog

if TYPE_CHECKING:
    from adapters.monitoring.watched import Watched
    from adapters.web.status import Status

log = logging.getLogger(__name__)
T = TypeVar("T")


def policy(settings: Settings) -> Policy:
    """What the operator decided about answering, for platforms with many people."""
    chat = settings.chat
    return Policy(
        Mode(chat.mode),
        per_user=RateLimiter(chat.user_messages_per_minute),
        per_channel=RateLimiter(chat.channel_messages_per_minute),
    )


async def run_platforms(
    live: Live | Settings,
    progress: Progress,
    stop: asyncio.Event,
    *,
    meters: Meters | None = None,
    greeted: Caller | None = None,
    greet: Progress | None = None,
    service: Service | None = None,
) -> None:
    """Serve every enabled platform until `stop` is set, then come to an orderly end. `greeted`:
    who is given a link to the web page at once, which `greet` shows; `service`: who is told of
    what goes on.

    One that cannot be served does not touch the others: it is told of. Raises BotError when
    none is enabled, a token is missing, or none can be served.
    """
    live = live if isinstance(live, Live) else Live(live)
    settings = live.now
    if not (settings.discord.enabled or settings.slack.enabled or settings.web.enabled):
        raise BotError(
            "No platform is enabled. Put enabled = true below [discord], [slack] or [web] into "
            "config.toml, or use `kaiwa chat` to talk in the terminal.",
            "有効なプラットフォームがありません。config.toml の [discord]、[slack]、[web] の"
            "どれかの下に enabled = true と書いてください。端末で話すには kaiwa chat を使います。",
        )
    # Before the model, which may take minutes to load.
    token = discord_token() if settings.discord.enabled else ""
    secrets = slack_secrets(settings.slack) if settings.slack.enabled else SlackSecrets()
    from storage.alone import alone

    meters = meters or Meters()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(Watchdog())
        stack.enter_context(alone(settings.storage.url))
        watched = await stack.enter_async_context(monitored(settings, meters))
        answering = policy(settings)
        opening_app = open_app(settings, progress, answering, meters)
        parts = await stack.enter_async_context(opening_app)
        watch(watched, parts)
        await stack.enter_async_context(daily_copies(settings.storage))
        platforms: dict[str, Platform] = {}
        file_bytes = settings.chat.attachment_bytes
        if settings.discord.enabled:
            from adapters.discord.platform import DiscordPlatform

            discord = DiscordPlatform(
                parts.chat, settings.discord, token, progress, attachment_bytes=file_bytes
            )
            platforms["Discord"] = discord
            live.when_changed(lambda now: discord.take(now.discord))
        if settings.slack.enabled:
            from adapters.slack.transport.platform import SlackPlatform

            try:
                opening = open_installations(settings, secrets)
                installations = await stack.enter_async_context(opening)
            except BotError as error:
                if not platforms:
                    raise
                _tell("Slack", error)
            else:
                slack = SlackPlatform(
                    parts.chat,
                    settings.slack,
                    secrets,
                    installations,
                    progress,
                    attachment_bytes=file_bytes,
                )
                platforms["Slack"] = slack
                live.when_changed(lambda now: slack.take(now.slack))
        if settings.web.enabled:
            from adapters.web.platform import WebPlatform

            served = (*platforms, "Web")
            status = _status(settings, parts, served)
            platforms["Web"] = WebPlatform(
                parts.chat, settings.web, status, progress, greeted=greeted, greet=greet
            )
        for name in platforms:
            meters.connected.setdefault(name.lower(), None)
        live.when_changed(partial(_take, parts, answering))
        log.info("%s", started(watched, platforms, settings))
        async with _telling(service or Service({}), watched):
            grace = settings.chat.shutdown_seconds
            await _serve(platforms, stop, grace, parts.engine.ended)


async def while_engine_serves(ended: Callable[[], Awaitable[None]], work: Awaitable[T]) -> T:
    """Do a console's work. Where an error ends the engine, so does the work, by that BotError."""
    tasks = asyncio.ensure_future(work), asyncio.ensure_future(ended())
    working, watching = tasks
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if watching.done():
            watching.result()
        return await working
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _take(parts: App, answering: Policy, settings: Settings) -> None:
    """Go by changed settings."""
    chat = settings.chat
    answering.mode = Mode(chat.mode)
    answering.per_user.limit = chat.user_messages_per_minute
    answering.per_channel.limit = chat.channel_messages_per_minute
    parts.chat.use(settings.generation.sampling())


@asynccontextmanager
async def _telling(service: Service, watched: Watched) -> AsyncIterator[None]:
    """Have a supervisor told what goes on while this is entered."""
    telling = asyncio.create_task(
        keep_told(service, partial(served, watched), partial(stuck, watched))
    )
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.wait([telling])


def _status(settings: Settings, parts: App, served: Sequence[str]) -> Status:
    """What the web page tells administrators."""
    from adapters.web.status import Status

    names = tuple((name, name.lower()) for name in served)
    return Status(settings.model.id, names, parts.busy, datetime.now(UTC))


def _tell(name: str, error: BotError) -> None:
    """A platform is not served."""
    log.error("%s is not served: %s / %s", name, error.japanese, error.english)


async def _serve(
    platforms: Mapping[str, Platform],
    stop: asyncio.Event,
    grace: float,
    ended: Callable[[], Awaitable[None]],
) -> None:
    """Run platforms side by side until they are closed. Raises the last one's BotError when
    none is left that can be served, and the engine's when an error has `ended` that: a bot
    that can answer nobody is to be started again."""
    left = len(platforms)
    problem: BotError | None = None

    async def run(name: str, platform: Platform) -> None:
        nonlocal left
        try:
            await platform.run()
        except BotError as error:
            left -= 1
            if not left:
                raise
            _tell(name, error)
        except Exception:
            left -= 1
            log.exception("%s is not served any more", name)
            if not left:
                raise

    async def watch() -> None:
        nonlocal problem
        try:
            await ended()
        except BotError as error:
            problem = error
            stop.set()

    try:
        async with asyncio.TaskGroup() as group:
            serving = [group.create_task(run(*each)) for each in platforms.items()]
            others = [
                group.create_task(_close([*platforms.values()], stop, grace)),
                group.create_task(watch()),
            ]
            await asyncio.wait(serving)
            for task in others:
                task.cancel()
    except* BotError as errors:
        found = (error for error in errors.exceptions if isinstance(error, BotError))
        problem = problem or next(found)
    if problem is not None:
        raise problem


async def _close(platforms: Sequence[Platform], stop: asyncio.Event, grace: float) -> None:
    """Close all platforms once `stop` is set; replies have `grace` seconds to end."""
    await stop.wait()
    await asyncio.gather(*(platform.close(grace) for platform in platforms))
