"""What the bot says of itself, as a terminal's text."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

from bot.messages import ConversationKey
from bot.notices import File, Notice, Offer, Span, Style

LONGEST_OFFER = 60  # characters of a command that is shown whole


class ConsoleAnnouncer:
    """Says what nobody asked for just now, whichever conversation of the console is open.

    Implements `bot.ports.Announcer`.
    """

    def __init__(self, say: Callable[[str], None], *, offers: bool) -> None:
        self._say = say
        self._offers = offers
        self._numbers = count(1)

    async def announce(self, conversation: ConversationKey, notice: Notice) -> str:
        """Say it; the number of the saying."""
        self._say(shown(notice, offers=self._offers))
        return str(next(self._numbers))


def shown(notice: Notice, *, offers: bool = True, pictures: Path | None = None) -> str:
    """A notice as text. A terminal has nowhere to hand a text over but the screen; other files are
    put into a folder, which is named: `pictures`, or one of its own."""
    text = notice.both(_marked)
    if notice.file is not None:
        text += "\n" + _handed_over(notice.file, pictures)
    if offers and notice.offers:
        text += "\n" + "\n".join(f"  [{_label(offer)}] {_typed(offer)}" for offer in notice.offers)
    return text


def _marked(span: Span) -> str:
    if span.style is Style.ADDED:
        return f"{{+{span.text}+}}"
    if span.style is Style.REMOVED:
        return f"[-{span.text}-]"
    return "＿" * len(span.text) if span.style is Style.HIDDEN else span.text


def _label(offer: Offer) -> str:
    if offer.japanese == offer.english:
        return offer.english
    return f"{offer.japanese} / {offer.english}"


def _typed(offer: Offer) -> str:
    whole = " ".join(offer.typed.split()) + (" …" if offer.asks else "")
    return whole if len(whole) <= LONGEST_OFFER else f"{whole[: LONGEST_OFFER - 1]}…"


def _handed_over(file: File, pictures: Path | None) -> str:
    if file.name.endswith((".json", ".txt")):
        return file.content.decode().rstrip()
    folder = pictures or Path(tempfile.mkdtemp(prefix="kaiwa-"))
    (folder / file.name).write_bytes(file.content)
    return f"→ {file.name if pictures else folder / file.name}"
