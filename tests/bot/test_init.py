"""`kaiwa init` and `kaiwa config`: settings written for somebody who begins, and looked at."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.config import load_settings
from bot.config_file import example
from tests.bot.commands import Result

ROOT = Path(__file__).parents[2]
RINNA = "rinna/bilingual-gpt-neox-4b-instruction-ppo"


def written(folder: Path) -> dict[str, object]:
    """What the file sets."""
    found = tomllib.loads((folder / "config.toml").read_text("utf-8"))
    return {f"{name}.{key}": value for name, keys in found.items() for key, value in keys.items()}


def test_in_a_pipe_everything_is_as_it_is_by_default(
    kaiwa: Callable[..., Result], tmp_path: Path
) -> None:
    """Every setting is there with its comment, none is made."""
    result = kaiwa("init")
    assert result.code == 0 and result.out == ""
    assert result.err.splitlines()[-2:] == ["  kaiwa check", "  kaiwa chat"]
    assert written(tmp_path) == {}
    text = (tmp_path / "config.toml").read_text("utf-8")
    assert text.splitlines()[3:] == example().splitlines()[4:]


def test_options_answer_the_questions(kaiwa: Callable[..., Result], tmp_path: Path) -> None:
    """And the next commands are those of what was chosen."""
    result = kaiwa("init", "--discord", "--slack", "--model", "rinna", "--data", "kept")
    assert written(tmp_path) == {
        "model.id": RINNA,
        "storage.url": f"sqlite+aiosqlite:///{tmp_path}/kept/kaiwa.db",
        "study.file": f"{tmp_path}/kept/study.db",
        "discord.enabled": True,
        "slack.enabled": True,
    }
    for word in ("KAIWA_DISCORD_TOKEN", "KAIWA_SLACK_APP_TOKEN", "kaiwa check", "kaiwa run"):
        assert word in result.err


def test_servers_can_run_the_model(kaiwa: Callable[..., Result], tmp_path: Path) -> None:
    """Whose model's name is then to be written in."""
    result = kaiwa("init", "--web", "--model", "http://127.0.0.1:8000/v1")
    assert written(tmp_path) == {
        "engine.backend": "openai",
        "engine.base_urls": ["http://127.0.0.1:8000/v1"],
        "web.enabled": True,
    }
    assert "[model] id" in result.err


def test_a_file_that_is_there_is_not_written_over(
    kaiwa: Callable[..., Result], tmp_path: Path
) -> None:
    """Unless that is said."""
    (tmp_path / "config.toml").write_text("[chat]\n")
    refused = kaiwa("init", "--discord")
    assert refused.code == 1 and "--force" in refused.err
    assert (tmp_path / "config.toml").read_text() == "[chat]\n"
    assert kaiwa("init", "--discord", "--force").code == 0
    assert written(tmp_path) == {"discord.enabled": True}


def test_what_will_not_do_leaves_no_file(kaiwa: Callable[..., Result], tmp_path: Path) -> None:
    """A URL of no database, a folder that cannot be."""
    result = kaiwa("init", "--data", "mysql://x")
    assert result.code == 1 and "config.toml: [storage] url" in result.err
    assert not list(tmp_path.iterdir())
    result = kaiwa("--home", "/proc/nowhere", "init")
    os.environ.pop("KAIWA_HOME")
    assert result.code == 1 and "--home" in result.err


def test_a_home_is_made(
    kaiwa: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And stands in the commands that come next."""
    monkeypatch.setenv("KAIWA_HOME", str(tmp_path / "my home"))
    result = kaiwa("init")
    assert written(tmp_path / "my home") == {}
    assert f"kaiwa --home '{tmp_path}/my home' chat" in result.err


def test_three_questions_at_a_terminal(tmp_path: Path) -> None:
    """The first is asked again, since its answer was none."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "init"],
        stdin=child,
        stdout=child,
        stderr=child,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    os.close(child)
    screen = ""
    try:
        for answer in ("discrod", "discord, web", "rinna", ""):
            while not screen.endswith("> "):
                assert select.select([parent], [], [], 60)[0], screen
                screen += os.read(parent, 65_536).decode()
            os.write(parent, f"{answer}\r".encode())
            screen += "\n"
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(parent)
    assert "discrod: write discord" in screen and str(tmp_path) in screen
    assert written(tmp_path) == {
        "model.id": RINNA,
        "discord.enabled": True,
        "web.enabled": True,
    }


def test_what_is_in_force_is_shown_with_where_it_comes_from(
    kaiwa: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line a setting, which a file of settings could hold."""
    (tmp_path / "config.toml").write_text('[chat]\nmode = "off"\n[slack]\nenabled = true\n')
    monkeypatch.setenv("kaiwa_slack__port", "0")
    result = kaiwa("config")
    lines = result.out.splitlines()
    assert result.code == 0 and f"# file: {tmp_path}/config.toml" in lines
    assert 'mode = "off"  # config.toml' in lines
    assert "port = 0  # kaiwa_slack__port" in lines
    assert "max_batch = 16  # default" in lines and "#seed is not set  # default" in lines
    monkeypatch.delenv("kaiwa_slack__port")
    (tmp_path / "config.toml").write_text(result.out)
    again = load_settings()
    assert (again.slack.port, again.chat.mode) == (0, "off")


def test_what_differs_from_the_defaults_can_be_shown_alone(
    kaiwa: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that is set to its default does not differ."""
    monkeypatch.setenv("KAIWA_CHAT__MODE", "always")
    monkeypatch.setenv("KAIWA_ENGINE__MAX_BATCH", "16")
    settings = [line for line in kaiwa("config", "--changed").out.splitlines() if line[:1] != "#"]
    assert settings == ["", "[chat]", 'mode = "always"  # KAIWA_CHAT__MODE', ""]


def test_a_secret_is_never_printed(
    kaiwa: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only that it is there."""
    monkeypatch.setenv("KAIWA_DISCORD_TOKEN", "s3cret")
    monkeypatch.setenv("KAIWA_DISCORD__API_URL", "http://me:s3cret@proxy/api")
    out = kaiwa("config").out
    assert "s3cret" not in out
    assert 'api_url = "http://me:***@proxy/api"' in out
    assert "# KAIWA_DISCORD_TOKEN: set (" in out and "# KAIWA_ENGINE_API_KEY: not set (" in out
