"""Words out for Anki and in as tables, on both platforms: a file comes, a file goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.study.study import Study
from tests.adapters.stages.discord import DiscordStage
from tests.adapters.stages.giving import giving
from tests.adapters.stages.slack import SlackStage
from tests.adapters.stages.stage import Place, Stage
from tests.adapters.test_study import typed
from tests.anki import Anki, Imported

everywhere = pytest.mark.parametrize("stage", ["discord", "slack"], indirect=True)
TABLE = "\ufeff単語,読み,意味\r\n推し活,おしかつ,cheering for a favourite\r\n食べる\r\n鳥,tori,\r\n"


@pytest.fixture
def learning(stage: Stage, study: Study) -> Stage:
    """The stage with a dictionary."""
    stage.study = study
    return stage


def attach(stage: Stage, place: Place, person: Any, text: str, files: dict[str, bytes]) -> None:
    """Say something to the bot, with files."""
    asked = f"{stage.bot} {text}"
    if isinstance(stage, DiscordStage):
        stage.server.user_says(place.native, person, asked, attachments=files)
    else:
        person.says(place.native, asked, files=files)


async def given(stage: Stage, place: Place, person: Any, name: str, **options: str) -> bytes:
    """The file that a command of the platform's own hands over, to its caller alone."""
    hand = giving(stage)
    answer = await hand.give(place, person, "anki", **options)
    assert answer.private
    if isinstance(stage, DiscordStage):
        files = answer.native.attachments
    else:
        assert isinstance(stage, SlackStage)
        await stage.until(lambda: name in hand.handed(place, person))
        messages = stage.server.bot_messages(person.dm)
        files = [file for message in messages for file in message.files]
    (content,) = [file.content for file in files if file.name == name]
    return bytes(content)


@everywhere
async def test_an_attached_table_is_saved_and_comes_out_for_anki(
    learning: Stage, tmp_path: Path
) -> None:
    """What the table lacks is the dictionary's; what is wrong is told by its line."""
    tanaka = learning.person("田中")
    channel = learning.channel(tanaka)
    await learning.start()
    attach(learning, channel, tanaka, "/import", {"words.csv": TABLE.encode()})
    await learning.until(
        lambda: [*learning.texts(channel), *learning.told(channel, tanaka)],
    )
    said = "\n".join([*learning.texts(channel), *learning.told(channel, tanaka)])
    assert "2 new" in said and "新しい言葉2語" in said
    assert "line 4: write the reading 'tori' in kana" in said
    package = await given(learning, channel, tanaka, "kaiwa-mine.apkg")
    anki = Anki(tmp_path / "anki")
    try:
        assert anki.take(package) == Imported(new=2)
        assert anki.note("食べる")["Reading"] == "たべる"
        assert "to eat" in anki.note("食べる")["Meaning"]
        assert anki.deck("推し活") == "Kaiwa::My words"
    finally:
        anki.close()


@everywhere
async def test_a_table_that_was_exported_changes_nothing_when_it_comes_back(
    learning: Stage,
) -> None:
    """And is handed over as it was."""
    tanaka = learning.person("田中")
    channel = learning.channel(tanaka)
    await learning.start()
    await giving(learning).give(channel, tanaka, "import", table="=犬,いぬ,-dog; +1")
    table = await given(learning, channel, tanaka, "kaiwa-mine.csv", words="mine", file="csv")
    assert table.decode("utf-8-sig").splitlines()[1] == "'=犬,いぬ,'-dog; +1,"
    before = {*learning.texts(channel), *learning.told(channel, tanaka)}
    attach(learning, channel, tanaka, "/import", {"kaiwa-mine.csv": table})

    def new() -> set[str]:
        return {*learning.texts(channel), *learning.told(channel, tanaka)} - before

    await learning.until(new)
    assert "0 new, 1 that you had" in "\n".join(new())


@everywhere
async def test_without_words_it_is_said_how_to_save_some(learning: Stage) -> None:
    """Of one's own, and in the group."""
    tanaka = learning.person("田中")
    channel = learning.channel(tanaka)
    await learning.start()
    assert "anki n5" in await typed(learning, channel, tanaka, "/anki")
    assert "Nobody has saved" in await typed(learning, channel, tanaka, "/アンキ group")
    assert "apkg, csv, tsv" in await typed(learning, channel, tanaka, "/anki n5 pdf")
    assert "Attach a table" in await typed(learning, channel, tanaka, "/import")
