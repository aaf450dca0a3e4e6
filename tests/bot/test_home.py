"""The folder that data lies in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.config import ConfigError, load_settings, settings_file
from bot.home import VARIABLE, masked, placed, shown_place
from tests.bot.commands import Result

SQLITE = "sqlite+aiosqlite:///"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that is not the current folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv(VARIABLE, str(folder))
    return folder


def test_relative_paths_of_the_settings_are_the_homes(home: Path) -> None:
    """The database, the dictionary, a model's folder, and config.toml itself."""
    (home / "models").mkdir()
    (home / "config.toml").write_text(
        '[model]\nid = "models"\n[chat]\nmode = "off"\n[storage]\nbackup_folder = "copies"\n'
    )
    settings = load_settings()
    assert settings.storage.url == f"{SQLITE}{home}/kaiwa.db"
    assert settings.study.file == f"{home}/study.db"
    assert settings.storage.backup_folder == f"{home}/copies"
    assert settings.model.id == f"{home}/models"
    assert settings.chat.mode == "off" and settings_file() == home / "config.toml"


def test_what_names_its_own_place_stays_there(home: Path) -> None:
    """Absolute paths, names on the Hub, and files that are named at the command line."""
    (home.parent / "elsewhere" / "mine.toml").write_text(
        '[storage]\nurl = "sqlite+aiosqlite:////srv/k.db"\n[study]\nfile = "/srv/study.db"\n'
        '[model]\nid = "someone/model"\n'
    )
    settings = load_settings(Path("mine.toml"))
    assert settings.storage.url == f"{SQLITE}/srv/k.db"
    assert (settings.study.file, settings.model.id) == ("/srv/study.db", "someone/model")
    for url in ("sqlite+aiosqlite:///file:x?mode=ro", "postgresql+asyncpg:///x"):
        assert placed(url) == url


def test_without_a_home_the_current_folder_is_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ever: nothing is made absolute."""
    monkeypatch.chdir(tmp_path)
    assert load_settings().storage.url == f"{SQLITE}kaiwa.db"
    assert shown_place(f"{SQLITE}kaiwa.db") == f"{tmp_path}/kaiwa.db"


def test_a_home_that_is_not_there_is_told_of(home: Path) -> None:
    """A mistyped one must not look like an empty one."""
    home.rmdir()
    with pytest.raises(ConfigError) as error:
        load_settings()
    assert "init" in error.value.english and str(home) in error.value.japanese


def test_a_server_is_shown_without_its_password() -> None:
    """Wherever a URL is printed."""
    url = "postgresql+asyncpg://kaiwa:s3cret@db:5432/kaiwa?ssl=1"
    assert shown_place(url) == "postgresql+asyncpg://kaiwa:***@db:5432/kaiwa?ssl=1"
    assert masked("http://db/a@b") == "http://db/a@b"
    assert masked("postgresql://k@db/x") == "postgresql://k@db/x"
    for odd in ("s3/cret", "s3@cret", "s3cret:/@", "s3\ncret"):
        assert masked(f"postgresql://k:{odd}@db/x") == "postgresql://k:***@db/x"
    assert masked("postgresql://db/x?password=s3cret&a=1") == "postgresql://db/x?password=***&a=1"


@pytest.fixture
def environment() -> Iterator[None]:
    """What a command sets for its own process does not stay."""
    yield
    os.environ.pop(VARIABLE, None)


def test_the_option_names_a_home(
    kaiwa: Callable[..., Result], home: Path, environment: None
) -> None:
    """And wins over the variable."""
    other = home.parent / "other"
    other.mkdir()
    (other / "config.toml").write_text("[chat]\nmode = 1\n")
    result = kaiwa("--home", str(other), "prompt", "--turns", "x")
    assert result.code == 2 and "[chat] mode" in result.err


def test_the_version_is_one_line(kaiwa: Callable[..., Result]) -> None:
    """With those of what it runs on."""
    result = kaiwa("--version")
    assert result.code == 0 and result.out.startswith("kaiwa 0.") and "Python 3." in result.out
    assert result.out.count("\n") == 1


def test_a_shell_completes_the_commands(
    kaiwa: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked as bash asks."""
    monkeypatch.setenv("_KAIWA_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "kaiwa fo")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert kaiwa().out.split() == ["forget"]
