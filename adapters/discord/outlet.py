"""Where a reply is shown: messages of a channel, a thread or a DM.

Implements `adapters.outlet.Outlet`. Nothing that is sent or edited here mentions anybody,
except, if the operator wants that, the author of the message that a reply answers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import discord

import adapters.small_print
from adapters.discord.buttons import buttons
from adapters.discord.errors import (
    THREAD_ARCHIVED,
    UNREACHABLE,
    ThreadLocked,
    lacking,
    permissions,
    translated,
)
from adapters.discord.speech import LIMIT, SILENT, files, parts, tell
from adapters.markup import DISCORD, Markup
from adapters.outlet import Form, Reader, Refused, State, Unchangeable
from adapters.splitting import utf16_length
from bot.errors import BotError
from bot.notices import Notice

log = logging.getLogger(__name__)

STOPPED = "-# ⏹ 中断 / stopped"  # in small print
TYPING_SECONDS = 8.0  # Discord shows it for 10
PRIVATE_SECONDS = 30.0  # how long a private answer stands where it cannot be private
NO_SECRET = Notice(
    "I cannot send you a direct message, and this is for you alone. Use the slash command, or "
    "allow direct messages from this server.",
    "ダイレクトメッセージを送れませんでした（あなただけにお見せするものです）。スラッシュコマンド"
    "を使うか、このサーバーからのダイレクトメッセージを許可してください。",
)
NO_FILE = Notice(
    "I could not hand you the file: please allow direct messages from members of this server.",
    "ファイルを渡せませんでした。このサーバーのメンバーからのDMを許可してください。",
)
FORMS = (Form.RICH, Form.PLAIN)  # a message is text and buttons


def small_print(text: str) -> str:
    """A plain text in Discord's small print."""
    return adapters.small_print.small_print(text, "-# ", adapters.small_print.MARKS + "<")


@dataclass(slots=True)
class ChannelOutlet:
    """A channel, thread or DM. `question` is the id of the message that is answered.

    `nonce` makes a part's message one, however often it is sent. `interaction`, if the reply was
    asked for by a button or command, takes what is said beside the reply.
    """

    channel: Any
    question: int | None
    asker: discord.User | discord.Member | None
    nonce: str
    pings: bool = False
    interaction: discord.Interaction | None = None
    answered: bool = False
    told: bool = False
    quiet: bool = False
    reader: Reader | None = None
    readings: bool = False
    limit: int = LIMIT
    stopped_mark: str = STOPPED
    forms: tuple[Form, ...] = FORMS
    markup: Markup = DISCORD

    def small_print(self, text: str) -> str:
        """Lines in Discord's own small print."""
        return small_print(text)

    def length(self, text: str) -> int:
        """UTF-16 code units, which is what Discord's own clients count."""
        return utf16_length(text)

    def doubt(self) -> None:
        """A nonce makes a part one, whoever sends it."""

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
        with suppress(discord.HTTPException, *UNREACHABLE, RuntimeError):
            while True:
                await self.channel.typing()
                await asyncio.sleep(TYPING_SECONDS)

    async def can_write(self) -> BotError | None:
        """What the bot lacks here, or that the thread is locked."""
        return lacking(self.channel)

    async def send(self, position: int, text: str, state: State, form: Form, anew: str) -> str:
        """Send a part; the first one refers to its question. An archived thread opens by it."""
        again = f"r{anew[-2:]}" if anew else ""  # a nonce has at most 25 characters
        try:
            with translated(self.channel):
                message = await self.channel.send(
                    text,
                    view=buttons(state, form, readings=self.readings),
                    nonce=f"{self.nonce}.{position}{again}",
                    allowed_mentions=SILENT,
                    **(self._reference() if position == 0 else {}),
                )
        except Unchangeable as error:
            if error.code == str(THREAD_ARCHIVED):  # and so it stays
                raise ThreadLocked(self.channel.name) from error
            raise
        self.answered = True
        return str(message.id)

    async def edit(self, platform_id: str, text: str, state: State, form: Form) -> None:
        """Replace what a message shows, and its buttons."""
        with translated(self.channel):
            message = self.channel.get_partial_message(int(platform_id))
            await message.edit(
                content=text,
                view=buttons(state, form, readings=self.readings),
                allowed_mentions=SILENT,
            )
        self.answered = True

    async def remove(self, platform_id: str) -> None:
        """Delete one of the bot's messages."""
        with translated(self.channel):
            await self.channel.get_partial_message(int(platform_id)).delete()

    async def tell(self, notice: Notice | BotError, *, private: bool) -> None:
        """Say something; privately by DM, or where that is closed, for a short while here.

        What cannot be said in a locked thread is said in its channel, or by DM.
        """
        if self.quiet and not private:
            log.warning("a message could not be taken in: %s", notice)
            return
        self.told = True
        if self.interaction is not None and not self.interaction.is_expired():
            with suppress(Unchangeable), translated(self.channel):
                await tell(self.interaction, notice)
                return
        in_dm = getattr(self.channel, "guild", None) is None
        if private and not in_dm and await self._whisper(notice):
            return
        if private and files(notice) and not in_dm:
            notice = NO_FILE  # it is nobody else's to see
        if private and not in_dm and isinstance(notice, Notice) and notice.secret:
            notice = NO_SECRET
        try:
            await self._say(self.channel, notice, brief=private and not in_dm)
        except (Refused, ThreadLocked):
            parent = getattr(self.channel, "parent", None)
            if parent is not None and not self.channel.is_private():
                await self._say(parent, notice, brief=False)
            elif not await self._whisper(notice):
                raise

    async def _say(self, channel: Any, notice: Notice | BotError, *, brief: bool) -> None:
        with translated(channel):
            for part in parts(notice):
                await channel.send(
                    **part,
                    allowed_mentions=SILENT,
                    delete_after=PRIVATE_SECONDS if brief else None,
                    **(self._reference() if channel is self.channel else {}),
                )

    async def _whisper(self, notice: Notice | BotError) -> bool:
        """Say something by DM; False where that is not possible."""
        if self.asker is None:
            return False
        try:
            for part in parts(notice):
                await self.asker.send(**part, allowed_mentions=SILENT)
        except (discord.HTTPException, *UNREACHABLE):
            return False
        return True

    async def leave(self, *, cut_off: bool) -> None:
        """A command that asked for the reply does not "think" for ever."""
        if not cut_off or self.told or self.interaction is None:
            return
        if self.interaction.type is discord.InteractionType.application_command:
            with translated(self.channel):
                await self.interaction.delete_original_response()

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
