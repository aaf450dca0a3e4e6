"""The buttons below a reply: Stop while it is written; Regenerate, 👍 and 👎 after.

They are persistent views: a press is recognised by its button's fixed id, whatever message it
is below and however often the bot was restarted since.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import discord

from adapters.outlet import Form, State

Pressed = Callable[[discord.Interaction], Awaitable[None]]
Failed = Callable[[discord.Interaction, Exception], Awaitable[None]]


class _Button(discord.ui.Button[discord.ui.View]):
    def __init__(self, name: str, emoji: str, label: str | None, pressed: Pressed) -> None:
        super().__init__(
            style=discord.ButtonStyle.secondary,
            custom_id=f"kaiwa:{name}",
            emoji=emoji,
            label=label,
        )
        self._pressed = pressed

    async def callback(self, interaction: discord.Interaction) -> None:
        """What a press does."""
        await self._pressed(interaction)


class _View(discord.ui.View):
    def __init__(self, failed: Failed) -> None:
        super().__init__(timeout=None)
        self._failed = failed

    async def on_error(
        self, interaction: discord.Interaction, error: Exception, item: discord.ui.Item[Any]
    ) -> None:
        """Nobody is left without an answer."""
        await self._failed(interaction, error)


class WritingView(_View):
    """Below a reply that is being written."""

    def __init__(self, stop: Pressed, failed: Failed) -> None:
        super().__init__(failed)
        self.add_item(_Button("stop", "⏹", "止める / Stop", stop))


class DoneView(_View):
    """Below a reply that is complete."""

    def __init__(self, regenerate: Pressed, good: Pressed, bad: Pressed, failed: Failed) -> None:
        super().__init__(failed)
        self.add_item(_Button("regenerate", "🔄", "書き直す / Regenerate", regenerate))
        self.add_item(_Button("good", "👍", None, good))
        self.add_item(_Button("bad", "👎", None, bad))


async def _unheard(interaction: discord.Interaction, error: Exception | None = None) -> None:
    raise AssertionError("presses are heard by the views that the client registered")


def buttons(state: State, form: Form = Form.RICH) -> discord.ui.View | None:
    """What stands below a message in this state."""
    if form is not Form.RICH:
        return None
    if state.unfinished:
        return _shown(State.WRITING)
    return _shown(state) if state is State.DONE else None


@cache
def _shown(state: State) -> discord.ui.View:
    """A view to be sent, over and over. It is stopped: discord.py would otherwise keep an
    entry for each message that ever had buttons, for as long as the process lives."""
    if state is State.WRITING:
        view: discord.ui.View = WritingView(_unheard, _unheard)
    else:
        view = DoneView(_unheard, _unheard, _unheard, _unheard)
    view.stop()
    return view
