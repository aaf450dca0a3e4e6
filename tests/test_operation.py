"""`kaiwa run` as a service: what its supervisor and its monitoring hear, and what signals do."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.fakes.discord_server import DiscordServer
from tests.fakes.shared.listening import free_port

ROOT = Path(__file__).parent.parent
CONFIG = """
[generation]
temperature = 0
[discord]
enabled = true
[monitoring]
enabled = true
port = {port}
[chat]
mode = "{mode}"
"""


class Running:
    """The process, its log as far as it was read, and its supervisor's ear."""

    def __init__(self, process: asyncio.subprocess.Process, ear: socket.socket) -> None:
        self.process = process
        self.log = ""
        self.heard: list[str] = []
        self._ear = ear

    async def until_logged(self, pattern: str) -> str:
        """The first line from now on that matches."""
        assert self.process.stderr is not None
        async with asyncio.timeout(200):
            while True:
                line = (await self.process.stderr.readline()).decode()
                assert line, f"it ended without {pattern!r}: {self.log}"
                self.log += line
                if re.search(pattern, line):
                    return line

    async def until_heard(self, beginning: str) -> None:
        """The supervisor was told this."""
        async with asyncio.timeout(200):
            while not any(each.startswith(beginning) for each in self.heard):
                with suppress(BlockingIOError):
                    while True:
                        self.heard.append(self._ear.recv(4096).decode())
                await asyncio.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
async def test_a_service_from_its_start_to_its_end(tmp_path: Path) -> None:
    """Ready once it serves; settings read anew; SIGTERM lets a reply come to its own end."""
    port, config = free_port(), tmp_path / "config.toml"
    config.write_text(CONFIG.format(port=port, mode="mention"))
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(str(tmp_path / "notify"))
    ear.setblocking(False)
    async with (
        DiscordServer(privileged=["message_content"]) as server,
        aiohttp.ClientSession() as http,
    ):

        async def ask(path: str) -> tuple[int, Any]:
            async with http.get(f"http://127.0.0.1:{port}{path}") as answer:
                return answer.status, await answer.text()

        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "KAIWA_DISCORD_TOKEN": "token",
            "KAIWA_DISCORD__API_URL": server.api_url,
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "600000000",
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"),
            cwd=tmp_path,
            env=environment,
            stderr=asyncio.subprocess.PIPE,
        )
        kaiwa = Running(process, ear)
        try:
            started = await kaiwa.until_logged(r"INFO bot.serving: Kaiwa ")
            assert f"model demo on cpu, Discord, data in {tmp_path}" in started
            await kaiwa.until_heard("READY=1")
            assert {"STATUS=Serving discord", "WATCHDOG=1"} <= set(kaiwa.heard)
            assert (await ask("/healthz/ready"))[0] == 200
            tanaka = server.user("tanaka")
            channel = server.channel(server.guild("N5", tanaka), "general")

            config.write_text(CONFIG.format(port=port, mode="sometimes"))
            process.send_signal(signal.SIGHUP)
            await kaiwa.until_logged("ERROR .* the settings stay as they are: .*mode")
            config.write_text(CONFIG.format(port=port + 1, mode="always"))
            process.send_signal(signal.SIGHUP)
            await kaiwa.until_logged(r'INFO .*\[chat\] mode is "always" from now on')
            await kaiwa.until_logged(
                r"WARNING .*\[monitoring\] port has changed, which takes effect"
            )
            await kaiwa.until_heard("RELOADING=1")
            server.user_says(channel, tanaka, "VRはなんですか。")  # no mention: the mode is new
            await server.until(lambda: server.bot_messages(channel))
            process.send_signal(signal.SIGTERM)  # while it is written
            line = await kaiwa.until_logged("discord, conversation .* first words after")
            assert line.rstrip().endswith(": end")
            await kaiwa.until_heard("STOPPING=1")
            assert process.stderr is not None
            kaiwa.log += (await process.stderr.read()).decode()
            assert await process.wait() == 0
            assert "バーチャルリアリティ" in server.bot_messages(channel)[0].text
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()
            ear.close()
    assert "VRは" not in kaiwa.log and "バーチャル" not in kaiwa.log
    # Frames of a stack, which a machine that is too slow for the watchdog brings, are indented.
    begins = [line for line in kaiwa.log.splitlines() if not re.search(r"^ |bot\.watchdog", line)]
    lines = [re.sub(r"^\S+ \S+ ", "", line) for line in begins]
    assert len(lines) == len(set(lines)), "a line stands twice in the log"
