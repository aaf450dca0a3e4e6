"""Buttons of notices: each is a command, which stands in the button itself.

So a press is understood whenever it comes, also by another process than the one that offered it.
Where a command's text has no room in a button, the button names the message that has it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, Self

import discord

from bot.commands import command_named
from bot.notices import Offer

LONGEST_ID = 100  # characters of a button's custom_id
MOST = 25  # buttons of a message
OPEN_SECONDS = 3_600.0  # that a form may be open
_DO = re.compile(r"kaiwa:(?P<kind>do|ask)(?:@(?P<source>\d+))?:(?P<command>.+)", re.DOTALL)


class Presses(Protocol):
    """The client, as far as a button knows it."""

    async def press_offer(
        self, interaction: discord.Interaction, typed: str, source: int | None = None
    ) -> None:
        """Give the command that an offer is; `source`: the message whose text belongs to it."""

    async def press_asking(self, interaction: discord.Interaction, typed: str) -> None:
        """Ask for what is missing, and give the command then."""

    async def failed(self, interaction: discord.Interaction, error: Exception) -> None:
        """Tell who pressed that something went wrong."""


def offered(
    offers: tuple[Offer, ...], *, japanese: bool | None = None, source: int | None = None
) -> discord.ui.View | None:
    """The buttons of these offers; None where there is none. `source` as in `parts`."""
    named = [(offer, _custom_id(offer, source)) for offer in offers]
    buttons = [(offer, custom_id) for offer, custom_id in named if custom_id is not None]
    if not buttons:
        return None
    view = discord.ui.View(timeout=None)
    for offer, custom_id in buttons[:MOST]:
        view.add_item(
            discord.ui.Button(
                style=discord.ButtonStyle.secondary,
                label=_label(offer, japanese)[:80],
                custom_id=custom_id,
            )
        )
    view.stop()  # discord.py would otherwise keep an entry for each message with buttons
    return view


def _label(offer: Offer, japanese: bool | None) -> str:
    if japanese is None and offer.japanese != offer.english:
        return f"{offer.japanese} / {offer.english}"
    return offer.japanese if japanese else offer.english


def _custom_id(offer: Offer, source: int | None) -> str | None:
    kind = "ask" if offer.asks else "do"
    whole = f"kaiwa:{kind}:{offer.command} {offer.text}".rstrip()
    if len(whole) <= LONGEST_ID and "\n" not in whole:
        return whole
    return None if source is None else f"kaiwa:{kind}@{source}:{offer.command}"


class OfferButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=_DO):
    """What hears the presses of all offers, of whatever message."""

    def __init__(
        self, item: discord.ui.Button[Any], typed: str, source: int | None, *, asks: bool
    ) -> None:
        super().__init__(item)
        self._typed = typed
        self._source = source
        self._asks = asks

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was pressed."""
        assert isinstance(item, discord.ui.Button)
        source = match["source"]
        asks = match["kind"] == "ask"
        return cls(item, match["command"], None if source is None else int(source), asks=asks)

    async def callback(self, interaction: discord.Interaction) -> Any:
        """What a press does."""
        presses: Presses = interaction.client.does  # type: ignore[attr-defined]  # KaiwaClient
        try:
            if self._asks:
                await presses.press_asking(interaction, self._typed)
            else:
                await presses.press_offer(interaction, self._typed, self._source)
        except Exception as error:  # discord.py would only log it
            await presses.failed(interaction, error)


Sent = Callable[[discord.Interaction, str], Awaitable[None]]
Failed = Callable[[discord.Interaction, Exception], Awaitable[None]]


class OfferModal(discord.ui.Modal):
    """Asks for what a command still lacks."""

    def __init__(self, typed: str, sent: Sent, failed: Failed, *, japanese: bool) -> None:
        command = command_named(typed.split()[0])
        assert command is not None
        title = command.japanese if japanese else command.english
        super().__init__(title=title[:45], timeout=OPEN_SECONDS)
        self._typed = typed
        self._sent = sent
        self._failed = failed
        argument = command.arguments[-1]
        label = argument.japanese if japanese else argument.english
        self.value: discord.ui.TextInput[OfferModal] = discord.ui.TextInput(
            label=label[:45], max_length=100
        )
        self.add_item(self.value)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """It was given."""
        await self._sent(interaction, f"{self._typed} {self.value.value}")

    async def on_error(  # type: ignore[override]  # discord.ui.Modal's own signature
        self, interaction: discord.Interaction, error: Exception
    ) -> None:
        """Nobody is left waiting for an answer."""
        await self._failed(interaction, error)
