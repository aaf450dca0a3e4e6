"""The web page in a real browser: everything that a member does there, and whether everybody can.

Skipped where Debian's chromium is not installed.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from adapters.web.platform import WebPlatform
from bot.chat import Chat
from bot.study.study import Study
from tests.adapters.web.browsing import ADMIN, GUILD
from tests.adapters.web.chromium import (
    DESK,
    NEEDED,
    PHONE,
    complaints,
    executable,
    opened,
    too_wide,
)
from tests.fakes.generator import FakeGenerator

pytestmark = pytest.mark.skipif(executable() is None, reason=f"no chromium: {NEEDED}")

PAGES = ("/chat", "/quiz", "/review", "/words", "/word?q=勉強", "/progress", "/stored", "/admin")


@pytest.fixture
async def window(
    page: WebPlatform, chat: Chat, study: Study, tmp_path: Path
) -> AsyncIterator[Page]:
    """A browser in which an administrator has logged in, and what they do is answered."""
    chat.study = study
    async with opened(tmp_path / "browser", page.url) as window:
        await log_in(window, chat)
        yield window


async def log_in(window: Page, chat: Chat) -> None:
    """Open a link and press its button, by the keyboard alone."""
    assert chat.logins is not None
    await window.goto(await chat.logins.link(ADMIN))
    await window.keyboard.press("Tab")
    await expect(window.get_by_role("link", name="Skip to the content")).to_be_focused()
    await window.get_by_role("button", name="Log in").focus()
    await window.keyboard.press("Enter")
    await expect(window.get_by_role("heading", name="Chat", exact=True)).to_be_visible()


async def say(window: Page, text: str) -> None:
    """Type something and press Enter."""
    await window.get_by_label("Message").fill(text)
    await window.keyboard.press("Enter")


async def test_a_member_does_everything(
    window: Page, chat: Chat, generator: FakeGenerator, tmp_path: Path
) -> None:
    """Chats, switches readings, opens a card, saves, reviews, answers a quiz, takes everything
    along, and is forgotten."""
    log = window.get_by_role("log")
    generator.gate.clear()
    generator.script = [["毎日", "日本語を", "勉強しています。"], ["わかりました。"]]
    await say(window, "何をしていますか。")
    await expect(window.get_by_role("button", name="Stop")).to_be_visible()
    await expect(window.get_by_label("Message")).to_be_focused()
    generator.gate.set()
    reply = log.locator("article.assistant")
    await expect(reply.locator("rt").first).to_have_text("まいにち")
    await expect(window.get_by_role("button", name="Stop")).to_be_hidden()

    readings = window.get_by_role("button", name="Readings")
    await readings.click()
    await expect(reply.locator("rt").first).to_be_hidden()
    await expect(readings).to_have_attribute("aria-pressed", "false")
    await window.reload()
    await expect(reply.locator("rt").first).to_be_hidden()
    await readings.click()
    await expect(reply.locator("rt").first).to_be_visible()
    await window.get_by_label("Readings above").select_option("n4")
    await window.get_by_role("button", name="Set").click()
    await expect(reply.get_by_role("link", name="勉強")).to_be_visible()
    await expect(reply.locator("rt")).to_have_count(0)  # all of these words are N5

    await reply.get_by_role("link", name="勉強").focus()
    await window.keyboard.press("Enter")
    card = window.get_by_role("dialog")
    await expect(card).to_contain_text("べんきょう")
    await card.get_by_role("button", name="Save 勉強", exact=True).click()
    await expect(card.get_by_role("status")).to_have_text("Saved.")
    await window.keyboard.press("Escape")
    await expect(card).to_be_hidden()
    (word,) = await chat.store.saved_words("discord", "u9")
    assert (word.text.word, word.text.sentence) == ("勉強", "毎日日本語を勉強しています。")

    await say(window, "/jisho 学校")
    await expect(log.locator("article.notice").last).to_contain_text("school")
    await log.get_by_role("button", name="Kanji 校").click()
    await expect(log.get_by_role("img")).to_be_visible()

    await window.get_by_role("button", name="Write the last reply again").click()
    await expect(reply).to_have_text(re.compile("わかりました。"))

    await window.get_by_role("link", name="Words").click()
    await expect(window.get_by_role("row")).to_have_count(2)
    await expect(window.get_by_role("rowheader")).to_contain_text("勉強")
    await window.get_by_role("link", name="Review", exact=True).click()
    await window.get_by_role("button", name="Show", exact=True).click()
    await expect(log).to_contain_text("study")
    await log.get_by_role("button", name="Good").click()
    await expect(log).to_contain_text("Nothing is due now.")

    await window.get_by_role("link", name="Quiz").click()
    await window.get_by_role("button", name="Start a quiz").click()
    await log.get_by_role("button", name="1. ").click()  # of the question that came by itself
    await expect(log).to_contain_text(re.compile("The answer:|Right!"))  # by chance
    await window.get_by_role("button", name="Stop", exact=True).click()
    await expect(log).to_contain_text("Stopped.")

    await window.get_by_role("link", name="What is stored").click()
    async with window.expect_download() as downloading:
        await window.get_by_role("button", name="Download everything").click()
    await (await downloading.value).save_as(tmp_path / "export.json")
    said = [each["text"] for each in json.loads((tmp_path / "export.json").read_text())["messages"]]
    assert said == ["何をしていますか。", "わかりました。"]

    await window.get_by_role("button", name="Delete everything").click()
    await expect(window.get_by_role("alert")).to_be_visible()
    await window.get_by_role("checkbox").check()
    await window.get_by_role("button", name="Delete everything").click()
    await expect(window.get_by_role("heading", name="Deleted")).to_be_visible()
    assert await chat.store.count_of("web", "discord:u9") == 0
    await window.goto(f"{window.url.partition('/stored')[0]}/chat")
    await expect(window.get_by_role("heading", name="Log in")).to_be_visible()


async def test_an_administrator_sets_the_channel(window: Page, chat: Chat) -> None:
    """And sees that it is so."""
    await window.get_by_role("link", name="Administration").click()
    await window.get_by_label("When I answer").select_option("always")
    await window.get_by_role("button", name="Set").first.click()
    await expect(window.get_by_role("status")).to_contain_text("always")
    assert (await chat.store.settings(GUILD))["mode"] == "always"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everybody_can_use_each_page(window: Page, scheme: str) -> None:
    """axe-core finds nothing, in light and in dark; nothing needs to be scrolled sideways on a
    phone; nothing is refused by the page's own rules."""
    problems: list[str] = []
    window.on("console", lambda said: problems.append(f"{window.url}: {said.text}"))
    window.on("pageerror", lambda error: problems.append(f"{window.url}: {error}"))
    await window.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
    await say(window, "学校で日本語を勉強します。 https://example.org/" + "a" * 200)
    await expect(window.locator("article.assistant rt").first).to_be_visible()
    await say(window, "/furigana hidden 学校")
    await expect(window.get_by_role("log")).to_contain_text("Hidden")
    origin = window.url.partition("/chat")[0]
    for path in PAGES:
        if path != "/chat":
            await window.goto(origin + path)
        problems += await complaints(window)
        await window.set_viewport_size(PHONE)  # type: ignore[arg-type]  # as DESK
        if await too_wide(window):
            problems.append(f"{path}: too wide for a phone")
        await window.set_viewport_size(DESK)  # type: ignore[arg-type]  # a TypedDict of the same
    await window.goto(f"{origin}/chat")
    await window.locator("article.assistant a.w").first.click()
    await expect(window.get_by_role("dialog")).to_be_visible()
    problems += await complaints(window)
    await window.context.clear_cookies()
    for path in ("/", "/login/" + "x" * 43, "/nowhere"):
        await window.goto(origin + path)
        problems += [each for each in await complaints(window) if "favicon" not in each]
    problems = [each for each in problems if "Failed to load resource" not in each]
    assert not problems, "\n".join(problems)


async def test_without_a_script_the_pages_work(
    page: WebPlatform, chat: Chat, study: Study, tmp_path: Path
) -> None:
    """Logging in, saying something, a command's buttons, words."""
    chat.study = study
    async with opened(tmp_path / "browser", page.url, scripts=False) as first:
        await log_in(first, chat)
        await first.get_by_label("Message").fill("こんにちは")
        await first.get_by_role("button", name="Send").click()
        await expect(first.locator("article.assistant")).to_have_text(re.compile("こんにちは"))
        await first.get_by_label("Message").fill("/jisho 学校")
        await first.get_by_role("button", name="Send").click()
        await first.get_by_role("button", name="Save", exact=True).first.click()
        await expect(first.locator("article.notice").last).to_contain_text("Saved")
        await first.get_by_role("link", name="Words").click()
        await expect(first.get_by_role("rowheader")).to_contain_text("学校")
