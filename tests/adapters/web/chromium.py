"""Debian's Chromium, driven by Playwright: a browser that asks for nothing but the page."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from playwright.async_api import Page, Request, async_playwright

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
NEEDED = "apt-get install chromium"
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1000, "height": 800}
STANDARDS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def executable() -> str | None:
    """Where Chromium is; None where it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@asynccontextmanager
async def opened(
    folder: Path, url: str, *, language: str = "en", scripts: bool = True
) -> AsyncIterator[Page]:
    """A browser as it is when it is new, whose every request must be to this address."""
    found = executable()
    assert found is not None, NEEDED
    foreign: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((f"{url}/", "data:", "blob:")):
            foreign.append(request.url)

    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder,
            executable_path=found,
            args=[*ARGUMENTS],
            headless=True,
            java_script_enabled=scripts,
            locale=language,
            viewport=DESK,  # type: ignore[arg-type]  # a TypedDict of the same keys
            accept_downloads=True,
            env={**os.environ, "TZ": "UTC"},
        )
        try:
            context.on("request", note)
            page = context.pages[0]
            page.set_default_timeout(20_000)
            yield page
        finally:
            await context.close()
    assert not foreign, f"requests to others: {foreign}"


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


async def complaints(page: Page) -> list[str]:
    """What axe finds wrong for people who read with a keyboard, a screen reader, weak eyes."""
    await page.evaluate(_axe())
    options = json.dumps({"runOnly": {"type": "tag", "values": STANDARDS}})
    found: dict[str, Any] = await page.evaluate(f"axe.run(document, {options})")
    return [
        f"{page.url}: {violation['id']}: {node['html']} {node.get('failureSummary', '')}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


async def too_wide(page: Page) -> bool:
    """Whether one must scroll sideways."""
    wide: bool = await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wide
