"""Where a reply is shown that was asked for by /ask and its kin: the answer to an interaction.

Implements `adapters.outlet.Outlet`. Nothing that is sent or edited here mentions anybody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

import discord

from adapters.discord.buttons import buttons
from adapters.discord.errors import RUN_OUT, lacking, translated
from adapters.discord.outlet import FORMS, STOPPED, ChannelOutlet, small_print
from adapters.discord.speech import LIMIT, SILENT, tell
from adapters.markup import DISCORD, Markup
from adapters.outlet import Form, MessageGone, Reader, State, Unchangeable
from adapters.splitting import utf16_length
from bot.errors import BotError, EngineClosed
from bot.notices import Notice

LONGEST_QUESTION = 300  # characters of a question that are repeated above its answer

T = TypeVar("T")


@dataclass(slots=True)
class InteractionOutlet:
    """The deferred response, then follow-ups.

    It works where the bot itself is not a member. The question, which Discord does not show,
    is repeated above the answer. An interaction lives 15 minutes; after that the bot writes and
    edits as a member, if it is one.
    """

    interaction: discord.Interaction
    question: str
    answered: bool = False
    told: bool = False
    quiet: bool = False
    reader: Reader | None = None
    readings: bool = False
    stopped_mark: str = STOPPED
    forms: tuple[Form, ...] = FORMS
    markup: Markup = DISCORD
    limit: int = field(init=False)
    _heading: str = field(init=False)
    _first: str = field(init=False, default="")
    _ran_out: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        flat = " ".join(self.question.split())
        if len(flat) > LONGEST_QUESTION:
            flat = flat[:LONGEST_QUESTION] + "…"
        self._heading = f"> {flat}\n"
        self.limit = LIMIT - utf16_length(self._heading)

    def small_print(self, text: str) -> str:
        """Lines in Discord's own small print."""
        return small_print(text)

    def length(self, text: str) -> int:
        """UTF-16 code units, which is what Discord's own clients count."""
        return utf16_length(text)

    def doubt(self) -> None:
        """See Outlet."""

    def thinking(self) -> AbstractAsyncContextManager[object]:
        """Discord shows it by itself until the deferred response is given."""
        return nullcontext()

    async def can_write(self) -> BotError | None:
        """Nothing keeps it from that as long as the interaction lives."""
        return lacking(self.interaction.channel) if self._is_over() else None

    async def send(self, position: int, text: str, state: State, form: Form, anew: str) -> str:
        """The first part is the response itself."""
        shown = self._heading + text if position == 0 else text
        view = buttons(state, form, readings=self.readings)

        async def respond() -> str:
            if position == 0 and not anew:
                message: Any = await self.interaction.edit_original_response(
                    content=shown, view=view, allowed_mentions=SILENT
                )
            else:
                buttoned: dict[str, Any] = {} if view is None else {"view": view}
                message = await self.interaction.followup.send(
                    shown, wait=True, allowed_mentions=SILENT, **buttoned
                )
            return str(message.id)

        sent = await self._reply(respond, lambda c: c.send(position, shown, state, form, anew))
        self.answered = True
        if position == 0:
            self._first = sent
        return sent

    async def edit(self, platform_id: str, text: str, state: State, form: Form) -> None:
        """Replace what a message shows, and its buttons."""
        shown = self._heading + text if platform_id == self._first else text

        async def change() -> None:
            await self.interaction.followup.edit_message(
                int(platform_id),
                content=shown,
                view=buttons(state, form, readings=self.readings),
                allowed_mentions=SILENT,
            )

        await self._reply(change, lambda c: c.edit(platform_id, shown, state, form))

    async def remove(self, platform_id: str) -> None:
        """Delete a message of the answer."""
        await self._reply(
            lambda: self.interaction.followup.delete_message(int(platform_id)),
            lambda channel: channel.remove(platform_id),
        )

    async def tell(self, notice: Notice | BotError, *, private: bool) -> None:
        """Say something; privately without leaving the public "is thinking" behind."""
        self.told = True

        async def answer() -> None:
            if self.answered or not private:
                await tell(self.interaction, notice)
            else:
                # What comes first takes the place of "is thinking", and is as public as that.
                await self.interaction.edit_original_response(content="…")
                await tell(self.interaction, notice)
                await self.interaction.delete_original_response()

        await self._reply(answer, lambda channel: channel.tell(notice, private=private))

    async def leave(self, *, cut_off: bool) -> None:
        """The interaction does not "think" for ever."""
        if cut_off and not (self.answered or self.told):
            await self.tell(EngineClosed(), private=False)

    async def _reply(
        self,
        answer: Callable[[], Awaitable[T]],
        otherwise: Callable[[ChannelOutlet], Awaitable[T]],
    ) -> T:
        """Do something by the interaction's token or, once that has run out, as a member.

        Raises MessageGone where the bot is none, or may not write there: nothing reaches the
        answer any more.
        """
        if not self._is_over():
            try:
                with translated(self.interaction.channel):
                    return await answer()
            except Unchangeable as error:
                if error.code not in RUN_OUT:
                    raise
                self._ran_out = True
        channel = self.interaction.channel
        writable = hasattr(channel, "get_partial_message") and is_member(self.interaction)
        if not writable or lacking(channel) is not None:
            raise MessageGone
        nonce = str(self.interaction.id)
        return await otherwise(
            ChannelOutlet(channel, None, self.interaction.user, nonce, readings=self.readings)
        )

    def _is_over(self) -> bool:
        return self._ran_out or self.interaction.is_expired()


def is_member(interaction: discord.Interaction) -> bool:
    """Whether the bot itself is where the interaction took place."""
    if interaction.guild_id is not None:
        return interaction.client.get_guild(interaction.guild_id) is not None
    return not interaction.context.private_channel
