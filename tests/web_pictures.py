"""Makes the pictures of docs/web.md: the web page in Chromium, with a dictionary and made-up talk.

python -m tests.web_pictures
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Page, expect

from bot.chat import Chat
from bot.messages import Role, Turn
from bot.ports import Caller
from bot.prompt import RinnaFormat
from bot.study.study import Study
from storage.database import Database
from storage.store import SqlStore
from tests.adapters.web.browsing import GUILD, serving
from tests.adapters.web.chromium import NEEDED, PHONE, executable, opened
from tests.bot.study.built import study_file
from tests.fakes.generator import FakeGenerator
from tests.fakes.letters import CharacterTokenizer

IMAGES = Path(__file__).parent.parent / "docs" / "images"
WINDOW = {"width": 860, "height": 720}
MEMBER = Caller(GUILD, "u1", administrator=True, name="Anna")
PREAMBLE = (Turn(Role.USER, "Hello"), Turn(Role.ASSISTANT, "Sure"))
TALK = (
    ("週末に京都へ旅行に行きました。", "いいですね。京都で何を食べましたか。"),
    (
        "湯豆腐を食べました。とても美味しかったです。",
        "湯豆腐は冬にぴったりですね。お寺も見物しましたか。",
    ),
)
SAVED = ("湯豆腐", "見物", "旅行", "経験", "勉強", "季節")


@asynccontextmanager
async def talking(
    folder: Path, replies: Sequence[str] = tuple(reply for _, reply in TALK)
) -> AsyncIterator[Chat]:
    """A chat that says these in turn."""
    study = Study(study_file())
    async with await Database.open(f"sqlite+aiosqlite:///{folder}/kaiwa.db") as database:
        generator = FakeGenerator(script=[[reply] for reply in replies])
        yield Chat(
            SqlStore(database),
            generator,
            RinnaFormat(CharacterTokenizer()),
            preamble=PREAMBLE,
            study=study,
        )
    study.close()


def give_fonts(folder: Path) -> None:
    """Have Chromium find the font of readings' pictures, whatever this machine has."""
    fonts = folder / "data" / "fonts"
    fonts.mkdir(parents=True)
    for font in files("noto_cjk_sans_jp_regular").iterdir():
        inner = [font, *(font.iterdir() if font.is_dir() else [])]
        for each in inner:
            if each.name.endswith((".otf", ".ttf", ".ttc")):
                shutil.copy(str(each), fonts)
    os.environ["XDG_DATA_HOME"] = str(folder / "data")


async def take(window: Page, name: str) -> None:
    """Keep what is in the window."""
    await window.screenshot(path=IMAGES / f"web-{name}.png")


async def say(window: Page, text: str) -> None:
    """Say something."""
    await window.get_by_label("Message").fill(text)
    await window.keyboard.press("Enter")


async def make(folder: Path) -> None:
    """Walk through the page."""
    give_fonts(folder)
    async with (
        talking(folder) as chat,
        serving(chat) as page,
        opened(folder / "browser", page.url) as window,
    ):
        await window.set_viewport_size(WINDOW)  # type: ignore[arg-type]  # a TypedDict
        assert chat.logins is not None
        await window.goto(await chat.logins.link(MEMBER))
        await window.get_by_role("button", name="Log in").click()
        for text, reply in TALK:
            await say(window, text)
            await expect(window.locator("article.assistant").last).to_contain_text(reply[-4:])
        await take(window, "chat")
        await window.locator("article.assistant").last.get_by_role("link").nth(2).click()
        await expect(window.get_by_role("dialog")).to_be_visible()
        await take(window, "card")
        await window.keyboard.press("Escape")
        for word in SAVED:
            await say(window, f"/save {word}")
            await expect(window.locator("article.notice").last).to_contain_text("Saved")
        await window.get_by_role("link", name="Words").click()
        await take(window, "words")
        await window.emulate_media(color_scheme="dark")
        await window.get_by_role("link", name="Review", exact=True).click()
        await window.get_by_role("button", name="Show", exact=True).click()
        await expect(window.get_by_role("button", name="Good")).to_be_visible()
        await window.set_viewport_size(PHONE)  # type: ignore[arg-type]  # as above
        await take(window, "review")
        await window.set_viewport_size(WINDOW)  # type: ignore[arg-type]  # as above
        await window.emulate_media(color_scheme="light")
        await window.get_by_role("link", name="Administration").click()
        await take(window, "admin")


def main() -> None:
    """Make them all."""
    if executable() is None:
        raise SystemExit(f"no chromium: {NEEDED}")
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        asyncio.run(make(Path(folder)))
    print(f"{datetime.now(UTC):%H:%M:%S} {IMAGES}")


if __name__ == "__main__":
    main()
