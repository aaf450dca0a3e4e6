"""Where a reply is shown: messages of a channel, or the answer to an interaction.

Implements `adapters.streaming.Outlet`. Nothing that is sent or edited here mentions anybody,
except, if the operator wants that, the author of the message that a reply answers.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

import discord

from adapters.discord.buttons import buttons
from adapters.discord.errors import permissions, translated
from adapters.splitting import split, utf16_length
from adapters.streaming import MessageGone, State
from bot.errors import BotError
from bot.notices import Notice

log = logging.getLogger(__name__)

LIMIT = 2_000  # characters of a message
STOPPED = "-# ⏹ 中断 / stopped"  # in small print
TYPING_SECONDS = 8.0  # Discord shows it for 10
PRIVATE_SECONDS = 30.0  # how long a private answer stands where it cannot be private
LONGEST_QUESTION = 300  # characters of a question that are repeated above its answer
SILENT = discord.AllowedMentions.none()


@dataclass(slots=True)
class ChannelOutlet:
    """A channel, thread or DM. `question` is the id of the message that is answered.

    `nonce` makes a part's message one, however often it is sent. `writing` holds the ids of
    the messages that are being written, over all replies. `interaction`, if the reply was
    asked for by a button or command, takes what is said beside the reply; `told` is whether
    anything was. `quiet`: nobody asked the bot for certain; until it has begun to answer, trouble
    is told to nobody but the person whom it concerns.
    """

    channel: Any
    question: int | None
    asker: discord.User | discord.Member | None
    nonce: str
    writing: set[int]
    pings: bool = False
    interaction: discord.Interaction | None = None
    told: bool = False
    quiet: bool = False
    limit: int = LIMIT
    stopped_mark: str = STOPPED

    def length(self, text: str) -> int:
        """UTF-16 code units, which is what Discord's own clients count."""
        return utf16_length(text)

    @asynccontextmanager
    async def thinking(self) -> AsyncIterator[None]:
        """Show the typing indicator; that it cannot be shown is no matter."""
        self.quiet = False
        typing = asyncio.create_task(self._keep_typing())
        try:
            yield
        finally:
            typing.cancel()
            await asyncio.wait([typing])

    async def _keep_typing(self) -> None:
        with suppress(discord.HTTPException, OSError, RuntimeError):
            while True:
                await self.channel.typing()
                await asyncio.sleep(TYPING_SECONDS)

    async def send(self, position: int, text: str, state: State) -> str:
        """Send a part; the first one refers to its question."""
        with translated(self.channel):
            message = await self.channel.send(
                text,
                view=buttons(state),
                nonce=f"{self.nonce}.{position}",
                allowed_mentions=SILENT,
                **(self._reference() if position == 0 else {}),
            )
        _note(self.writing, message.id, state)
        return str(message.id)

    async def edit(self, platform_id: str, text: str, state: State) -> None:
        """Replace what a message shows, and its buttons."""
        _note(self.writing, int(platform_id), state)
        with translated(self.channel):
            message = self.channel.get_partial_message(int(platform_id))
            await message.edit(content=text, view=buttons(state), allowed_mentions=SILENT)

    async def remove(self, platform_id: str) -> None:
        """Delete one of the bot's messages."""
        self.writing.discard(int(platform_id))
        with translated(self.channel):
            await self.channel.get_partial_message(int(platform_id)).delete()

    async def tell(self, notice: Notice | BotError, *, private: bool) -> None:
        """Say something; privately by DM, or where that is closed, for a short while here."""
        if self.quiet and not private:
            log.warning("a message could not be taken in: %s", notice)
            return
        self.told = True
        if self.interaction is not None:
            with translated(self.channel):
                await tell(self.interaction, notice)
            return
        in_dm = getattr(self.channel, "guild", None) is None
        if private and not in_dm and self.asker is not None:
            with suppress(discord.HTTPException):
                await self.asker.send(notice.both(), allowed_mentions=SILENT)
                return
        with translated(self.channel):
            for text in _parts(notice.both()):
                await self.channel.send(
                    text,
                    allowed_mentions=SILENT,
                    delete_after=PRIVATE_SECONDS if private and not in_dm else None,
                    **self._reference(),
                )

    def _reference(self) -> dict[str, Any]:
        """The arguments that make a message an answer to its question, where Discord lets us."""
        if self.question is None:
            return {}
        may = permissions(self.channel)
        if may is not None and not may.read_message_history:
            return {}
        reference = discord.MessageReference(
            message_id=self.question, channel_id=self.channel.id, fail_if_not_exists=False
        )
        return {"reference": reference, "mention_author": self.pings}


@dataclass(slots=True)
class InteractionOutlet:
    """The answer to /ask and its kin: the deferred response, then follow-ups.

    It works where the bot itself is not a member. The question, which Discord does not show,
    is repeated above the answer. An interaction lives 15 minutes; after that the bot edits its
    messages as a member, if it is one.
    """

    interaction: discord.Interaction
    question: str
    writing: set[int]
    answered: bool = False
    told: bool = False
    stopped_mark: str = STOPPED
    limit: int = field(init=False)
    _heading: str = field(init=False)
    _first: str = field(init=False, default="")

    def __post_init__(self) -> None:
        flat = " ".join(self.question.split())
        if len(flat) > LONGEST_QUESTION:
            flat = flat[:LONGEST_QUESTION] + "…"
        self._heading = f"> {flat}\n"
        self.limit = LIMIT - utf16_length(self._heading)

    def length(self, text: str) -> int:
        """UTF-16 code units, which is what Discord's own clients count."""
        return utf16_length(text)

    def thinking(self) -> AbstractAsyncContextManager[object]:
        """Discord shows it by itself until the deferred response is given."""
        return nullcontext()

    async def send(self, position: int, text: str, state: State) -> str:
        """The first part is the response itself."""
        view = buttons(state)
        with translated(self.interaction.channel):
            if position == 0:
                message: Any = await self.interaction.edit_original_response(
                    content=self._heading + text, view=view, allowed_mentions=SILENT
                )
                self.answered, self._first = True, str(message.id)
            else:
                shown: dict[str, Any] = {} if view is None else {"view": view}
                message = await self.interaction.followup.send(
                    text, wait=True, allowed_mentions=SILENT, **shown
                )
        _note(self.writing, message.id, state)
        return str(message.id)

    async def edit(self, platform_id: str, text: str, state: State) -> None:
        """Replace what a message shows, and its buttons."""
        _note(self.writing, int(platform_id), state)
        shown = self._heading + text if platform_id == self._first else text
        new: dict[str, Any] = {
            "content": shown,
            "view": buttons(state),
            "allowed_mentions": SILENT,
        }
        channel: Any = self.interaction.channel
        with translated(channel):
            if self.interaction.is_expired():
                if not hasattr(channel, "get_partial_message"):
                    raise MessageGone  # nothing reaches it any more
                await channel.get_partial_message(int(platform_id)).edit(**new)
            else:
                await self.interaction.followup.edit_message(int(platform_id), **new)

    async def remove(self, platform_id: str) -> None:
        """Delete a follow-up."""
        self.writing.discard(int(platform_id))
        with translated(self.interaction.channel):
            await self.interaction.followup.delete_message(int(platform_id))

    async def tell(self, notice: Notice | BotError, *, private: bool) -> None:
        """Say something; privately without leaving the public "is thinking" behind."""
        self.told = True
        with translated(self.interaction.channel):
            if self.answered or not private:
                await tell(self.interaction, notice)
            else:
                # What comes first takes the place of "is thinking", and is as public as that.
                await self.interaction.edit_original_response(content="…")
                await tell(self.interaction, notice)
                await self.interaction.delete_original_response()


def in_language(interaction: discord.Interaction, notice: Notice | BotError) -> str:
    """A notice in the language that the person's Discord is set to."""
    japanese = interaction.locale is discord.Locale.japanese
    text = notice.japanese if japanese else notice.english
    return f"{text}\n{notice.detail}".rstrip() if isinstance(notice, Notice) else text


async def tell(
    interaction: discord.Interaction, notice: Notice | BotError, *, private: bool = True
) -> None:
    """Answer a deferred interaction with a notice, in as many messages as it takes.

    Private ones are in the person's language, public ones in both. The first takes the place
    of "is thinking", and then is as private as the interaction was deferred.
    """
    attached = notice.file if isinstance(notice, Notice) else None
    whole = in_language(interaction, notice) if private else notice.both()
    for number, text in enumerate(_parts(whole)):
        files = []
        if attached is not None and number == 0:
            files = [discord.File(io.BytesIO(attached.text.encode()), attached.name)]
        await interaction.followup.send(
            text, files=files, ephemeral=private, allowed_mentions=SILENT, wait=True
        )


def _note(writing: set[int], message_id: int, state: State) -> None:
    """Keep account of whether a message is being written."""
    if state in (State.WRITING, State.WAITING):
        writing.add(message_id)
    else:
        writing.discard(message_id)


def _parts(text: str) -> list[str]:
    return [part.text for part in split(text, LIMIT)]
