"""/furigana, /reading, /pitch."""

from __future__ import annotations

import pytest

from bot.errors import BotError
from bot.notices import Style
from storage.store import SqlStore
from tests.bot.study_commands.conftest import Ask

TEXT = "三本の映画を見ました。"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("", "三本(さんぼん)の映画(えいが)を見(み)ました。"),
        ("inline ", "三本(さんぼん)の映画(えいが)を見(み)ました。"),
        ("kana ", "さんぼんのえいがをみました。"),
        ("romaji ", "Sanbon no eiga o mimashita."),
    ],
)
async def test_a_text_is_shown_in_a_form(ask: Ask, form: str, expected: str) -> None:
    """The others are offered, and its words."""
    notice = await ask(f"/furigana {form}{TEXT}")
    assert notice.both().splitlines()[-1] == expected
    shown = form.strip() or "inline"
    offered = [offer.command for offer in notice.offers if offer.text == TEXT]
    forms = ("inline", "hidden", "kana", "romaji", "picture")
    assert offered == [*(f"furigana {each}" for each in forms if each != shown), "save"]


async def test_hidden_readings_are_hidden_and_nothing_else(ask: Ask) -> None:
    """For a self-test."""
    notice = await ask(f"/furigana hidden {TEXT}")
    assert not isinstance(notice.detail, str)
    hidden = [span.text for span in notice.detail if span.style is Style.HIDDEN]
    assert hidden == ["さんぼん", "えいが", "み"]


async def test_a_picture_is_a_png(ask: Ask) -> None:
    """As a file."""
    notice = await ask(f"/furigana picture {TEXT}")
    assert notice.file is not None and notice.file.content.startswith(b"\x89PNG")


async def test_what_is_no_japanese_is_gone_around(ask: Ask) -> None:
    """Links, mentions, code, emoji and Latin words stay as they are."""
    kept = "https://example.com/日本 <@123> `今日` 🎌 Python"
    notice = await ask(f"/furigana {kept} 今日")
    assert f"{kept} 今日(きょう)" in notice.both()


async def test_a_corrected_reading_holds_for_the_group_and_is_taken_back(
    ask: Ask, store: SqlStore
) -> None:
    """By who corrected it, or an administrator; nobody else changes it."""
    await ask("/reading 人気 ヒトケ")
    assert "人気(ひとけ)の店" in (await ask("/furigana 人気の店", "u2")).both()
    for change in ("default", "にんき"):
        with pytest.raises(BotError, match="Somebody else"):
            await ask(f"/reading 人気 {change}", "u2")
    assert "人気  ひとけ" in (await ask("/reading")).both()
    await ask("/reading 人気 default", "u3", administrator=True)
    assert "人気(にんき)の店" in (await ask("/furigana 人気の店")).both()
    assert "No reading of 人気" in (await ask("/reading 人気 default")).english


async def test_what_somebody_set_who_has_nothing_kept_of_them_is_anybodys(ask: Ask) -> None:
    """Or they could not take back what they set a moment ago."""
    await ask("/privacy out")
    await ask("/reading 人気 ひとけ")
    await ask("/reading 人気 じんき", "u2")
    await ask("/reading 人気 default", "u2")
    await ask("/reading 人気 ひとけ")
    assert "dictionary" in (await ask("/reading 人気 default")).english


async def test_the_ways_to_read_a_word_are_offered(ask: Ask) -> None:
    """Those of the analyser and the dictionary, and a field."""
    notice = await ask("/reading 市場")
    assert "しじょう" in notice.japanese
    assert "reading 市場 いちば" in [offer.command for offer in notice.offers]
    assert [offer.command for offer in notice.offers if offer.asks] == ["reading 市場"]
    several = await ask("/reading 市場 映画 市場 今日")
    assert [offer.typed for offer in several.offers] == [
        "/reading 市場",
        "/reading 映画",
        "/reading 今日",
    ]


@pytest.mark.parametrize(
    "argument",
    [
        "きょう",
        "hello",
        "今日 today",
        "今日 kyou",
        "漢" * 21,
        "漢" * 4_001,
        "🎌",
        "今日 " + "きょう" * 20,
        "[漢字](https://a.b) かんじ",
        "||漢字|| かんじ",
        "<@123>漢字 かんじ",
        "漢字@everyone かんじ",
    ],
)
async def test_what_is_no_word_or_no_reading_is_refused(ask: Ask, argument: str) -> None:
    """Nothing is kept of it."""
    with pytest.raises(BotError):
        await ask(f"/reading {argument}")
    assert "No reading was corrected" in (await ask("/reading")).english


async def test_pitch_is_drawn_with_where_the_voice_falls(ask: Ask) -> None:
    """箸 falls after its first mora."""
    assert "は↘し" in (await ask("/pitch 箸")).both()
