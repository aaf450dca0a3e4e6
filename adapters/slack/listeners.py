"""The Bolt app: which of Slack's events, commands and buttons go to which part of the bot.

Bolt acknowledges events by itself, at once; what is asked by buttons and commands is acknowledged
here, before any work.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.authorization.async_authorize import AsyncCallableAuthorize
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings

from adapters.once import Once
from adapters.outlet import MessageGone, TryAgain
from adapters.slack import ask_about, asking, assistant, blocks, home, interactions, notices
from adapters.slack.errors import REFUSED, UNREACHABLE
from adapters.slack.events import Events
from adapters.slack.home import Home
from adapters.slack.interactions import Interactions
from adapters.slack.transport.workspaces import Workspace, Workspaces
from bot.errors import BotError

log = logging.getLogger(__name__)

COMMAND = "/kaiwa"

Body = Mapping[str, Any]
Work = Callable[[Workspace, Body], Awaitable[None]]
Handle = Callable[[AsyncBoltContext, Body, Body], Awaitable[None]]


def build_app(
    workspaces: Workspaces,
    events: Events,
    does: Interactions,
    homes: Home,
    oauth: AsyncOAuthSettings | None = None,
) -> AsyncApp:
    """The app with all its listeners. `oauth`: several workspaces install it."""
    logger = logging.getLogger(f"{__name__}.bolt")
    logger.setLevel(logging.ERROR)  # it warns of what is meant

    async def whose(enterprise_id: str | None, team_id: str | None) -> Any:
        """A function of its own: Bolt fills in parameters by name, and would fill in self."""
        return await workspaces.authorize(enterprise_id, team_id)

    # Bolt takes it beside OAuth settings only in this form, which its types do not know.
    authorize: Any = AsyncCallableAuthorize(logger=logger, func=whose)
    app = AsyncApp(
        name="kaiwa",  # else it looks at the source of every caller, for the name of one
        client=workspaces.client(),
        logger=logger,
        request_verification_enabled=False,  # http.py has done so
        ignoring_self_events_enabled=False,  # else nobody would hear of a reply's deletion
        authorize=authorize,
        oauth_settings=oauth,
    )

    once = Once()

    def of(work: Work) -> Handle:
        """Find the workspace, and log what goes wrong."""

        async def handle(context: AsyncBoltContext, body: Body, payload: Body) -> None:
            workspace = None
            try:
                # Where it is installed: in a shared channel another team's event has its own.
                team = context.team_id
                workspace = await workspaces.find(team) if team else None
                if workspace is not None:
                    await work(workspace, payload)
            except (BotError, TryAgain, MessageGone, *REFUSED, *UNREACHABLE) as error:
                log.warning("an event could not be answered: %s: %s", type(error).__name__, error)
            except Exception:
                log.exception("an event could not be handled")
            else:
                return
            if workspace is not None:
                with suppress(BotError, TryAgain, *REFUSED):
                    await does.failed(workspace, body)

        return handle

    def on_event(kind: str, work: Work) -> None:
        handle = of(work)

        async def listener(context: AsyncBoltContext, body: dict[str, Any]) -> None:
            await handle(context, body, body["event"])

        app.event(kind)(listener)

    def on_action(register: Callable[..., Any], name: Any, work: Work) -> None:
        handle = of(work)

        async def listener(ack: AsyncAck, context: AsyncBoltContext, body: dict[str, Any]) -> None:
            await ack()
            # Where a connection breaks before Slack hears that, it sends the same once more.
            trigger = body.get("trigger_id")
            if trigger is None or once.first(trigger):
                await handle(context, body, body)

        register(name)(listener)

    async def opened(workspace: Workspace, event: Body) -> None:
        if event.get("tab") == "home":
            await homes.show(workspace, str(event["user"]))
        else:
            await assistant.suggest(workspace, event)

    async def chosen(workspace: Workspace, body: Body) -> None:
        channel = body["actions"][0].get("selected_conversation")
        await homes.show(workspace, str(body["user"]["id"]), channel)

    async def export(workspace: Workspace, body: Body) -> None:
        await homes.export(workspace, str(body["user"]["id"]))

    async def forget(workspace: Workspace, body: Body) -> None:
        await homes.forget(workspace, str(body["user"]["id"]))

    async def removed(context: AsyncBoltContext, body: dict[str, Any]) -> None:
        """The app was removed, or its token taken back. Slack may say so once more, late."""
        tokens = body["event"].get("tokens") or {"bot": True}
        if tokens.get("bot") and context.team_id:
            await workspaces.removed(context.team_id, float(body.get("event_time") or 0))

    on_event("message", events.message)
    on_event("app_mention", events.message)
    on_event("agent_session_stopped", events.stop_pressed)
    on_event("app_home_opened", opened)
    for kind in ("tokens_revoked", "app_uninstalled"):
        app.event(kind)(removed)
    on_action(app.command, COMMAND, does.command)
    on_action(app.shortcut, ask_about.SHORTCUT, does.ask_about)
    on_action(app.view, ask_about.SHORTCUT, does.asked_about)
    for shortcut in interactions.MESSAGE_SHORTCUTS:
        on_action(app.shortcut, shortcut, does.about_message)
    on_action(app.view, asking.FORM, does.asked)
    on_action(app.action, re.compile(rf"^{notices.DO}:"), does.press_offer)
    on_action(app.action, re.compile(rf"^{notices.ASK}:"), does.press_asking)
    on_action(app.action, blocks.READINGS, does.press_readings)
    on_action(app.action, blocks.STOP, does.press_stop)
    on_action(app.action, blocks.REGENERATE, does.press_regenerate)
    on_action(app.action, blocks.FEEDBACK, does.rate)
    on_action(app.action, home.CHANNEL, chosen)
    on_action(app.action, home.EXPORT, export)
    on_action(app.action, home.FORGET, forget)
    app.event(re.compile(".*"))(_acknowledged)
    return app


async def _acknowledged(body: dict[str, Any]) -> None:
    """An event that nobody here waits for: Slack is not to send it again."""
