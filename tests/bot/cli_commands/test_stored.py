"""`kaiwa forget` and `kaiwa export`."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.input_history import history_file
from bot.messages import FinishReason
from storage.database import Database
from storage.store import SqlStore
from tests.bot.commands import Result
from tests.bot.test_cli import stored_conversation
from tests.fakes.incoming import CHANNEL, incoming

ROOT = Path(__file__).parents[3]
THREAD = replace(CHANNEL, platform="discord", thread="t1")


def on_discord(folder: Path) -> None:
    """A thread in which u1 (Yuki) asked twice, u2 once; u1 also told their level."""

    async def store() -> None:
        async with await Database.open(f"sqlite+aiosqlite:///{folder}/kaiwa.db") as database:
            kept = SqlStore(database)
            for number, user in enumerate(("u1", "u2", "u1")):
                said = incoming(f"m{number}", conversation=THREAD, author=user)
                stored = await kept.add_message(said)
                reply = await kept.start_reply(stored.conversation_id, stored.message_id)
                assert reply is not None
                await kept.finish_reply(reply.id, "はい。", FinishReason.END)
            await kept.set_member_setting("discord", "u1", "level", "n4")

    asyncio.run(store())


def contents(folder: Path) -> bytes:
    """Every byte of the database's files."""
    return b"".join(path.read_bytes() for path in folder.glob("kaiwa.db*"))


def test_conversations_are_listed_with_people_and_dates(
    kaiwa: Callable[..., Result], tmp_path: Path
) -> None:
    """A line each: id, place, messages, from when to when, who spoke."""
    stored_conversation(tmp_path, "秘密です", "二つ目")
    on_discord(tmp_path)
    mine, theirs = kaiwa("forget").out.splitlines()
    assert re.fullmatch(r"1  console local/default  4 messages  \d{4}-\d\d-\d\d", mine)
    place = f"2  discord {THREAD.workspace}/{THREAD.channel}/t1  6 messages  "
    assert theirs.startswith(place) and theirs.endswith("  田中")


def test_nothing_is_deleted_through_a_pipe_unless_that_is_said(
    kaiwa: Callable[..., Result], tmp_path: Path
) -> None:
    """What would be is shown, with what to add. Then it is gone for good, and only that."""
    stored_conversation(tmp_path, "秘密です", "二つ目")
    on_discord(tmp_path)
    refused = kaiwa("forget", "1")
    assert refused.code == 1 and "4 messages" in refused.err and "--yes" in refused.err
    assert "秘密です".encode() in contents(tmp_path)
    assert "Deleted 4 messages" in kaiwa("forget", "1", "--yes").out
    assert len(kaiwa("forget").out.splitlines()) == 1
    assert kaiwa("forget", "1", "--yes").code == 1
    assert "秘密です".encode() not in contents(tmp_path)


@pytest.mark.parametrize(("answer", "left"), [("\x04", True), ("はい", False)])
def test_at_a_terminal_it_is_asked(tmp_path: Path, answer: str, left: bool) -> None:
    """Only a yes deletes."""
    stored_conversation(tmp_path, "秘密です")
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "forget", "1"],
        stdin=child,
        stdout=child,
        stderr=child,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    os.close(child)
    screen = b""
    while b"> " not in screen:
        screen += os.read(parent, 65_536)
    os.write(parent, f"{answer}\r".encode() if answer != "\x04" else b"\x04")
    assert process.wait(60) == int(left)
    os.close(parent)
    assert "2 messages" in screen.decode() and "[y/N]" in screen.decode()
    assert ("秘密です".encode() in contents(tmp_path)) is left


def test_a_person_is_forgotten_with_a_receipt(kaiwa: Callable[..., Result], tmp_path: Path) -> None:
    """As /forget-me does it; what others said stays."""
    on_discord(tmp_path)
    asked = kaiwa("forget", "--person", "discord:u1")
    assert asked.code == 1 and "4 messages" in asked.err and "told me of yourself" not in asked.out
    done = kaiwa("forget", "--person", "discord:u1", "--yes")
    assert "Deleted 4 messages" in done.out and "things you told me of yourself" in done.out
    assert "  2 messages  " in kaiwa("forget").out
    assert "Deleted 0 messages" in kaiwa("forget", "--person", "discord:u1", "--yes").out


@pytest.mark.parametrize("named", ["u1", "irc:u1", "discord:"])
def test_who_is_meant_has_to_be_said(kaiwa: Callable[..., Result], named: str) -> None:
    """Platform and id."""
    for command in ("forget", "export"):
        result = kaiwa(command, "--person", named)
        assert result.code == 1 and "PLATFORM:ID" in result.err


def test_what_was_typed_is_forgotten_with_the_consoles_conversation(
    kaiwa: Callable[..., Result], tmp_path: Path
) -> None:
    """And not with another platform's."""
    stored_conversation(tmp_path, "秘密です")
    on_discord(tmp_path)
    history_file().write_text("秘密です")
    kaiwa("forget", "2", "--yes")
    assert history_file().read_text() == "秘密です"
    kaiwa("forget", "1", "--yes")
    assert history_file().read_text() == ""


def rows(text: str) -> list[dict[str, object]]:
    """The lines of an export."""
    return [json.loads(line) for line in text.splitlines()]


def test_a_conversation_is_exported(kaiwa: Callable[..., Result], tmp_path: Path) -> None:
    """Its own rows alone, of every table."""
    stored_conversation(tmp_path, "秘密です")
    on_discord(tmp_path)
    found = rows(kaiwa("export", "--conversation", "1").out)
    assert [row["table"] for row in found] == ["conversations", *["messages"] * 2, "replies"]
    assert [row.get("text") for row in found][1:3] == ["秘密です", "はい。"]
    missing = kaiwa("export", "--conversation", "9")
    assert missing.code == 1 and missing.out == "" and "no conversation 9" in missing.err


def test_a_person_is_exported(kaiwa: Callable[..., Result], tmp_path: Path) -> None:
    """What /export hands over."""
    on_discord(tmp_path)
    found = rows(kaiwa("export", "--person", "discord:u1").out)
    assert [row["kind"] for row in found] == [*["messages"] * 4, "member_settings"]


def test_everything_is_exported_to_a_file_of_its_owners(
    kaiwa: Callable[..., Result], tmp_path: Path
) -> None:
    """Whole, mode 600, and not over another file."""
    stored_conversation(tmp_path, "秘密です")
    on_discord(tmp_path)
    told = kaiwa("export", "--all", "all.jsonl")
    assert told.out == "" and "✓ all.jsonl: " in told.err
    found = rows((tmp_path / "all.jsonl").read_text("utf-8"))
    assert {"conversations", "messages", "replies", "member_settings"} <= {
        row["table"] for row in found
    }
    assert (tmp_path / "all.jsonl").stat().st_mode & 0o777 == 0o600
    again = kaiwa("export", "--all", "all.jsonl")
    assert again.code == 1 and "--force" in again.err
    assert kaiwa("export", "--all", "all.jsonl", "--force").code == 0
    nowhere = kaiwa("export", "--all", "no/all.jsonl")
    assert nowhere.code == 1 and "ありません" in nowhere.err
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".all")]


@pytest.mark.parametrize("arguments", [(), ("--all", "--person", "discord:u1")])
def test_what_to_export_has_to_be_said(
    kaiwa: Callable[..., Result], arguments: tuple[str, ...]
) -> None:
    """Exactly one of them."""
    assert "Give one of" in kaiwa("export", *arguments).err


def test_a_reader_that_has_enough_ends_an_export_quietly(tmp_path: Path) -> None:
    """As with `kaiwa export --all | head`."""
    stored_conversation(tmp_path, *(f"{number}" * 5_000 for number in range(8)))
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "bot", "export", "--all"],
        stdout=write,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")
