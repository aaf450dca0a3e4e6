"""Makes the picture of docs/explore.md: the built-in model's replies in Chromium.

python -m tests.explore_picture
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.adapters.web.chromium import NEEDED, executable, opened
from tests.bot.study.built import study_file
from tests.web_pictures import IMAGES, give_fonts

QUESTIONS = "私の名前は田中です。私の名前は何ですか。\n「水」は英語で何ですか。\n"
WINDOW = {"width": 1280, "height": 1040}
OPTIONS = ("--temperature", "0.7,1,1.6", "--replies", "3", "--html", "page.html")


async def take(folder: Path) -> None:
    """The page's beginning."""
    give_fonts(folder)
    file = folder / "page.html"
    async with opened(folder / "browser", folder.as_uri()) as window:
        await window.set_viewport_size(WINDOW)  # type: ignore[arg-type]  # a TypedDict
        await window.goto(file.as_uri())
        await window.screenshot(path=IMAGES / "explore.png")


def main() -> None:
    """Let `kaiwa explore` write a page, and take its picture."""
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
    print(IMAGES / "explore.png")


if __name__ == "__main__":
    main()
