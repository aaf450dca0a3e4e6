"""The messages in which one reply stands on a platform, and what is tried where it refuses one.

While a reply is written, what is refused is left out; only its end counts. Then a text is shown
without buttons, then as plain text, then in another message, whatever the platform's reason is.
Knows neither when something is shown (streaming.py) nor how a platform does it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from adapters.outlet import Form, MessageGone, Outlet, Refused, State, Unchangeable
from bot.errors import BotError
from bot.ports import ReplyLedger

log = logging.getLogger(__name__)

T = TypeVar("T")


async def insist(forms: Sequence[Form], change: Callable[[Form], Awaitable[T]]) -> T:
    """Make a change in the first of these forms that is accepted. Raises Refused if none is."""
    refused = Refused()
    for form in forms:
        try:
            return await change(form)
        except Unchangeable:
            raise
        except Refused as error:
            log.info("a message was refused in its form %s (%s)", form.name.lower(), error.code)
            refused = error
    raise refused


@dataclass(slots=True)
class Messages:
    """One reply's. `shown` is what each message shows, None where that is not known.

    `sure`: what is sent next was not sent before. `instead` are those that could not be changed,
    by the positions at which others stand or will stand; `surplus` those that are to be removed.
    `left_out` is what was refused while the reply was written. `read`: some of its text was shown.
    """

    outlet: Outlet
    ledger: ReplyLedger
    reply_id: int | None = None
    ids: list[str] = field(default_factory=list)
    shown: list[tuple[str, State] | None] = field(default_factory=list)
    sure: bool = True
    instead: dict[int, str] = field(default_factory=dict)
    surplus: list[str] = field(default_factory=list)
    left_out: dict[int, tuple[str, State]] = field(default_factory=dict)
    read: bool = False

    def begin(self, reply_id: int, platform_ids: Sequence[str]) -> None:
        """A reply starts, perhaps in messages that an earlier attempt sent."""
        self.reply_id = reply_id
        self.ids = list(platform_ids)
        self.shown = [None] * len(platform_ids)

    def being_written(self, platform_id: str) -> bool:
        """Whether more is to come in one of these messages."""
        if platform_id not in self.ids:
            return False
        shown = self.shown[self.ids.index(platform_id)]
        return shown is None or shown[1].unfinished

    async def go_on(self, parts: Sequence[str], state: State) -> None:
        """Show what there is so far, as far as the platform takes it."""
        for position, wanted in enumerate(_wanted(parts, state)):
            new = position == len(self.ids)
            if self.left_out.get(position) == wanted:
                if new:
                    return
                continue
            try:
                await self._bring(position, wanted, (Form.RICH,))
            except (Refused, BotError) as error:
                if new and isinstance(error, BotError):
                    raise
                log.debug("what is written is shown later: %r", error)
                self.left_out[position] = wanted
                if new:
                    return

    async def end(self, parts: Sequence[str], state: State) -> None:
        """Show the end, in whatever form and message the platform takes it; no more than that
        remains. Raises Refused where it takes none."""
        for position, wanted in enumerate(_wanted(parts, state)):
            try:
                await self._bring(position, wanted, self.outlet.forms)
            except Refused:
                if position == len(self.ids):
                    raise
                self._give_up(position)
                await self._bring(position, wanted, self.outlet.forms)
        await self.remove(len(parts))

    async def remove(self, first: int) -> None:
        """Delete the messages from `first` on; those that remain are tried again."""
        if len(self.ids) > first:
            while len(self.ids) > first:
                await self._delete(self.ids[-1])
                del self.ids[-1], self.shown[-1]
            await self._record()
        while self.surplus:
            await self._delete(self.surplus[-1])
            del self.surplus[-1]

    async def _delete(self, platform_id: str) -> None:
        with suppress(MessageGone, Refused, BotError):  # then it stays
            await self.outlet.remove(platform_id)

    async def _bring(self, position: int, wanted: tuple[str, State], forms: Sequence[Form]) -> None:
        """Let a message show a text in one of these forms; send it, if it is the next one."""
        if position == len(self.ids):
            sure, self.sure = self.sure, False
            anew = self.instead.get(position, "")
            try:
                sent = await insist(
                    forms, lambda form: self.outlet.send(position, *wanted, form, anew)
                )
            except Refused:
                self.sure = sure
                raise
            self.ids.append(sent)
            self.shown.append(wanted if sure else None)
            self.sure = True
            await self._record()
        if self.shown[position] != wanted:
            id = self.ids[position]
            await insist(forms, lambda form: self.outlet.edit(id, *wanted, form))
            self.shown[position] = wanted
        self.read = self.read or wanted[1] not in (State.WAITING, State.NOTE)

    def _give_up(self, position: int) -> None:
        """A message cannot be changed: it and, for the order, those behind it are sent anew."""
        self.instead |= dict(enumerate(self.ids[position:], position))
        self.surplus += self.ids[position:]
        del self.ids[position:], self.shown[position:]

    async def _record(self) -> None:
        if self.reply_id is not None:
            await self.ledger.record_sent(self.reply_id, self.ids)


def _wanted(parts: Sequence[str], state: State) -> list[tuple[str, State]]:
    """What each message is to show: the last one has the state, another one follows the others."""
    return [*((text, State.CONTINUED) for text in parts[:-1]), (parts[-1], state)]
