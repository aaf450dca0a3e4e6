"""The page: complete, of itself, and readable for everybody."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.explore.page import page
from bot.explore.running import Asked, Ran
from bot.explore.summary import ranked, summary
from bot.messages import FinishReason, Prompt
from tests.adapters.web.chromium import complaints, executable, opened, too_wide
from tests.bot.explore.made import COOL, NOW, reply

MARKUP = '<script src="https://example.org/x.js">alert(1)</script><img src=x>'


def made() -> str:
    """Two settings, two prompts, one reply fewer in one of them."""
    replies = (
        reply("はい、そうです。"),
        reply(MARKUP, number=2),
        reply("Yes.", asked=1),
        reply("昔々", 2, reason=FinishReason.LENGTH),
        reply("", 2, asked=1, reason=None),
    )
    prompt = Prompt("", (1,), ())
    asked = [Asked("これは本ですか。", prompt), Asked("Is <b>this</b> a book?", prompt)]
    ran = Ran(replies, 2.0, prompt_tokens=100, cached_tokens=75)
    ranking = ranked([summary(cell, replies, None) for cell in (NOW, COOL)])
    return page(ran, asked, ranking, model="demo", level="n4")


class Tags(HTMLParser):
    """Every element with its attributes, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note it."""
        self.text += data


def test_nothing_is_asked_for_and_replies_are_text() -> None:
    """No script, picture, link or font; what looks like one stands there as it was said."""
    tags = Tags()
    tags.feed(made())
    assert not {tag for tag, _ in tags.found} & {"script", "img", "link", "iframe", "b", "a"}
    assert not any(name in ("src", "href") for _, given in tags.found for name in given)
    assert "url(" not in made() and "default-src 'none'" in made()
    assert MARKUP in tags.text and "Is <b>this</b> a book?" in tags.text


def test_everything_is_there_in_both_languages() -> None:
    """Each reply in its language, what is wrong with it, and the lines for config.toml."""
    text = made()
    assert (
        '<span lang="ja">はい、そうです。</span>' in text and '<span lang="en">Yes.</span>' in text
    )
    for words in ("途中", "cut", "失敗", "failed", "今の設定", "N4 より難しい", "words above N4"):
        assert words in text
    assert "[generation]\ntemperature = 1.0\ntop_p = 0.85\n" in text
    assert "75%" in text and "temperature&nbsp;0.7" in text
    rows = re.findall(r"<tr.*?</tr>", text.partition('id="q1"')[2], re.DOTALL)
    assert {len(re.findall("<t[hd]", row)) for row in rows} == {3}  # a setting and two replies


@pytest.mark.skipif(executable() is None, reason="no Chromium")
async def test_it_is_accessible_and_asks_nobody(tmp_path: Path) -> None:
    """axe-core finds nothing in light and dark; on a phone only the tables scroll sideways."""
    file = tmp_path / "page.html"
    file.write_text(made(), "utf-8")
    async with opened(tmp_path / "browser", file.parent.as_uri()) as window:
        await window.goto(file.as_uri())
        for scheme in ("light", "dark"):
            await window.emulate_media(color_scheme=scheme)
            assert await complaints(window) == []
        await window.set_viewport_size({"width": 360, "height": 740})
        assert not await too_wide(window)
