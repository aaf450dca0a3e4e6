from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sentencepiece

from adapters.console import conversation_key, to_incoming
from bot.app import DEMO_FOLDER
from bot.messages import FinishReason
from storage.database import Database
from storage.store import SqlStore
from tests.bot.commands import Result

CARD = [
    {"speaker": "ユーザー", "text": "Hello, you are an assistant that helps me learn Japanese."},
    {"speaker": "システム", "text": "Sure, what can I do for you?"},
    {"speaker": "ユーザー", "text": "VRはなんですか。"},
]
CARD_PROMPT = (
    "ユーザー: Hello, you are an assistant that helps me learn Japanese.\n"
    "システム: Sure, what can I do for you?\n"
    "ユーザー: VRはなんですか。\n"
    "システム: "
)


def turns_file(folder: Path, content: object) -> str:
    """A file of turns; a string is written as it is."""
    path = folder / "turns.json"
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    path.write_text(text, "utf-8")
    return str(path)


def stored_conversation(folder: Path, *said: str) -> None:
    """A console conversation in which every message was answered with はい。"""

    async def store() -> None:
        async with await Database.open(f"sqlite+aiosqlite:///{folder}/kaiwa.db") as database:
            history = SqlStore(database)
            for text in said:
                stored = await history.add_message(to_incoming(conversation_key("default"), text))
                reply = await history.start_reply(stored.conversation_id, stored.message_id)
                assert reply is not None
                await history.finish_reply(reply.id, "はい。", FinishReason.END)

    asyncio.run(store())


def test_the_prompt_of_turns_is_printed_exactly(
    kaiwa: Callable[..., Result], tmp_path: Path
) -> None:
    """The model card's example byte for byte, and nothing else."""
    assert kaiwa("prompt", "--turns", turns_file(tmp_path, CARD)) == Result(0, CARD_PROMPT, "")


def test_the_prompts_ids_are_those_of_the_sentencepiece_library(
    kaiwa: Callable[..., Result], tmp_path: Path
) -> None:
    """With --ids a JSON object of text and ids."""
    result = kaiwa("prompt", "--turns", turns_file(tmp_path, CARD), "--ids")
    pieces = sentencepiece.SentencePieceProcessor(str(DEMO_FOLDER / "spiece.model"))
    assert json.loads(result.out) == {"text": CARD_PROMPT, "ids": pieces.encode(CARD_PROMPT)}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "Invalid JSON"),
        ([{"speaker": "田中", "text": "a"}], "speaker is ユーザー or システム"),
        ([{"speaker": "ユーザー"}], "'text'"),
        ([{"speaker": "ユーザー", "text": 1}], "valid string"),
        ({"speaker": "ユーザー"}, "valid array"),
        ("\udcff".encode("utf-8", "surrogateescape").decode("latin-1"), "Invalid JSON"),
    ],
)
def test_a_bad_file_of_turns_is_explained(
    kaiwa: Callable[..., Result], tmp_path: Path, content: object, reason: str
) -> None:
    """It names the file, the reason, and the right form."""
    result = kaiwa("prompt", "--turns", turns_file(tmp_path, content))
    assert result.code == 1 and result.out == ""
    assert "turns.json" in result.err and reason in result.err
    assert "JSON list" in result.err


def test_a_file_that_is_not_there_is_named(kaiwa: Callable[..., Result]) -> None:
    """With the system's own reason."""
    result = kaiwa("prompt", "--turns", "nowhere.json")
    assert "nowhere.json: No such file" in result.err


@pytest.mark.parametrize(
    "arguments", [("export", "--all"), ("restore",), ("--home",)], ids=["export", "restore", "home"]
)
def test_a_file_that_the_system_refuses_is_named_with_its_reason(
    kaiwa: Callable[..., Result], arguments: tuple[str, ...]
) -> None:
    """As one in a folder of another account is; here its name is too long."""
    name = "x" * 300
    rest = ("check",) if arguments == ("--home",) else ()
    result = kaiwa(*arguments, name, *rest)
    assert result.code == 1 and name in result.err and "File name too long" in result.err


@pytest.mark.parametrize("arguments", [[], ["--turns", "a", "--conversation", "1"]])
def test_the_prompt_of_what_has_to_be_said(
    kaiwa: Callable[..., Result], arguments: list[str]
) -> None:
    """Exactly one of the two."""
    result = kaiwa("prompt", *arguments)
    assert result.code == 1 and "either --turns FILE or --conversation ID" in result.err


def test_the_prompt_of_a_stored_conversation(kaiwa: Callable[..., Result], tmp_path: Path) -> None:
    """The preamble, then what was said."""
    stored_conversation(tmp_path, "こんにちは", "元気？")
    assert kaiwa("prompt", "--conversation", "1").out == (
        CARD_PROMPT.partition("ユーザー: VR")[0]
        + "ユーザー: こんにちは\nシステム: はい。\nユーザー: 元気？\nシステム: はい。\nシステム: "
    )
    missing = kaiwa("prompt", "--conversation", "7")
    assert missing.code == 1 and "no conversation 7" in missing.err


def test_check_is_content_with_a_fresh_install(kaiwa: Callable[..., Result]) -> None:
    """Every part is a line with ✓."""
    result = kaiwa("check")
    assert result.code == 0, result.out
    parts = [line.split()[1] for line in result.out.splitlines()]
    assert parts == ["settings", "database", "model", "device", "memory", "study"]
    assert all(line.startswith("✓") for line in result.out.splitlines())


@pytest.mark.parametrize(
    ("setting", "value", "part"),
    [
        ("KAIWA_MODEL__ID", "./nowhere", "model"),
        ("KAIWA_MODEL__DEVICE", "cuda:99", "device"),
        ("KAIWA_STORAGE__URL", "sqlite+aiosqlite:////proc/kaiwa/x.db", "database"),
        ("KAIWA_MODEL__DTYPE", "float99", "settings"),
    ],
)
def test_check_names_what_is_missing_with_its_fix(
    kaiwa: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    value: str,
    part: str,
) -> None:
    """A ✗, and exit code 1."""
    monkeypatch.setenv(setting, value)
    result = kaiwa("check")
    assert result.code == 1
    (bad,) = [line for line in result.out.splitlines() if line.startswith("✗")]
    assert bad.split()[1] == part


def test_a_mistake_in_the_settings_is_one_line_and_code_2(
    kaiwa: Callable[..., Result], tmp_path: Path
) -> None:
    """Naming file, key and the nearest known key."""
    (tmp_path / "config.toml").write_text('[model]\nidd = "demo"\n')
    result = kaiwa("chat")
    assert result.code == 2 and result.out == ""
    assert "config.toml: [model] idd is not a setting. Did you mean id?" in result.err
