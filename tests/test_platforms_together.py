"""`kaiwa run` and `kaiwa check` with Discord and Slack: one engine, one database, side by side."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from tests.adapters.slack.steps import finished
from tests.fakes.discord_server import DiscordServer
from tests.fakes.slack_server import SlackServer
from tests.loose_ends import loose_ends

ROOT = Path(__file__).parent.parent
NOWHERE = "http://127.0.0.1:9/api/"


def environment(discord: str, slack: SlackServer | None, **further: str) -> dict[str, str]:
    """What an operator sets; a Slack that is None cannot be reached."""
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "KAIWA_GENERATION__TEMPERATURE": "0",
        "KAIWA_DISCORD__ENABLED": "true",
        "KAIWA_DISCORD__API_URL": discord,
        "KAIWA_DISCORD_TOKEN": "token",
        "KAIWA_SLACK__ENABLED": "true",
        "KAIWA_SLACK__API_URL": slack.api_url if slack else NOWHERE,
        "KAIWA_SLACK_BOT_TOKEN": slack.token if slack else "xoxb-1",
        "KAIWA_SLACK_APP_TOKEN": slack.app_token if slack else "xapp-1",
        **further,
    }


@asynccontextmanager
async def kaiwa(
    folder: Path, command: str, variables: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process, killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", command),
        cwd=folder,
        env=variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until_said(process: asyncio.subprocess.Process, *texts: str) -> str:
    """Read the operator's lines until each of these texts was in one; all that was read."""
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(200):
        while not all(text in said for text in texts):
            line = (await process.stdout.readline()).decode()
            assert line, f"it ended without saying {texts!r}: {said}"
            said += line
    return said


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str]:
    """The exit code, and what it said since then."""
    output, _ = await process.communicate()
    assert process.returncode is not None
    assert not loose_ends(output.decode())
    return process.returncode, output.decode()


@contextmanager
def nobody_listening() -> Iterator[str]:
    """The address of a server that is down."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and not listened to
        yield f"http://127.0.0.1:{nobody.getsockname()[1]}"


async def test_both_platforms_answer_from_one_engine_and_one_database(tmp_path: Path) -> None:
    """One process; each has its conversation; SIGTERM ends both."""
    async with (
        DiscordServer(privileged=["message_content"]) as discord,
        SlackServer() as slack,
        kaiwa(tmp_path, "run", environment(discord.api_url, slack)) as process,
    ):
        said = await until_said(process, "invite me", "Slack: connected")
        assert said.count("Loading model") == 1
        await discord.ready()
        tanaka = discord.user("tanaka")
        channel = discord.channel(discord.guild("N5", tanaka), "general")
        suzuki = slack.person("鈴木")
        general = slack.channel("general", suzuki)
        discord.user_says(channel, tanaka, f"{discord.bot.mention} VRはなんですか。")
        asked = suzuki.says(general, f"{slack.bot.mention} VRはなんですか。")
        (reply,) = await finished(slack, general, asked)
        await discord.until(
            lambda: any("kaiwa:good" in m.custom_ids for m in discord.bot_messages(channel))
        )
        process.send_signal(signal.SIGTERM)
        code, rest = await ended(process)
        assert code == 0 and "Traceback" not in said + rest
        shown = discord.bot_messages(channel)[0].text
        assert "バーチャルリアリティ" in reply.shown and "バーチャルリアリティ" in shown
        assert not slack.complaints
    with sqlite3.connect(tmp_path / "kaiwa.db") as database:
        rows = database.execute("SELECT DISTINCT platform FROM conversations ORDER BY platform")
        assert [row[0] for row in rows] == ["discord", "slack"]
    database.close()


@pytest.mark.parametrize("down", ["discord", "slack"])
async def test_one_platform_that_is_down_does_not_touch_the_other(
    tmp_path: Path, down: str
) -> None:
    """It is told of and tried again, with pauses that grow, while the other one answers."""
    async with (
        DiscordServer(privileged=["message_content"]) as discord,
        SlackServer() as slack,
    ):
        with nobody_listening() as nobody:
            variables = environment(discord.api_url, slack)
            variables[f"KAIWA_{down.upper()}__API_URL"] = f"{nobody}/api/"
            async with kaiwa(tmp_path, "run", variables) as process:
                told = await until_said(process, "again in 1 s", "again in 2 s")
                assert re.search(rf"{down.title()}: .*Trying again in 1 s", told)
                if down == "discord":
                    suzuki = slack.person("鈴木")
                    asked = suzuki.says(suzuki.dm, "VRはなんですか。")
                    (reply,) = await finished(slack, suzuki.dm, asked)
                    assert "バーチャルリアリティ" in reply.shown
                else:
                    await discord.ready()
                    tanaka = discord.user("tanaka")
                    channel = discord.channel(discord.guild("N5", tanaka), "general")
                    discord.user_says(channel, tanaka, f"{discord.bot.mention} VRはなんですか。")
                    (message,) = await discord.replies(channel)
                    await discord.until(lambda: "kaiwa:good" in message.custom_ids)
                process.send_signal(signal.SIGTERM)
                code, rest = await ended(process)
                assert code == 0 and "Traceback" not in told + rest


async def test_a_token_that_one_platform_refuses_is_told_and_the_other_answers(
    tmp_path: Path,
) -> None:
    """In both languages, with where to find another; when none is left, it ends with 1."""
    async with (
        DiscordServer(privileged=["message_content"]) as discord,
        SlackServer() as slack,
    ):
        wrong = environment(discord.api_url, slack, KAIWA_SLACK_BOT_TOKEN="xoxb-wrong")
        async with kaiwa(tmp_path, "run", wrong) as process:
            told = await until_said(process, "KAIWA_SLACK_BOT_TOKEN", "invite me")
            assert "api.slack.com/apps" in told and "受け付けられません" in told
            await discord.ready()
            process.send_signal(signal.SIGTERM)
            code, _ = await ended(process)
            assert code == 0
        wrong["KAIWA_DISCORD_TOKEN"] = "wrong"
        async with kaiwa(tmp_path, "run", wrong) as process:
            code, told = await ended(process)
        assert code == 1 and "Traceback" not in told
        assert "KAIWA_SLACK_BOT_TOKEN" in told and "KAIWA_DISCORD_TOKEN" in told


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ("KAIWA_SLACK_BOT_TOKEN", "OAuth & Permissions"),
        ("KAIWA_SLACK_APP_TOKEN", "connections:write"),
    ],
)
async def test_a_missing_token_is_told_before_the_model_is_loaded(
    tmp_path: Path, variable: str, told: str
) -> None:
    """A line in each language, with where its value is found."""
    variables = environment(NOWHERE, None, KAIWA_DISCORD__ENABLED="false", **{variable: ""})
    async with kaiwa(tmp_path, "run", variables) as process:
        code, said = await ended(process)
    assert code == 1 and len(said.splitlines()) == 2
    assert variable in said and told in said


async def test_check_says_of_each_platform_whether_it_can_be_reached(tmp_path: Path) -> None:
    """One that is down does not hide the other."""
    async with DiscordServer(privileged=["message_content"]) as discord, SlackServer() as slack:
        async with kaiwa(tmp_path, "check", environment(discord.api_url, slack)) as process:
            code, said = await ended(process)
        assert code == 0
        assert "✓ Discord: " in said and "✓ Slack: 職場, Socket Mode" in said
        async with kaiwa(tmp_path, "check", environment(discord.api_url, None)) as process:
            code, said = await ended(process)
        assert code == 1
        assert "✓ Discord: " in said and "✗ Slack: " in said and "cannot be reached" in said
        wrong = environment(discord.api_url, slack, KAIWA_SLACK_APP_TOKEN="xapp-wrong")
        async with kaiwa(tmp_path, "check", wrong) as process:
            code, said = await ended(process)
        assert code == 1 and "KAIWA_SLACK_APP_TOKEN" in said and "Traceback" not in said
