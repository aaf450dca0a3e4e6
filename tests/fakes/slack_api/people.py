"""The people of the fake Slack, and other apps: what tests let them say and do."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.canary import CANARY
from tests.fakes.slack_api import events
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.interactions import Interactions, Outcome
from tests.fakes.slack_api.messages import Message, block_texts
from tests.fakes.slack_api.objects import File, Json, User
from tests.fakes.slack_api.streams import Streams
from tests.fakes.slack_api.typed import forwarded
from tests.fakes.slack_api.views import View
from tests.fakes.slack_api.world import World


@dataclass(slots=True)
class Stage:
    """What people act on. mention_first: app_mention is told before the message that it is of."""

    world: World
    interactions: Interactions
    streams: Streams
    mention_first: bool = False


@dataclass(eq=False)
class Person(User):
    """Someone in a workspace, or, with a `bot_id`, another app."""

    stage: Stage = field(kw_only=True)

    @property
    def dm(self) -> Channel:
        """The direct messages with the app."""
        return self.stage.world.dm(self)

    def says(
        self,
        channel: Channel,
        text: str,
        thread_ts: str | None = None,
        *,
        files: dict[str, bytes] | None = None,
        subtype: str | None = None,
        broadcast: bool = False,
        blocks: list[Json] | None = None,
        attachments: list[Json] | None = None,
    ) -> Message:
        """Post a message, its text as it is in events: &, < and > escaped, mentions as <@U…>.

        A mention of the app causes app_mention, too, but in direct messages. `subtype` is for
        what is said otherwise than by typing, such as "channel_join" or "bot_message".
        """
        CANARY.said(text)
        world = self.stage.world
        stored = [self._file(channel, name, content) for name, content in (files or {}).items()]
        message = Message(
            world.clock.ts(),
            channel.id,
            self,
            text,
            blocks or [],
            thread_ts,
            attachments=attachments or [],
            files=stored,
            subtype=subtype
            or ("file_share" if stored else "thread_broadcast" if broadcast else None),
            broadcast=broadcast,
            client_msg_id=None if self.is_bot else world.id("client-"),
        )
        said = f"{text} {block_texts(message.blocks)}"
        mentions = channel.team.bot.mention in said and channel.type in ("channel", "group")
        channel.add(message)
        told = [events.message(channel, message, world.files_url)]
        if mentions:
            mention = events.app_mention(channel, message, world.files_url)
            told.insert(0 if self.stage.mention_first else 1, mention)
        for event in told:
            world.tell_in(channel, event, self)
        for file in stored:
            shared = events.file_shared(self, channel, file, message.ts)
            world.tell_in(channel, shared, self)
        return message

    def forwards(self, message: Message, channel: Channel, text: str = "") -> Message:
        """Share a message into a channel, perhaps with a word of one's own."""
        world, origin = self.stage.world, self._channel(message)
        share = forwarded(world.shown(origin, message), origin.id)
        return self.says(channel, text, attachments=[share])

    def _file(self, channel: Channel, name: str, content: bytes) -> File:
        world = self.stage.world
        file = File(world.id("F"), name, self, content, completed=True, shared=[channel.id])
        world.files[file.id] = file
        return file

    def edits(self, message: Message, text: str) -> None:
        """Change the text of an own message. A mention that is new causes no app_mention."""
        CANARY.said(text)
        world, channel = self.stage.world, self._channel(message)
        previous = world.shown(channel, message)
        message.earlier.append(message.shown)
        message.text, message.blocks = text, []
        message.edited = world.clock.ts()
        world.changed(channel, message, previous)

    def deletes(self, message: Message) -> None:
        """Delete a message, an own one or, as an administrator, another's."""
        self.stage.world.delete(self._channel(message), message)

    def joins(self, channel: Channel, inviter: User | None = None) -> None:
        """Come into a channel."""
        channel.members.append(self)
        joined = events.member_joined_channel(self, channel, inviter, self.stage.world.clock.ts())
        self.stage.world.tell_in(channel, joined, self)

    def invites(self, channel: Channel) -> None:
        """Bring the app into a channel."""
        world, bot = self.stage.world, channel.team.bot
        channel.members.append(bot)
        world.tell(channel.team, events.member_joined_channel(bot, channel, self, world.clock.ts()))

    def removes(self, channel: Channel) -> None:
        """Take the app out of a channel; it hears nothing more of it."""
        channel.members.remove(channel.team.bot)
        self.stage.world.touch()

    def opens_home(self, tab: str = "home") -> None:
        """Open the app's "home" or "messages" tab."""
        world = self.stage.world
        home = self.stage.interactions.views.homes.get(self)
        view = home.payload() if home and tab == "home" else None
        opened = events.app_home_opened(self, self.dm, tab, world.clock.ts(), view)
        world.tell(self.team, opened)

    def opens_assistant(self, context: Json | None = None) -> str:
        """Open the older assistant view beside a channel; the ts of its thread."""
        ts = self.stage.world.clock.ts()
        self._assistant("assistant_thread_started", ts, context)
        return ts

    def moves_assistant(self, thread_ts: str, context: Json) -> None:
        """Look at another channel beside the assistant view."""
        self._assistant("assistant_thread_context_changed", thread_ts, context)

    def looks_at(self, *channels: Channel) -> None:
        """Look at channels beside the newer agent view."""
        ids = [{"type": "slack#/types/channel_id", "value": each.id} for each in channels]
        context: Json = {"entities": ids} if ids else {}
        ts = self.stage.world.clock.ts()
        self.stage.world.tell(self.team, events.app_context_changed(self, self.dm, context, ts))

    def _assistant(self, kind: str, thread_ts: str, context: Json | None) -> None:
        event = events.assistant_thread(kind, self, self.dm, thread_ts, context or {})
        self.stage.world.tell(self.team, event)

    def stops(self, channel: Channel, thread_ts: str) -> list[str]:
        """Press Slack's own Stop; the streams in the thread end, and are returned."""
        world = self.stage.world
        ended = self.stage.streams.end_by_user(channel, thread_ts)
        event = events.agent_session_stopped(self, channel, thread_ts, ended, world.clock.ts())
        world.tell_in(channel, event, self)
        return ended

    def presses(self, message: Message, action_id: str, value: str | None = None) -> Outcome:
        """Press a button, or choose the menu's option or the feedback ("positive" or "negative")
        that `value` says."""
        found = [each for each in message.actions() if each["action_id"] == action_id]
        assert found, f"the message has no {action_id}, but {message.actions()}"
        done = self.stage.interactions.done_with(found[0], value)
        return self.stage.interactions.action(self, self._channel(message), message, done)

    def presses_in(
        self, view: View, action_id: str, value: str | None = None, values: Json | None = None
    ) -> Outcome:
        """Press a button, or choose in a menu, of a modal or the app's home."""
        shown = Message("", "", self, blocks=view.payload()["blocks"])
        found = [each for each in shown.actions() if each["action_id"] == action_id]
        assert found, f"the view has no {action_id}, but {shown.actions()}"
        done = self.stage.interactions.done_with(found[0], value)
        return self.stage.interactions.action_in_view(self, view, done, values or {})

    def uses_shortcut(self, callback_id: str, message: Message | None = None) -> Outcome:
        """Choose a shortcut, of a message or of none."""
        if message is None:
            return self.stage.interactions.shortcut(self, callback_id)
        channel = self._channel(message)
        return self.stage.interactions.message_shortcut(self, channel, message, callback_id)

    def submits(self, view: View, values: Json) -> Outcome:
        """Submit a modal; `values` as payloads have them: {block_id: {action_id: {…}}}."""
        return self.stage.interactions.submission(self, view, values)

    def closes(self, view: View) -> Outcome:
        """Close a modal without submitting it."""
        return self.stage.interactions.closing(self, view)

    def commands(self, channel: Channel, command: str, text: str = "") -> Outcome:
        """Type a slash command, as in `commands(channel, "/kaiwa", "help")`."""
        return self.stage.interactions.command(self, channel, command, text)

    def _channel(self, message: Message) -> Channel:
        return self.stage.world.channels[message.channel_id]
