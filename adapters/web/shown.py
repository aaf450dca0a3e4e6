"""What the bot and people say, as parts of a page: messages, notices, errors.

Files of notices are kept for a while, each for its visitor alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.small_print import lines
from adapters.web.live import Live
from adapters.web.pages import render
from adapters.web.ruby import Piece, pieces
from adapters.web.visitor import Visitor
from bot.bounded import Bounded
from bot.chat import Chat
from bot.errors import BotError
from bot.messages import Message, Role
from bot.notices import File, Notice

MOST_FILES = 100  # that can be fetched, of all visitors together


@dataclass(frozen=True, slots=True)
class Said:
    """A message as a page shows it."""

    role: Role
    pieces: Sequence[Piece]
    text: str
    partial: bool = False
    footnote: tuple[str, ...] = ()
    newest: bool = False


class Shown:
    """Makes parts of pages."""

    def __init__(self, chat: Chat, live: Live) -> None:
        self._chat = chat
        self._live = live
        self._files: Bounded[str, tuple[str, File]] = Bounded(MOST_FILES)

    async def message(self, visitor: Visitor, message: Message, *, newest: bool = False) -> Said:
        """A stored message."""
        found = await pieces(self._chat, visitor.caller, message.text, visitor.readings)
        return Said(message.role, found, message.text, message.partial, newest=newest)

    async def reply(
        self, visitor: Visitor, text: str, *, partial: bool = False, footnote: str = ""
    ) -> str:
        """A reply that has just ended."""
        found = await pieces(self._chat, visitor.caller, text, visitor.readings)
        said = Said(Role.ASSISTANT, found, text, partial, tuple(lines(footnote)), newest=True)
        return self.article(visitor, said)

    async def question(self, visitor: Visitor, text: str) -> str:
        """What the visitor has just said."""
        found = await pieces(self._chat, visitor.caller, text, visitor.readings)
        return self.article(visitor, Said(Role.USER, found, text))

    def article(self, visitor: Visitor, said: Said) -> str:
        """A message, as HTML."""
        return render("message.html", japanese=visitor.japanese, visitor=visitor, said=said)

    def notice(self, visitor: Visitor, notice: Notice | BotError, section: str = "chat") -> str:
        """A notice, as HTML; where it is read, its buttons lead back to `section`."""
        file = picture = None
        if isinstance(notice, BotError):
            shown = Notice(notice.english, notice.japanese)
        else:
            shown = notice
            if notice.file is not None:
                file = self._kept(visitor, notice.file)
                picture = notice.file.name.endswith(".png")
        return render(
            "notice.html",
            japanese=visitor.japanese,
            visitor=visitor,
            notice=shown,
            wrong=isinstance(notice, BotError),
            file=file,
            file_name=shown.file.name if shown.file else "",
            picture=picture,
            section=section,
        )

    def lately(self, visitor: Visitor, section: str) -> list[str]:
        """What was said lately without being asked, for a page without a script."""
        said = self._live.lately(visitor.person)
        return [self.notice(visitor, notice, section) for notice in said]

    def file(self, visitor: Visitor, id: str) -> File | None:
        """A file that this visitor was given."""
        person, file = self._files.get(id, ("", None))
        return file if person == visitor.person else None

    def forget(self, person: str) -> None:
        """Keep none of somebody's files."""
        for id in [id for id, (whose, _) in self._files.items() if whose == person]:
            self._files.pop(id, None)

    def _kept(self, visitor: Visitor, file: File) -> str:
        id = secrets.token_urlsafe(16)
        self._files[id] = visitor.person, file
        return id
