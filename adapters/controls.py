"""What people do with replies beside reading them, on any platform: stop, regenerate, rate, and
give commands, also as text.

It knows neither buttons nor how a command is typed on a platform beyond its name.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from adapters.delivery import Deliveries
from adapters.outlet import Outlet, TryAgain
from adapters.sentences import NOT_WRITING, NOTHING_TO_STOP, STOPPED, THANKS
from bot.chat import Chat
from bot.command import Command
from bot.commands import run, typed
from bot.errors import BotError, OptedOut
from bot.language import reads_japanese
from bot.messages import ConversationKey, Role
from bot.notices import Notice
from bot.ports import Caller

# As the bot itself names its commands on a platform that has one command for all.
_COMMAND = re.compile(r"^(/?)kaiwa(?:\s+/?|$)", re.IGNORECASE)

There = Callable[[ConversationKey], Outlet]  # where a conversation's replies stand
Tell = Callable[[Notice, bool], Awaitable[None]]  # a notice, and whether it is private


def command_in(text: str) -> tuple[Command, str] | None:
    """The command that a message to the bot is, and its argument. Raises UnknownCommand."""
    if not text.strip():
        return None
    bare = _COMMAND.sub(r"\1", text)
    return typed("/help" if bare in ("", "/") else bare, bare=True)


class Controls:
    """`opens_threads`: what is said in a channel is answered in threads of it, so that what
    concerns the channel concerns them too."""

    def __init__(self, chat: Chat, deliveries: Deliveries, *, opens_threads: bool = False) -> None:
        self._chat = chat
        self._deliveries = deliveries
        self._opens_threads = opens_threads

    async def give(
        self,
        command: Command,
        argument: str,
        caller: Caller,
        outlet: Outlet,
        there: There,
        *,
        counted: bool = False,
    ) -> None:
        """Give a command, and show what comes of it. `counted`: against its caller's limits.
        Raises BotError."""

        async def tell(notice: Notice, private: bool) -> None:
            await self._deliveries.say(outlet, notice, private=private)

        if command.name == "regenerate":
            self._chat.meters.commands.add(command.name)
            key = await self._newest(caller.conversation)
            await self.regenerate(Caller(key, caller.user_id), there(key), counted=counted)
        else:
            await self.run(command, argument, caller, tell)

    async def run(self, command: Command, argument: str, caller: Caller, tell: Tell) -> None:
        """Give any command but /regenerate; what it says is in the caller's language. Raises
        BotError."""
        japanese = await reads_japanese(self._chat.store, caller)
        if command.name == "stop":
            self._chat.meters.commands.add(command.name)
            stopped = await self._stop(caller.conversation)
            notice = STOPPED if stopped else NOTHING_TO_STOP
            await tell(notice.localized(japanese=japanese), True)
            return
        try:
            async for event in run(command, self._chat, caller, argument):
                if isinstance(event, Notice):
                    await tell(event.localized(japanese=japanese), command.private)
        except BotError as error:
            raise error.localized(japanese=japanese) from error

    async def regenerate(
        self,
        caller: Caller,
        outlet: Outlet,
        *,
        message: str | None = None,
        counted: bool = False,
    ) -> None:
        """Write the reply that a message of the platform shows again, or the newest one, where it
        stands. What does not go is told there."""
        key, reply = caller.conversation, None
        if message is not None:
            reply = await self._chat.store.reply_at(key, message) or 0
        refused = await outlet.can_write()
        if refused is not None:
            await self._deliveries.say(outlet, refused)
            return
        by = None if counted else caller.user_id
        events = self._chat.regenerate(key, reply, by=by)
        await self._deliveries.show(key, events, outlet)

    async def reader(self, who: Callable[[], Awaitable[Caller]]) -> bool | None:
        """Whether somebody reads Japanese, or else English; None where nobody knows."""
        try:
            return await reads_japanese(self._chat.store, await who())
        except (BotError, TryAgain):
            return None

    async def stop(self, key: ConversationKey, message: str) -> Notice | None:
        """Stop the reply that a message of the platform shows; what to say where there is none."""
        if self._deliveries.is_written(key, message):
            return None if await self._chat.stop(key) else NOT_WRITING
        reply = await self._chat.store.reply_at(key, message)
        if reply is not None and await self._chat.stop_elsewhere(key, reply=reply):
            return None
        return NOT_WRITING

    async def reply_text(self, key: ConversationKey, message: str) -> str | None:
        """The whole reply that a message of the platform shows, where it is kept."""
        conversation_id = await self._chat.store.find(key)
        if conversation_id is None:
            return None
        exchange = await self._chat.store.exchange(conversation_id, message)
        return next((said.text for said in exchange if said.role is Role.ASSISTANT), None)

    async def rate(self, caller: Caller, message: str, value: int) -> Notice | BotError | None:
        """Keep what somebody thinks of a reply; what to say to them."""
        key = caller.conversation
        reply = await self._chat.store.reply_at(key, message)
        if await self._chat.store.opted_out(key.platform, caller.user_id):
            return OptedOut()
        if reply is None:
            return None
        await self._chat.store.rate(reply, caller.user_id, value)
        return THANKS

    async def _newest(self, channel: ConversationKey) -> ConversationKey:
        """Where somebody spoke last in a channel: in itself, or in one of the threads that
        answer what is said there."""
        if channel.thread or not self._opens_threads:
            return channel
        spoken = await self._chat.store.latest(channel.platform)
        here = {key: moment for key, moment in spoken.items() if _in(key, channel)}
        return max(here, key=lambda key: here[key], default=channel)

    async def _stop(self, key: ConversationKey) -> bool:
        """Stop what is written in a conversation; in a channel, also in threads that answer it."""
        keys = [key]
        if self._opens_threads and not key.thread:
            keys = [each for each in self._deliveries.answering() if _in(each, key)]
            elsewhere = await self._chat.stop_elsewhere(key, threads=True)
            return any([elsewhere, *[await self._chat.stop(each) for each in keys]])
        return any([await self._chat.stop(each) for each in keys])


def _in(key: ConversationKey, channel: ConversationKey) -> bool:
    return key == channel or key.parent() == channel
