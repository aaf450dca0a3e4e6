"""The buttons below a reply: Stop while it is written; Regenerate, あ, 👍 and 👎 after.

They are persistent views: a press is recognised by its button's fixed id, whatever message it
is below and however often the bot was restarted since.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, Protocol

import discord

from adapters.outlet import Form, State

Pressed = Callable[[discord.Interaction], Awaitable[None]]
Failed = Callable[[discord.Interaction, Exception], Awaitable[None]]


class _Button(discord.ui.Button[discord.ui.View]):
    def __init__(self, name: str, emoji: str | None, label: str | None, pressed: Pressed) -> None:
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


class Presses(Protocol):
    """What the buttons below a complete reply do."""

    @property
    def press_regenerate(self) -> Pressed: ...
    @property
    def press_readings(self) -> Pressed: ...
    @property
    def press_good(self) -> Pressed: ...
    @property
    def press_bad(self) -> Pressed: ...
    @property
    def failed(self) -> Failed: ...


class DoneView(_View):
    """Below a reply that is complete. `readings`: with あ."""

    def __init__(self, does: Presses, *, readings: bool = True) -> None:
        super().__init__(does.failed)
        self.add_item(_Button("regenerate", "🔄", "書き直す / Regenerate", does.press_regenerate))
        if readings:
            self.add_item(_Button("readings", None, "あ", does.press_readings))
        self.add_item(_Button("good", "👍", None, does.press_good))
        self.add_item(_Button("bad", "👎", None, does.press_bad))


async def _unheard(interaction: discord.Interaction, error: Exception | None = None) -> None:
    raise AssertionError("presses are heard by the views that the client registered")


class _Unheard:
    press_regenerate = press_readings = press_good = press_bad = staticmethod(_unheard)
    failed = staticmethod(_unheard)


def buttons(state: State, form: Form, *, readings: bool) -> discord.ui.View | None:
    """What stands below a message in this state. `readings` as in `DoneView`."""
    if form is not Form.RICH:
        return None
    if state.unfinished:
        return _shown(State.WRITING, False)
    return _shown(state, readings) if state is State.DONE else None


@cache
def _shown(state: State, readings: bool) -> discord.ui.View:
    """A view to be sent, over and over. It is stopped: discord.py would otherwise keep an
    entry for each message that ever had buttons, for as long as the process lives."""
    if state is State.WRITING:
        view: discord.ui.View = WritingView(_unheard, _unheard)
    else:
        view = DoneView(_Unheard(), readings=readings)
    view.stop()
    return view
