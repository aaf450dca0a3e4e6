"""`kaiwa check` leaves everything as it is, and tries the ports."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from storage.alone import alone
from storage.versions import newest
from tests.bot.commands import Result
from tests.bot.test_cli import stored_conversation
from tests.fakes.openai_server import OpenAIServer


@pytest.fixture(autouse=True)
def servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers run the model, of which none is there: quicker than to look at one here."""
    monkeypatch.setenv("KAIWA_ENGINE__BACKEND", "openai")
    monkeypatch.setenv("KAIWA_ENGINE__BASE_URLS", '["http://127.0.0.1:9/v1"]')


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a folder, with what it holds and when that was written."""
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def part(result: Result, name: str) -> str:
    """The line of a part."""
    (line,) = [line for line in result.out.splitlines() if line.split()[1].strip(":") == name]
    return line


def test_a_database_that_is_not_there_is_not_made(
    kaiwa: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor the folder that it will be in."""
    line = part(kaiwa("check"), "database")
    assert line.startswith("✓") and "will be created" in line
    monkeypatch.setenv("KAIWA_STORAGE__URL", "sqlite+aiosqlite:///some/where/kaiwa.db")
    line = part(kaiwa("check"), "database")
    assert line.startswith("✓") and f"{tmp_path}/some/where/kaiwa.db" in line
    assert not list(tmp_path.iterdir())


def test_a_database_that_is_there_stays_as_it_is(
    kaiwa: Callable[..., Result], tmp_path: Path
) -> None:
    """Also one that another process has open, and one of an older version."""
    stored_conversation(tmp_path, "こんにちは")
    before = files(tmp_path)
    assert part(kaiwa("check"), "database").endswith("会話1件 / 1 conversations")
    assert files(tmp_path) == before
    with closing(sqlite3.connect(tmp_path / "kaiwa.db", isolation_level=None)) as other:
        other.execute("UPDATE alembic_version SET version_num = '0005'")
        before = files(tmp_path)
        line = part(kaiwa("check"), "database")
        assert line.startswith("✓") and "migrated from version 0005" in line
        assert {k: v for k, v in files(tmp_path).items() if "shm" not in k} == {
            k: v for k, v in before.items() if "shm" not in k
        }
        other.execute("UPDATE alembic_version SET version_num = '9999'")
        line = part(kaiwa("check"), "database")
        assert line.startswith("✗") and "newer version" in line
    assert newest() != "9999"


def test_an_installation_is_not_looked_for_in_a_database_that_is_to_be_made(
    kaiwa: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack in several workspaces: none has installed it yet."""
    from storage.installations import new_key

    monkeypatch.setenv("KAIWA_SLACK__ENABLED", "true")
    monkeypatch.setenv("KAIWA_SLACK__PORT", "0")
    for name in ("CLIENT_ID", "CLIENT_SECRET", "APP_TOKEN"):
        monkeypatch.setenv(f"KAIWA_SLACK_{name}", "x")
    monkeypatch.setenv("KAIWA_SLACK_INSTALLATION_KEY", new_key())
    result = kaiwa("check")
    assert "none yet" in part(result, "Slack") and part(result, "port").startswith("✓")
    assert not list(tmp_path.iterdir())


def test_a_port_that_is_taken_is_told_of_unless_the_bot_itself_has_it(
    kaiwa: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do; the bot that runs here is known by its lock."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("KAIWA_WEB__ENABLED", "true")
        monkeypatch.setenv("KAIWA_WEB__PORT", str(port))
        result = kaiwa("check")
        assert result.code == 1
        line = part(result, "port")
        assert line.startswith(f"✗ port ポート {port}: ") and "set another port" in line
        with alone(f"sqlite+aiosqlite:///{tmp_path}/kaiwa.db"):
            assert part(kaiwa("check"), "port").startswith("✓")
    assert part(kaiwa("check"), "port").startswith("✓")
    monkeypatch.setenv("KAIWA_MONITORING__ENABLED", "true")
    monkeypatch.setenv("KAIWA_MONITORING__PORT", "0")
    assert "✓ port ポート 0: /healthz, /metrics, 127.0.0.1" in kaiwa("check").out
    monkeypatch.setenv("KAIWA_MONITORING__ENABLED", "false")
    monkeypatch.setenv("KAIWA_WEB__HOST", "203.0.113.9")
    line = part(kaiwa("check"), "port")
    assert line.startswith("✗") and "Set a host" in line


async def test_a_server_of_another_model_is_found_before_a_prompt_is_sent(
    kaiwa: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its name, where it tells nothing else; `[engine] model` says that it is the same."""
    async with OpenAIServer(models=["rinna/other-4b"]) as server:
        monkeypatch.setenv("KAIWA_ENGINE__BASE_URLS", f'["{server.url}"]')
        line = part(await asyncio.to_thread(kaiwa, "check"), "server")
        assert line.startswith("✗") and "[model] id is demo" in line and not server.requests
        monkeypatch.setenv("KAIWA_ENGINE__MODEL", "rinna/other-4b")
        line = part(await asyncio.to_thread(kaiwa, "check"), "server")
        assert line.startswith("✓") and len(server.requests) == 1


def test_each_part_is_one_line(kaiwa: Callable[..., Result]) -> None:
    """What is wrong with it, too."""
    result = kaiwa("check")
    assert result.code == 1
    assert all(line[:2] in ("✓ ", "✗ ") for line in result.out.splitlines())
    assert part(result, "server").startswith("✗")
