"""Makes the pictures of docs/explore.md: the built-in model's replies, and a vote on the web page.

python -m tests.explore_picture
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import expect

from tests.adapters.web.browsing import serving
from tests.adapters.web.chromium import NEEDED, executable, opened
from tests.bot.study.built import study_file
from tests.web_pictures import IMAGES, MEMBER, give_fonts, say, talking

QUESTIONS = "私の名前は田中です。私の名前は何ですか。\n「水」は英語で何ですか。\n"
WINDOW = {"width": 1280, "height": 1040}
QUESTION = "京都では何がおすすめですか。"
COMPARED = (
    "京都では、秋の紅葉がおすすめです。清水寺や嵐山が有名です。",
    "そうですね、まず錦市場で豆乳ドーナツを食べて、それから鴨川のほとりを散歩してみてください。",
)
OPTIONS = ("--temperature", "0.7,1,1.6", "--replies", "3", "--html", "page.html")


async def take(folder: Path) -> None:
    """The page's beginning."""
    give_fonts(folder)
    file = folder / "page.html"
    async with opened(folder / "browser", folder.as_uri()) as window:
        await window.set_viewport_size(WINDOW)  # type: ignore[arg-type]  # a TypedDict
        await window.goto(file.as_uri())
        await window.screenshot(path=IMAGES / "explore.png")


async def vote(folder: Path) -> None:
    """Two replies, and what one is told who has voted."""
    async with (
        talking(folder, COMPARED) as chat,
        serving(chat) as page,
        opened(folder / "voting", page.url) as window,
    ):
        await window.set_viewport_size({"width": 860, "height": 700})
        assert chat.logins is not None
        await window.goto(await chat.logins.link(MEMBER))
        await window.get_by_role("button", name="Log in").click()
        await say(window, f"/compare temperature=0.5 vs temperature=1.2 {QUESTION}")
        await window.get_by_role("button", name="A is better").click()
        await expect(window.locator("article.notice").last).to_contain_text("Your vote")
        await window.screenshot(path=IMAGES / "compare.png")


def main() -> None:
    """Let `kaiwa explore` write a page, and take the pictures."""
    if executable() is None:
        raise SystemExit(f"no chromium: {NEEDED}")
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "questions.txt").write_text(QUESTIONS, "utf-8")
        subprocess.run(
            [sys.executable, "-m", "bot", "explore", "questions.txt", *OPTIONS],
            cwd=folder,
            env=os.environ | {"KAIWA_STUDY__FILE": str(study_file())},
            check=True,
        )
        asyncio.run(take(folder))
        asyncio.run(vote(folder))
    print(IMAGES / "explore.png", IMAGES / "compare.png")


if __name__ == "__main__":
    main()
