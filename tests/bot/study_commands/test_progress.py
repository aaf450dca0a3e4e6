"""/progress: in lines, and as a picture."""

from __future__ import annotations

from tests.bot.study_commands.conftest import Ask


async def test_progress_is_told_in_lines_and_as_a_picture(ask: Ask) -> None:
    """By stage and by level, with what comes next."""
    await ask("/save 猫")
    await ask("/save 経済")
    card = (await ask("/review")).offers[0].typed
    await ask(f"{card}.4")
    notice = await ask("/progress")
    assert "2 words; 0 due today, 1 in 30 days. 1 day in a row." in notice.english
    assert "保存した言葉2語" in notice.japanese and "1日連続" in notice.japanese
    shown = notice.localized(japanese=False).both()
    assert "new 1・review 1" in shown and "N5 1" in shown
    assert "新規 1・復習 1" in notice.localized(japanese=True).both()
    assert notice.file is not None and notice.file.content.startswith(b"\x89PNG")


async def test_who_saved_nothing_is_told_how(ask: Ask) -> None:
    """Without a picture of nothing."""
    notice = await ask("/progress")
    assert "/save 食べる" in notice.english and notice.file is None
