"""`kaiwa explore` as it is typed, with the built-in model."""

from __future__ import annotations

import asyncio
import re
import sys
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.config_file import example
from bot.messages import ConversationKey, FinishReason, IncomingMessage
from storage.database import Database
from storage.store import SqlStore
from tests.bot.commands import Result
from tests.empty_database import put_empty_database

SMALL = ("--temperature", "0.5,3", "--replies", "2", "--max-new-tokens", "12")


def put_conversation(folder: Path) -> None:
    """One with a question, its answer, and nothing after that."""

    async def fill() -> None:
        async with await Database.open(f"sqlite+aiosqlite:///{folder}/kaiwa.db") as database:
            store = SqlStore(database)
            key = ConversationKey("console", "", "default")
            asked = IncomingMessage(key, "1", "u", "U", "犬は好きですか。", datetime.now(UTC))
            stored = await store.add_message(asked)
            opened = await store.start_reply(stored.conversation_id, stored.message_id)
            assert opened is not None
            await store.finish_reply(opened.id, "はい、好きです。", FinishReason.END)

    put_empty_database(folder / "kaiwa.db")
    asyncio.run(fill())


def test_a_file_and_a_conversation_are_answered_shown_and_one_setting_is_kept(
    kaiwa: Callable[..., Result], tmp_path: Path
) -> None:
    """The whole way: tables, a page, and a config.toml that says what was chosen."""
    put_conversation(tmp_path)
    (tmp_path / "q.txt").write_text("# よくある質問\n日本の首都はどこですか。\n\n", "utf-8")
    (tmp_path / "config.toml").write_text(example(), "utf-8")
    result = kaiwa(
        *("explore", "q.txt", "--conversation", "1", *SMALL),
        *("--html", "page.html", "--choose", "2"),
    )
    assert result.code == 0, result.err
    for words in ("日本の首都はどこですか。", "犬は好きですか。", "now 3", "reply 2"):
        assert words in result.out
    assert "よくある" not in result.out  # a comment
    shared = re.search(r"12 replies, .* ([0-9]+)% of the prompts' tokens were shared", result.out)
    assert shared and int(shared[1]) > 60
    assert (tmp_path / "page.html").read_text("utf-8").count("<table>") == 3
    assert tomllib.loads((tmp_path / "config.toml").read_text("utf-8"))["generation"] == {
        "temperature": 3.0, "top_p": 0.85, "top_k": 0, "repetition_penalty": 1.0,
    }  # fmt: skip
    assert "# How freely words are chosen" in (tmp_path / "config.toml").read_text("utf-8")


def test_a_choice_alone_is_written_without_a_model(
    kaiwa: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The numbers are the grid's; where there is no file one is made, and what wins over it is
    told."""
    monkeypatch.setenv("KAIWA_GENERATION__TOP_K", "5")
    result = kaiwa("explore", "--temperature", "0.5,3", "--choose", "1")
    assert result.code == 0 and "temperature = 0.5" in result.err
    assert "KAIWA_GENERATION__TOP_K wins over the file" in result.err
    made = tomllib.loads((tmp_path / "config.toml").read_text("utf-8"))
    assert made["generation"]["temperature"] == 0.5 and made["generation"]["top_k"] == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Give a file with a question on each line"),
        (("q.txt",), "q.txt: cannot be read (No such file"),
        (("empty.txt",), "empty.txt has no question"),
        (("broken.txt",), "is not UTF-8 text"),
        (("--conversation", "5"), "There is no conversation 5"),
        (("--choose", "99"), "There is no setting 99: they are numbered from 1 to 8"),
        (("--choose", "1", "--top-p", "7"), "top_p must be a number"),
        (("--choose", "1", "--level", "n9"), "--level is one of n5"),
        (("good.txt", "--html", "empty.txt"), "empty.txt is there already"),
        (("good.txt", "--html", "none/page.html"), "could not be written"),
        (("good.txt", "--level", "n4"), "kaiwa study setup"),
    ],
)
def test_what_cannot_be_tried_is_said_before_a_model_is_loaded(
    kaiwa: Callable[..., Result], tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    """In a line."""
    put_empty_database(tmp_path / "kaiwa.db")
    (tmp_path / "empty.txt").write_text("# nothing\n")
    (tmp_path / "good.txt").write_text("a\n")
    (tmp_path / "broken.txt").write_bytes(b"\xff\xfe\xfa")
    result = kaiwa("explore", *arguments)
    assert result.code == 1 and words in result.err and "Loading" not in result.err


def test_at_a_terminal_the_number_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is one; Enter and Ctrl-D keep things as they are."""
    from bot.explore.choice import ask
    from tests.bot.explore.made import COOL, NOW

    def answering(*answers: str) -> None:
        given = iter(answers)
        monkeypatch.setattr("builtins.input", lambda prompt: next(given))

    monkeypatch.setattr(sys, "stderr", sys.stdout)
    answering("7", "two", "2")
    assert ask([NOW, COOL]) is COOL
    answering("")
    assert ask([NOW, COOL]) is None
