"""Writes the transcripts and pictures of docs/study.md and docs/study.ja.md: each command that
stands in them is given anew, at the console, with the built-in model.

    python -m tests.study_pages
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters import console
from adapters.console_notices import shown
from bot.app import open_app
from bot.chat import Chat
from bot.config import Settings
from bot.errors import BotError
from bot.messages import ReplyEnd
from bot.notices import Notice

DOCS = Path(__file__).parent.parent / "docs"
PAGES = (DOCS / "study.md", DOCS / "study.ja.md")
PROMPT = "あなた> "
_BLOCK = re.compile(rf"(?<=^```text\n){PROMPT}(.+)\n(?:.*\n)*?(?=```$)", re.MULTILINE)

Say = Callable[[str], Awaitable[str]]


def commands_in(page: str) -> list[str]:
    """The commands whose answers a page shows, in order."""
    return [match[1] for match in _BLOCK.finditer(page)]


async def rewritten(page: str, say: Say) -> str:
    """A page with each of its transcripts as it is now."""
    found = list(_BLOCK.finditer(page))
    answers = [await say(match[1]) for match in found]
    for match, answer in reversed(list(zip(found, answers, strict=True))):  # so that places stay
        page = f"{page[: match.start()]}{PROMPT}{match[1]}\n{answer}\n{page[match.end() :]}"
    return page


def at_console(chat: Chat, pictures: Path | None) -> Say:
    """What the console answers. `pictures`: where those are put that belong to it."""
    key = console.conversation_key("docs")

    async def say(text: str) -> str:
        said = ""
        try:
            async for event in console.answer(chat, key, text):
                if isinstance(event, Notice):
                    said = shown(event, offers=False, pictures=pictures)
                elif isinstance(event, ReplyEnd):
                    said = event.text
        except BotError as error:
            said = error.both()
        return "\n".join(line.rstrip() for line in said.splitlines())

    return say


async def _write() -> None:
    (DOCS / "images").mkdir(exist_ok=True)
    for page in PAGES:  # each from the beginning: what is saved for one is not there for the next
        with TemporaryDirectory() as folder:
            url = f"sqlite+aiosqlite:///{folder}/kaiwa.db"
            settings = Settings.model_validate({"storage": {"url": url}})
            async with open_app(settings, lambda text: None) as parts:
                say = at_console(parts.chat, DOCS / "images")
                text = page.read_text("utf-8")
                page.write_text(await rewritten(text, say), "utf-8")


if __name__ == "__main__":
    asyncio.run(_write())
