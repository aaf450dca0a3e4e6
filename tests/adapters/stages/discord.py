"""The stage on Discord: the real discord.py client, and a server that speaks its protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

from bot.chat import Chat
from bot.messages import ConversationKey
from bot.ports import TextGenerator
from storage.store import SqlStore
from tests.adapters.discord.serving import serving
from tests.adapters.stages.stage import PATIENCE, Place, Said, Shown, Stage
from tests.fakes.discord_api.faults import Fault
from tests.fakes.discord_server import DiscordServer

HISTORY = r"/channels/\d+/messages$"


class DiscordStage(Stage):
    """People in one guild; there is another one, without the bot."""

    name = "discord"
    everyone = "@everyone"

    def __init__(self, server: DiscordServer, store: SqlStore, generator: TextGenerator) -> None:
        super().__init__(store, generator)
        self.server = server
        self.bot = server.bot.mention
        self.guild = server.guild("町")
        self.elsewhere = server.guild("隣町", bot=False)

    def _serve(self, chat: Chat) -> AbstractAsyncContextManager[object]:
        return serving(self.server, chat, grace=self.grace, **self.options)

    def person(self, name: str, *, administrator: bool = False) -> Any:
        user = self.server.user(name)
        self.server.member(self.guild, user)
        if administrator:
            self.options.setdefault("administrators", []).append(str(user.id))
        return user

    def mention(self, person: Any) -> str:
        return str(person.mention)

    def channel(self, *people: Any) -> Place:
        return Place(self.server.channel(self.guild, "general"))

    def thread(self, channel: Place, person: Any) -> Place:
        return Place(self.server.thread(channel.native, "話"))

    def dm(self, person: Any) -> Place:
        return Place(self.server.dm(person))

    def say(self, place: Place, author: Any, text: str) -> Said:
        return Said(place, author, self.server.user_says(place.native, author, text))

    def reply(self, place: Place, author: Any, shown: Shown, text: str) -> Said:
        says = self.server.user_says
        return Said(place, author, says(place.native, author, text, reply_to=shown.native))

    def forward(self, place: Place, author: Any, other: Any, text: str) -> Said:
        elsewhere = self.server.channel(self.elsewhere, "elsewhere")
        original = self.server.user_says(elsewhere, other, text)
        return Said(place, author, self.server.user_forwards(original, place.native, author))

    def edit(self, said: Said, text: str) -> None:
        self.server.user_edits(said.native, text)

    def delete(self, said: Said) -> None:
        self.server.user_deletes(said.native)

    def again(self, said: Said, shape: int = 0) -> None:
        self.server.tell_again(said.native)
        if shape:  # as after a link was unfolded
            self.server.tell_again(said.native, update=True)

    def again_own(self, shown: Shown) -> None:
        self.server.tell_again(shown.native)

    def disguise(self) -> None:
        self.server.bot.bot = False

    def press(self, shown: Shown, person: Any, button: str) -> None:
        self.server.click(shown.native, person, f"kaiwa:{button}")

    def shown(self, place: Place) -> list[Shown]:
        return [
            Shown(
                message.text,
                "kaiwa:good" in message.custom_ids,
                "kaiwa:stop" in message.custom_ids,
                message,
            )
            for message in self.server.bot_messages(place.native)
        ]

    def answers(self, shown: Shown, said: Said) -> bool:
        return shown.native.reply_to is said.native or said.native.deleted

    def told(self, place: Place, person: Any) -> list[str]:
        return [message.text for message in self.server.bot_messages(self.server.dm(person))]

    def key(self, said: Said) -> ConversationKey:
        channel = said.place.native
        workspace = "@me" if channel.guild is None else str(channel.guild.id)
        if channel.parent is not None:
            return ConversationKey(self.name, workspace, str(channel.parent.id), str(channel.id))
        return ConversationKey(self.name, workspace, str(channel.id))

    @property
    def own(self) -> ConversationKey:
        return ConversationKey(self.name, str(self.server.application_id), "")

    async def until(self, holds: Callable[[], object], within: float = PATIENCE) -> None:
        await self.server.until(holds, within)

    def advance(self, seconds: float) -> None:
        self.server.advance(seconds)

    def connect_anew(self) -> None:
        self.server.invalidate_sessions(quiet=True)
        self.server.drop_sockets()

    def connects(self) -> int:
        return self.server.gateway.identifies

    def fail_history(self, times: int) -> None:
        self.server.faults.fail_next("GET", HISTORY, Fault(503), times)

    def relent(self) -> None:
        self.server.faults.relent()

    def histories(self) -> int:
        return self.server.counts["GET /channels/{channel}/messages"]

    def hold_history(self) -> Any:
        return self.server.faults.hold("GET", HISTORY)

    def hold_writing(self) -> Any:
        return self.server.faults.hold("PATCH", r"/messages/\d+$")

    @contextmanager
    def slow(self, place: Place, person: Any, text: str) -> Iterator[Any]:
        """Said to nobody, and then the bot is called: what was said before it looks up."""
        self.say(place, person, text)
        with self.hold_history() as hold:
            self.say(place, person, self.bot)
            yield hold

    def look_up(self, person: Any) -> None:
        """By their roles, which a history does not have."""
        role = self.server.role(self.guild, "学生")
        self.server.member(self.guild, person, roles=[role])
        self.options["allowed_roles"] = [str(role.id)]

    def fail_look_ups(self, times: int) -> None:
        self.server.faults.fail_next("GET", r"/members/\d+$", Fault(503), times)

    @property
    def _world(self) -> Any:
        return self.server._world
