"""The small form behind "Ask about this": what would you like to know?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import discord

OPEN_SECONDS = 3_600.0  # that a form may be open; what is sent later Discord itself refuses

Failed = Callable[[discord.Interaction, Exception], Awaitable[None]]
Asked = Callable[[discord.Interaction, discord.Message, str], Awaitable[None]]


class AskModal(discord.ui.Modal):
    """Asks for a question about a message."""

    def __init__(self, message: discord.Message, asked: Asked, failed: Failed) -> None:
        super().__init__(title="これについて質問 / Ask about this", timeout=OPEN_SECONDS)
        self._message = message
        self._asked = asked
        self._failed = failed
        self.question: discord.ui.TextInput[AskModal] = discord.ui.TextInput(
            label="質問 / Your question",
            style=discord.TextStyle.paragraph,
            placeholder="これはどういう意味ですか。 / What does this mean?",
            max_length=1_000,
        )
        self.add_item(self.question)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """The question was sent."""
        await self._asked(interaction, self._message, self.question.value)

    async def on_error(  # type: ignore[override]  # discord.ui.Modal's own signature
        self, interaction: discord.Interaction, error: Exception
    ) -> None:
        """Nobody is left waiting for an answer."""
        await self._failed(interaction, error)
