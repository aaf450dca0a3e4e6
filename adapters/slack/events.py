"""What people say on Slack: events in, each to what is the same on every platform.

Knows which event means what. It does not know how events come in (transport/), what a message says
(reading.py), what buttons and commands do (interactions.py), nor which messages are taken in, kept
or answered (adapters/intake.py, bot/policy.py).
"""

from __future__ import annotations

from adapters.intake import Intake
from adapters.slack.hearing import Hearing
from adapters.slack.incoming import is_direct, place
from adapters.slack.shares import Event
from adapters.slack.transport.workspaces import Workspace
from bot.chat import Chat
from bot.messages import ConversationKey


class Events:
    """Hands on what is said."""

    def __init__(self, chat: Chat, hearing: Hearing, intake: Intake) -> None:
        self._chat = chat
        self._hearing = hearing
        self._intake = intake

    async def message(self, workspace: Workspace, event: Event) -> None:
        """A `message` or `app_mention` event."""
        subtype = event.get("subtype")
        if subtype == "message_changed":
            message = {**(event.get("message") or {}), "channel": event.get("channel")}
            if message.get("subtype") == "tombstone":  # deleted, with a thread below it
                await self._gone(workspace, event, message)
                return
            message.setdefault("channel_type", event.get("channel_type"))
            before = event.get("previous_message") or {}
            # Slack tells in whole seconds when a message was edited. Where neither that nor the
            # text is new, a link got its preview, or the like.
            if message.get("edited") and any(
                message.get(part) != before.get(part) for part in ("edited", "text")
            ):
                await self._changed(workspace, message)
        elif subtype == "message_deleted":
            previous = event.get("previous_message") or {}
            await self._gone(workspace, event, {**previous, "ts": event.get("deleted_ts")})
        elif event.get("edited"):  # a mention that an edit brought in
            await self._changed(workspace, event)
        elif (said := self._hearing.said(workspace, event)) is not None:
            await self._intake.said(said)

    async def _changed(self, workspace: Workspace, message: Event) -> None:
        """A message was edited."""
        said = self._hearing.said(workspace, message)
        if said is not None:
            await self._intake.changed(said)

    async def _gone(self, workspace: Workspace, event: Event, message: Event) -> None:
        if not message.get("ts"):
            return
        key = self._hearing.key(workspace, str(event["channel"]), message)

        async def where() -> ConversationKey:
            return key

        await self._intake.deleted(key, [str(message["ts"])], where)

    async def stop_pressed(self, workspace: Workspace, event: Event) -> None:
        """Somebody pressed Slack's own Stop button."""
        channel, user = str(event["channel"]), str(event.get("user"))
        allows = self._hearing.access.allows
        if allows(workspace.team, channel, user, direct=is_direct(event)):
            where = {"ts": event.get("thread_ts") or "", "thread_ts": event.get("thread_ts")}
            await self._chat.stop(place(workspace.team, channel, where, threads=True)[0])
