"""A real Prometheus over a real Kaiwa: `python -m tests.prometheus`.

Starts `kaiwa run` with a Discord of its own, lets people ask, has Prometheus (Debian's package)
scrape it, and puts each expression of the dashboard and the alerts to it. Prints what each gave.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.fakes.discord_server import DiscordServer
from tests.fakes.shared.listening import free_port

ROOT = Path(__file__).parent.parent
DASHBOARD = ROOT / "deploy" / "grafana" / "kaiwa.json"
RULES = ROOT / "deploy" / "prometheus" / "kaiwa.rules.yml"
INSTALLED = shutil.which("prometheus") is not None and shutil.which("promtool") is not None
QUESTIONS = 6


def dashboard() -> Iterator[tuple[str, str]]:
    """The title and each expression of every panel, as Grafana sends it."""
    for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]:
        for target in panel["targets"]:
            expression = target["expr"].replace("$instance", ".*")
            yield panel["title"], re.sub(r"\$__rate_interval|1h\b", "10s", expression)


def rules() -> Iterator[tuple[str, str]]:
    """The name and the expression of every alert."""
    for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


@asynccontextmanager
async def prometheus(target: int, folder: Path) -> AsyncIterator[str]:
    """One that scrapes a port every second; its address."""
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [
            {"job_name": "kaiwa", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def values(address: str, expression: str) -> list[dict[str, Any]]:
    """What an expression gives now. Raises ValueError where it is none."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{address}/api/v1/query", params={"query": expression}) as answer,
    ):
        told = await answer.json()
    if told["status"] != "success":
        raise ValueError(f"{expression}: {told.get('error')}")
    found: list[dict[str, Any]] = told["data"]["result"]
    return found


async def until_scraped(address: str, times: int) -> None:
    """Wait until it has scraped so often."""
    async with asyncio.timeout(120):
        while True:
            try:
                found = await values(address, 'count_over_time(up{job="kaiwa"}[5m])')
            except aiohttp.ClientError:  # it begins
                found = []
            if found and float(found[0]["value"][1]) >= times:
                return
            await asyncio.sleep(0.2)


async def until_counted(address: str, expression: str) -> None:
    """Wait until an expression has a value."""
    async with asyncio.timeout(120):
        while not await values(address, expression):  # noqa: ASYNC110  Prometheus tells nobody
            await asyncio.sleep(0.2)


async def _asked(server: DiscordServer) -> None:
    tanaka = server.user("tanaka")
    channel = server.channel(server.guild("N5", tanaka), "general")
    for number in range(QUESTIONS):
        server.user_says(channel, tanaka, f"{server.bot.mention} VRはなんですか。")
        await server.until(
            lambda wanted=number + 1: len(server.bot_messages(channel)) >= wanted  # type: ignore[misc]
        )
    server.user_says(channel, tanaka, f"{server.bot.mention} /help")  # answered in private


async def main() -> int:
    """Print what each expression gave; 1 where an alert fires, or one is no expression."""
    port, wrong = free_port(), 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with DiscordServer(privileged=["message_content"]) as server:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run"),
                cwd=folder,
                env=os.environ
                | {
                    "PYTHONPATH": str(ROOT),
                    "KAIWA_DISCORD_TOKEN": "token",
                    "KAIWA_DISCORD__ENABLED": "true",
                    "KAIWA_DISCORD__API_URL": server.api_url,
                    "KAIWA_MONITORING__ENABLED": "true",
                    "KAIWA_MONITORING__PORT": str(port),
                    "KAIWA_CHAT__USER_MESSAGES_PER_MINUTE": "0",
                },
            )
            try:
                await server.ready()
                async with prometheus(port, folder) as address:
                    await until_scraped(address, 3)
                    await _asked(server)
                    seen = time.monotonic()
                    await until_counted(address, "kaiwa_commands_total")
                    await until_scraped(address, 8)
                    print(f"scraped for {time.monotonic() - seen:.0f} s after the last answer")
                    for title, expression in dashboard():
                        found = await values(address, expression)
                        shown = ", ".join(each["value"][1] for each in found[:4])
                        print(f"{title}: {shown or 'nothing counted yet'}")
                    for alert, expression in rules():
                        firing = await values(address, expression)
                        print(f"{alert}: {'FIRES' if firing else 'quiet'}")
                        wrong += bool(firing)
            finally:
                process.terminate()
                await process.wait()
    return 1 if wrong else 0


if __name__ == "__main__":
    if not INSTALLED:
        sys.exit("Prometheus is not installed: apt install prometheus")
    sys.exit(asyncio.run(main()))
