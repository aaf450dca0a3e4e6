"""Commands and buttons: what a person asks of the bot by Discord's own means.

Each is acknowledged before any work, and answered in private where it concerns one person. Longer
than most files: every way to ask is a few lines over what they share, who asks and where.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace

import discord

from adapters.controls import Controls
from adapters.delivery import Deliveries
from adapters.discord.ask_about import AskModal
from adapters.discord.errors import UNREACHABLE
from adapters.discord.hearing import Hearing
from adapters.discord.incoming import conversation_key
from adapters.discord.interaction_outlet import is_member
from adapters.discord.markup import names_in, readable
from adapters.discord.offers import OfferModal
from adapters.discord.speech import in_language, is_japanese, tell
from adapters.sentences import KEEPS_NOTHING, NOT_HERE, OFF
from bot.chat import Chat
from bot.command import Argument, Command, MessageCommand
from bot.commands import READINGS, typed
from bot.errors import BotError, EngineClosed, GenerationFailed
from bot.messages import ConversationKey, IncomingMessage
from bot.notices import Notice
from bot.policy import Mode
from bot.ports import Caller

log = logging.getLogger(__name__)

SAYS_NO = (discord.HTTPException, *UNREACHABLE)

_TOGETHER = Notice(
    "Your question is answered together with a newer one.",
    "新しい質問とまとめてお答えします。",
)


_MESSAGE_GONE = Notice(
    "I can no longer see the message that this is about.",
    "元のメッセージが見られなくなりました。",
)
_NOT_A_MEMBER = Notice(
    "I can write a reply again only where I am a member. Please ask once more.",
    "書き直せるのは、私が参加している場所だけです。もう一度質問してください。",
)


class Interactions:
    """Answers to commands, the form of "Ask about this", and presses of buttons."""

    def __init__(
        self, chat: Chat, hearing: Hearing, deliveries: Deliveries, controls: Controls
    ) -> None:
        self._chat = chat
        self._hearing = hearing
        self._access = hearing.access
        self._places = hearing.places
        self._deliveries = deliveries
        self._controls = controls

    async def run_command(
        self, interaction: discord.Interaction, command: Command, argument: str
    ) -> None:
        """A command of the core's table."""
        if not await self._welcome(interaction):
            return
        async with self._deliveries.at_work():
            caller = self._caller(interaction, _key(interaction))
            rewriting = command.name == "regenerate"
            refused = command.administrators and argument and not caller.administrator
            private = bool(command.private or rewriting or refused)
            await interaction.response.defer(ephemeral=private, thinking=True)
            if rewriting:  # shown where the reply stands, not as this command's answer
                await self._rewrite(interaction, None)
            else:
                await self._give(interaction, command, argument.strip())

    async def _give(
        self,
        interaction: discord.Interaction,
        command: Command,
        argument: str,
        *,
        to_one: bool = False,
        source: int | None = None,
    ) -> None:
        """Give a command whose response was deferred. `to_one`: in private, whatever it is;
        `source`: the message whose text the argument ends with."""

        async def say(notice: Notice, private: bool) -> None:
            await tell(interaction, notice, private=private or to_one, source=source)

        caller = self._caller(interaction, _key(interaction))
        try:
            await self._controls.run(command, argument, caller, say)
        except BotError as error:
            await tell(interaction, error)

    async def about_message(
        self, interaction: discord.Interaction, entry: MessageCommand, message: discord.Message
    ) -> None:
        """A command about what a message says: its answer is for who asks."""
        if not await self._welcome(interaction):
            return
        async with self._deliveries.at_work():
            await interaction.response.defer(ephemeral=True, thinking=True)
            text = f"{entry.option} {await self._text(interaction, message)}".strip()
            # Where the bot is no member it could not read the message again.
            source = message.id if is_member(interaction) else None
            await self._give(interaction, entry.command, text, to_one=True, source=source)

    async def _text(self, interaction: discord.Interaction, message: discord.Message) -> str:
        """What a message says; one of a reply's: what the reply does."""
        whole = await self._controls.reply_text(_key(interaction), str(message.id))
        return whole or (await self._hearing.reading(message)).text

    async def press_readings(self, interaction: discord.Interaction) -> None:
        """あ, below a reply."""
        if interaction.message is not None:
            await self.about_message(interaction, READINGS, interaction.message)

    async def press_offer(
        self, interaction: discord.Interaction, text: str, source: int | None = None
    ) -> None:
        """A button of a notice, which is a command; `source` as in `_give`."""
        if not await self._welcome(interaction):
            return
        async with self._deliveries.at_work():
            await interaction.response.defer(ephemeral=True, thinking=True)
            if source is not None:
                message = await self._hearing.message(interaction.channel, source)
                if message is None:
                    await tell(interaction, _MESSAGE_GONE)
                    return
                text = f"{text} {await self._text(interaction, message)}"
            try:
                found = typed(f"/{text}")
            except BotError as error:  # offered by another version
                await tell(interaction, error)
                return
            assert found is not None
            await self._give(interaction, *found, to_one=True, source=source)

    async def completions(self, argument: Argument, current: str) -> tuple[str, ...]:
        """What an argument may be that begins like this; nothing where that cannot be told."""
        if argument.complete is None:
            return ()
        try:
            return await asyncio.to_thread(argument.complete, self._chat, current)
        except BotError:
            return ()

    async def press_asking(self, interaction: discord.Interaction, text: str) -> None:
        """A button of a notice, which is a command that lacks something."""
        if await self._welcome(interaction):
            japanese = is_japanese(interaction)
            modal = OfferModal(text, self.press_offer, self.failed, japanese=japanese)
            await interaction.response.send_modal(modal)

    async def ask(self, interaction: discord.Interaction, question: str) -> None:
        """/ask: a question, also where the bot itself is not a member."""
        if not await self._welcome(interaction):
            return
        async with self._deliveries.at_work():
            await interaction.response.defer(thinking=True)
            text = self._readable(interaction, question)
            await self._answer(interaction, text, text)

    async def ask_about(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """ "Ask about this": asks what to ask, and has the message quoted above it."""
        if await self._welcome(interaction):
            await interaction.response.send_modal(AskModal(message, self._asked_about, self.failed))

    async def _asked_about(
        self, interaction: discord.Interaction, message: discord.Message, question: str
    ) -> None:
        if not await self._welcome(interaction):
            return
        async with self._deliveries.at_work():
            await interaction.response.defer(thinking=True)
            question = self._readable(interaction, question)
            about = await self._hearing.quotation(message)
            if not about:
                outlet = self._places.in_interaction(interaction, question)
                await self._deliveries.say(outlet, KEEPS_NOTHING)
                return
            await self._answer(interaction, f"{about}\n{question}", question)

    def _readable(self, interaction: discord.Interaction, text: str) -> str:
        """A text of a command or a form, as it would read in a message."""
        return readable(text, names_in(interaction, self._hearing.me))

    async def _answer(self, interaction: discord.Interaction, text: str, shown: str) -> None:
        """Answer a question in the place of a deferred response."""
        key = _key(interaction)
        incoming = IncomingMessage(
            conversation=key,
            id=str(interaction.id),
            author_id=str(interaction.user.id),
            author_name=interaction.user.display_name,
            text=text,
            sent_at=interaction.created_at,
            thread_root=key.thread or None,
            private=interaction.guild_id is None,
        )
        outlet = self._places.in_interaction(interaction, shown)
        await self._deliveries.show(key, self._chat.respond(incoming), outlet)
        if not outlet.answered and not outlet.told:
            off = await self._chat.mode_of(key) is Mode.OFF and not incoming.private
            await self._deliveries.say(outlet, OFF if off else _TOGETHER)

    def _caller(self, interaction: discord.Interaction, key: ConversationKey) -> Caller:
        permissions = None if interaction.guild_id is None else interaction.permissions
        administers = self._access.administers(interaction.user, permissions)
        return Caller(
            key,
            str(interaction.user.id),
            administers,
            interaction.user.display_name,
            is_japanese(interaction),
            given_at=interaction.created_at,
        )

    async def _welcome(self, interaction: discord.Interaction) -> bool:
        """Whether the bot talks with this person here; tells those with whom it does not."""
        if self._deliveries.closing:
            error: BotError = EngineClosed()
        elif self._access.allows(interaction.user, interaction.channel, interaction.guild_id):
            return True
        else:
            error = NOT_HERE
        await interaction.response.send_message(in_language(interaction, error), ephemeral=True)
        return False

    async def failed(self, interaction: discord.Interaction, error: Exception) -> None:
        """Something that no user can mend: to the log, with an apology to who asked."""
        log.error("a command failed", exc_info=error)
        try:
            if interaction.response.is_done():
                await tell(interaction, GenerationFailed())
            else:
                apology = in_language(interaction, GenerationFailed())
                await interaction.response.send_message(apology, ephemeral=True)
        except SAYS_NO as gone:
            log.warning("a command's error could not be shown: %s", gone)

    async def press_stop(self, interaction: discord.Interaction) -> None:
        message = interaction.message
        if message is None or not await self._welcome(interaction):
            return
        await interaction.response.defer()
        notice = await self._controls.stop(_key(interaction), str(message.id))
        if notice is not None:
            await tell(interaction, notice)
            with suppress(*SAYS_NO):
                await interaction.edit_original_response(view=None)

    async def press_regenerate(self, interaction: discord.Interaction) -> None:
        message = interaction.message
        if message is None or not await self._welcome(interaction):
            return
        await interaction.response.defer()
        if not is_member(interaction):  # its messages could not be edited
            await tell(interaction, _NOT_A_MEMBER)
            return
        async with self._deliveries.at_work():
            await self._rewrite(interaction, str(message.id))

    async def _rewrite(self, interaction: discord.Interaction, message: str | None) -> None:
        """Write the reply that a message shows, or the newest one, again, where it stands."""
        outlet = self._places.in_channel(
            interaction.channel, None, interaction.user, interaction=interaction
        )
        caller = self._caller(interaction, _key(interaction))
        await self._controls.regenerate(caller, outlet, message=message)
        if interaction.type is discord.InteractionType.application_command and not outlet.told:
            with suppress(*SAYS_NO):  # who asked has taken it away, or its token has run out
                await interaction.delete_original_response()  # the reply itself is the answer

    async def press_good(self, interaction: discord.Interaction) -> None:
        await self._rate(interaction, 1)

    async def press_bad(self, interaction: discord.Interaction) -> None:
        await self._rate(interaction, -1)

    async def _rate(self, interaction: discord.Interaction, value: int) -> None:
        message = interaction.message
        if message is None or not await self._welcome(interaction):
            return
        await interaction.response.defer()
        caller = self._caller(interaction, _key(interaction))
        said = await self._controls.rate(caller, str(message.id), value)
        if said is not None:
            await tell(interaction, said)


def _key(interaction: discord.Interaction) -> ConversationKey:
    """The conversation of the channel; where the bot is no member, one for each person.

    There Discord may show answers to who asked only, so nobody else may be told of them.
    """
    key = conversation_key(interaction.channel, interaction.guild_id)
    if is_member(interaction):
        return key
    return replace(key, thread=f"{key.thread}@{interaction.user.id}")
