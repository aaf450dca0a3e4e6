"""Measures the web page: how soon a page is ready for somebody with 10,000 saved words, and how
much of it must come before it is painted.

    python -m tests.web_figures
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import ClientSession
from sqlalchemy import insert

from adapters.web.pages import static
from adapters.web.platform import WebPlatform
from bot.chat import Chat
from storage.database import Database
from storage.learning.schema import CardRow, SavedWordRow
from tests.adapters.web.browsing import ADMIN, Browser, logged_in, serving
from tests.adapters.web.chromium import executable, opened
from tests.web_pictures import TALK, talking

WORDS, TIMES = 10_000, 20
PAUSE = 0.3  # seconds between two pages
PATHS = (
    *("/chat", "/words", "/words?page=200", "/words?q=meaning 99", "/word?q=勉強"),
    *("/quiz", "/review", "/progress", "/stored", "/admin"),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one page: seconds, in the middle, and bytes of the first paint, as they are and as they
    come. `browser`: None where there is no Chromium."""

    path: str
    server: float
    browser: float | None
    plain: int
    compressed: int


async def fill(database: Database) -> None:
    """Save words for the administrator; straight into the tables, as one at a time takes long."""
    now = datetime.now(UTC)
    person = {"platform": "discord", "user_id": "u9", "group_id": "1", "entry_id": None}
    words = [
        {
            **person,
            "id": number,
            "word": f"言葉{number}",
            "reading": f"ことば{number}",
            "meaning": f"a word; the meaning {number}",
            "sentence": f"これは言葉{number}です。",
            "saved_at": now - timedelta(seconds=number),
            "changed_at": now,
        }
        for number in range(1, WORDS + 1)
    ]
    card = {"state": 1, "step": 0, "lapses": 0, "suspended": False, "turn": 0, "due": now}
    async with database.write() as connection:
        await connection.execute(insert(SavedWordRow), words)
        await connection.execute(
            insert(CardRow), [{**card, "word_id": word["id"]} for word in words]
        )


@asynccontextmanager
async def learned(folder: Path) -> AsyncIterator[tuple[Chat, WebPlatform, Browser]]:
    """Somebody with many words and some talk, at the page."""
    async with talking(folder) as chat:
        async with await Database.open(f"sqlite+aiosqlite:///{folder}/kaiwa.db") as database:
            await fill(database)
        async with serving(chat) as page, logged_in(page, chat, ADMIN) as admin:
            for text, _ in TALK:
                await admin.say(text)
            yield chat, page, admin


async def in_browser(folder: Path, chat: Chat, page: WebPlatform, path: str) -> float | None:
    """Seconds until a page is ready in Chromium, in the middle: DOMContentLoaded."""
    if executable() is None:
        return None
    async with opened(folder / "browser", page.url) as window:
        assert chat.logins is not None
        await window.goto(await chat.logins.link(ADMIN))
        await window.get_by_role("button", name="Log in").click()
        await window.wait_for_url("**/chat")
        taken: list[float] = []
        for _ in range(TIMES):
            await asyncio.sleep(PAUSE)  # the page before still draws its picture
            await window.goto(page.url + path, wait_until="domcontentloaded")
            milliseconds: float = await window.evaluate(
                "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
            )
            taken.append(milliseconds / 1_000)
    return statistics.median(taken)


async def measured(
    folder: Path, chat: Chat, page: WebPlatform, admin: Browser, path: str
) -> Figures:
    """One page's figures."""
    taken: list[float] = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        answer = await admin.get(path)
        taken.append(time.perf_counter() - begun)
        assert answer.status == 200, answer.status
    async with ClientSession(cookie_jar=admin.session.cookie_jar, auto_decompress=False) as raw:
        headers = {"Accept-Encoding": "gzip"}
        async with raw.get(page.url + path, headers=headers) as response:
            compressed = len(await response.read())
    files = [static("kaiwa.css"), static("kaiwa.js")]
    return Figures(
        path,
        statistics.median(taken),
        await in_browser(folder, chat, page, path),
        len(answer.body) + sum(len(file.content) for file in files),
        compressed + sum(len(file.compressed) for file in files),
    )


def table(found: list[Figures]) -> str:
    """The figures, as a table of Markdown."""
    lines = ["| page | server | in Chromium | first paint | as it comes (gzip) |"]
    lines.append("| --- | ---: | ---: | ---: | ---: |")
    for each in found:
        browser = "—" if each.browser is None else f"{each.browser * 1e3:.0f} ms"
        lines.append(
            f"| `{each.path}` | {each.server * 1e3:.0f} ms | {browser} | "
            f"{each.plain / 1e3:.1f} kB | {each.compressed / 1e3:.1f} kB |"
        )
    return "\n".join(lines)


async def measure(folder: Path) -> list[Figures]:
    """All pages' figures."""
    async with learned(folder) as (chat, page, admin):
        return [await measured(folder, chat, page, admin, path) for path in PATHS]


def main() -> None:
    """Print them."""
    with TemporaryDirectory() as folder:
        print(table(asyncio.run(measure(Path(folder)))))


if __name__ == "__main__":
    main()
