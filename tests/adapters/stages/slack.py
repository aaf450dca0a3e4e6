"""The stage on Slack: the real Bolt client, and a server that speaks its protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

from adapters.slack.blocks import FEEDBACK, REGENERATE, STOP
from bot.chat import Chat
from bot.messages import ConversationKey
from bot.ports import TextGenerator
from storage.store import SqlStore
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import is_finished
from tests.adapters.stages.stage import PATIENCE, Place, Said, Shown, Stage
from tests.fakes.slack_api import events
from tests.fakes.slack_api.typed import forwarded
from tests.fakes.slack_server import SlackServer

BUTTONS = {
    "stop": (STOP, None),
    "regenerate": (REGENERATE, None),
    "good": (FEEDBACK, "positive"),
    "bad": (FEEDBACK, "negative"),
}


class SlackStage(Stage):
    """People in one workspace."""

    name = "slack"
    everyone = "<!channel>"

    def __init__(self, server: SlackServer, store: SqlStore, generator: TextGenerator) -> None:
        super().__init__(store, generator)
        self.server = server
        self.bot = server.bot.mention
        self._threads: set[str] = set()

    def _serve(self, chat: Chat) -> AbstractAsyncContextManager[object]:
        return serving(self.server, chat, grace=self.grace, **self.options)

    def person(self, name: str, *, administrator: bool = False) -> Any:
        return self.server.person(name, admin=administrator)

    def mention(self, person: Any) -> str:
        return str(person.mention)

    def channel(self, *people: Any) -> Place:
        return Place(self.server.channel("general", *people))

    def thread(self, channel: Place, person: Any) -> Place:
        root = person.says(channel.native, f"{person.mention} 話")  # nobody is to answer that
        self._threads.add(root.ts)
        return Place(channel.native, root.ts)

    def dm(self, person: Any) -> Place:
        return Place(person.dm)

    def say(self, place: Place, author: Any, text: str) -> Said:
        with self._told() as told:
            message = author.says(place.native, text, place.root or None)
        return Said(place, author, message, told)

    def reply(self, place: Place, author: Any, shown: Shown, text: str) -> Said:
        thread = shown.native.thread_ts or shown.native.ts
        with self._told() as told:
            message = author.says(place.native, text, thread)
        return Said(place, author, message, told)

    def forward(self, place: Place, author: Any, other: Any, text: str) -> Said:
        elsewhere = self.server.channel("elsewhere", author, other, bot=False)
        original = self.server.world.shown(elsewhere, other.says(elsewhere, text))
        share = forwarded(original, elsewhere.id)
        with self._told() as told:
            message = author.says(place.native, "", place.root or None, attachments=[share])
        return Said(place, author, message, told)

    @contextmanager
    def _told(self) -> Iterator[list[Any]]:
        """What is told of what happens meanwhile."""
        world, told = self.server.world, list[Any]()
        emit = world.emit

        def note(notice: Any) -> None:
            told.append(notice)
            emit(notice)

        world.emit = note
        try:
            yield told
        finally:
            world.emit = emit

    def edit(self, said: Said, text: str) -> None:
        said.told.clear()
        said.author.edits(said.native, text)

    def delete(self, said: Said) -> None:
        said.author.deletes(said.native)

    def again(self, said: Said, shape: int = 0) -> None:
        world, channel, message = self.server.world, said.place.native, said.native
        if shape and self.bot in message.text and not channel.is_dm:
            event = events.app_mention(channel, message, world.files_url)
            world.tell_in(channel, event, said.author)
        elif said.told:  # with the same event_id
            for notice in said.told:
                world.emit(notice)
        else:
            event = events.message(channel, message, world.files_url)
            world.tell_in(channel, event, said.author)

    def again_own(self, shown: Shown) -> None:
        world, message = self.server.world, shown.native
        channel = world.channels[message.channel_id]
        event = events.message(channel, message, world.files_url)
        world.tell_in(channel, event, message.user)

    def disguise(self) -> None:
        self.server.bot.bot_id = self.server.bot.app_id = None

    def press(self, shown: Shown, person: Any, button: str) -> None:
        message = shown.native
        if button == "stop" and message.streaming:  # below a stream stands Slack's own
            channel = self.server.world.channels[message.channel_id]
            person.stops(channel, message.thread_ts or message.ts)
            return
        person.presses(shown.native, *BUTTONS[button])

    def shown(self, place: Place) -> list[Shown]:
        found = self.server.bot_messages(place.native, place.root or None)
        if not place.root:
            found = [each for each in found if each.thread_ts not in self._threads]
        return [
            Shown(
                message.shown,
                is_finished(message),
                message.streaming or any(a["action_id"] == STOP for a in message.actions()),
                message,
            )
            for message in sorted(found, key=lambda message: message.ts)
        ]

    def answers(self, shown: Shown, said: Said) -> bool:
        return bool(shown.native.thread_ts == (said.native.thread_ts or said.native.ts))

    def told(self, place: Place, person: Any) -> list[str]:
        whispered = [each for each in place.native.ephemerals if each.only_for is person]
        return [each.shown for each in [*whispered, *self.server.bot_messages(person.dm)]]

    def key(self, said: Said) -> ConversationKey:
        thread = said.native.thread_ts or said.native.ts
        return ConversationKey(self.name, self.server.team.id, said.place.native.id, thread)

    @property
    def own(self) -> ConversationKey:
        return ConversationKey(self.name, "", "")

    async def until(self, holds: Callable[[], object], within: float = PATIENCE) -> None:
        await self.server.until(holds, within)

    def advance(self, seconds: float) -> None:
        self.server.advance(seconds)

    def connect_anew(self) -> None:
        self.server.drop_sockets()

    def connects(self) -> int:
        return self.server.sockets.connects

    def fail_history(self, times: int) -> None:
        self.server.faults.add("conversations.history", status=503, times=times)

    def relent(self) -> None:
        self.server.faults.relent()

    def histories(self) -> int:
        return self.server.counts["conversations.history"]

    def hold_history(self) -> Any:
        return self.server.faults.hold("conversations.history")

    @contextmanager
    def hold_writing(self) -> Iterator[Any]:
        """By either of the two ways in which a message grows."""
        hold = self.server.faults.hold
        with hold("chat.stopStream") as stopping, hold("chat.update") as changing:
            changing.reached = stopping.reached
            yield stopping

    @contextmanager
    def slow(self, place: Place, person: Any, text: str) -> Iterator[Any]:
        """Somebody whose name is not known yet, and is looked up."""
        with self.server.faults.hold("users.info") as hold:
            self.ask(place, person, text)
            yield hold

    def look_up(self, person: Any) -> None:
        """Their name, which is asked for always."""

    def fail_look_ups(self, times: int) -> None:
        self.server.faults.add("users.info", status=503, times=times)

    @property
    def _world(self) -> Any:
        return self.server.world
