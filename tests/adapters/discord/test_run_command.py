"""`kaiwa run` as an operator starts it: a process of its own, against the fake Discord."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.fakes.discord_api.faults import Fault
from tests.fakes.discord_server import DiscordServer
from tests.loose_ends import loose_ends

ROOT = Path(__file__).parents[3]
EDIT = "PATCH /channels/{channel}/messages/{message}"


@asynccontextmanager
async def run(
    folder: Path, api_url: str, *, token: str = "token", **settings: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process, killed at the end if it still runs."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "KAIWA_DISCORD_TOKEN": token,
        "KAIWA_DISCORD__ENABLED": "true",
        "KAIWA_DISCORD__API_URL": api_url,
        "KAIWA_GENERATION__TEMPERATURE": "0",
        **{f"KAIWA_DISCORD__{name.upper()}": value for name, value in settings.items()},
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        cwd=folder,
        env=environment,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until_said(process: asyncio.subprocess.Process, text: str) -> str:
    """Read the operator's lines up to one with this text, which is returned."""
    assert process.stderr is not None
    async with asyncio.timeout(200):
        while text not in (line := (await process.stderr.readline()).decode()):
            assert line, f"it ended without saying {text!r}"
    return line


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, list[str]]:
    """The exit code, and what it said since then, without the model's progress and the log."""
    assert process.stderr is not None
    said = (await process.stderr.read()).decode().splitlines()
    await process.wait()
    assert not loose_ends("\n".join(said))
    progress = ("データの場所", "組み込み", "Using", "Loading", "Warming")
    said = [line for line in said if not line.startswith(progress)]
    said = [line for line in said if " INFO " not in line or "Ending" in line]
    return process.returncode, said


async def test_a_wrong_token_is_a_line_in_each_language(tmp_path: Path) -> None:
    """No traceback, and the place where a new one is made."""
    async with DiscordServer() as server, run(tmp_path, server.api_url, token="no") as process:
        code, said = await ended(process)
    assert code == 1 and len(said) == 2
    assert "KAIWA_DISCORD_TOKEN" in said[1] and "discord.com/developers" in said[1]


async def test_a_missing_intent_is_a_line_in_each_language(tmp_path: Path) -> None:
    """With the page that switches it on."""
    async with (
        DiscordServer() as server,
        run(tmp_path, server.api_url, message_content="on") as process,
    ):
        code, said = await ended(process)
    assert code == 1 and len(said) == 2
    assert "Message Content Intent" in said[1] and "/bot" in said[1]


async def test_a_server_that_is_down_is_waited_for(tmp_path: Path) -> None:
    """A line an attempt, with growing pauses; SIGTERM ends it well."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and not listened to
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/api/v10"
        async with run(tmp_path, url) as process:
            pauses = [
                re.search(r"Trying again in (\d+) s", await until_said(process, "Discord: "))
                for _ in range(3)
            ]
            process.send_signal(signal.SIGTERM)
            code, said = await ended(process)
    assert [int(pause[1]) for pause in pauses if pause] == [1, 2, 4]
    assert code == 0 and len([line for line in said if "Trying again" not in line]) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a Unix thing")
async def test_killed_while_it_writes_it_answers_once_after_its_return(tmp_path: Path) -> None:
    """kill -9 while the reply cannot be shown in full; the next start does, in its message."""
    async with DiscordServer(privileged=["message_content"]) as server:
        tanaka = server.user("tanaka")
        channel = server.channel(server.guild("N5", tanaka), "general")
        server.faults.fail_next("PATCH", r"/channels/\d+/messages", Fault(503), times=1_000)
        async with run(tmp_path, server.api_url) as process:
            await until_said(process, "invite me")
            await server.ready()
            server.user_says(channel, tanaka, f"{server.bot.mention} VRはなんですか。")
            (reply,) = await server.replies(channel)
            await server.until(lambda: server.counts[EDIT])
            process.kill()
            await process.wait()
        assert reply.custom_ids == ["kaiwa:stop"]
        server.faults.relent()
        async with run(tmp_path, server.api_url) as process:
            await server.until(lambda: "kaiwa:good" in reply.custom_ids, within=200)
            process.send_signal(signal.SIGTERM)
            code, said = await ended(process)
        assert code == 0 and not any("Traceback" in line for line in said)
        assert server.bot_messages(channel) == [reply]
        assert "バーチャルリアリティ" in reply.text
