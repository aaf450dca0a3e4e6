"""`kaiwa study setup`, and the offer of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot import study_setup
from bot.config import Settings
from bot.errors import BotError
from bot.study import study
from bot.study.lexicon.schema import APPLICATION, VERSION
from tests.bot.commands import Result
from tests.bot.study.built import study_file


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command is given."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_that_is_there_is_left_as_it_is_where_only_a_missing_one_is_wanted(
    kaiwa: Callable[..., Result], folder: Path
) -> None:
    """As make does it each time."""
    (folder / "study.db").write_bytes(b"mine")
    result = kaiwa("study", "setup", "--missing")
    assert result.code == 0 and (folder / "study.db").read_bytes() == b"mine"


def test_a_file_of_another_version_counts_as_missing(
    kaiwa: Callable[..., Result], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade makes it anew."""
    made: list[object] = []
    monkeypatch.setattr(study_setup, "set_up", lambda *given: made.append(given))
    with closing(sqlite3.connect(folder / "study.db")) as file:
        file.execute(f"PRAGMA application_id = {APPLICATION}")
        file.execute(f"PRAGMA user_version = {VERSION - 1}")
    assert kaiwa("study", "setup", "--missing").code == 0 and len(made) == 1
    with closing(sqlite3.connect(folder / "study.db")) as file:
        file.execute(f"PRAGMA user_version = {VERSION}")
    assert kaiwa("study", "setup", "--missing").code == 0 and len(made) == 1


@pytest.mark.parametrize("option", ["--jmdict", "--kanjidic"])
def test_a_file_that_is_none_of_the_dictionarys_is_named_and_nothing_is_lost(
    kaiwa: Callable[..., Result], folder: Path, option: str
) -> None:
    """The one before stays."""
    (folder / "study.db").write_bytes(b"mine")
    (folder / "wrong.xml").write_text("<html></html>")
    for name in ("wrong.xml", "missing.xml"):
        result = kaiwa("study", "setup", option, name)
        assert result.code == 1 and name in result.err and "Traceback" not in result.err
    assert (folder / "study.db").read_bytes() == b"mine"
    assert sorted(path.name for path in folder.iterdir()) == ["study.db", "wrong.xml"]


def test_a_folder_that_cannot_be_written_is_told(
    kaiwa: Callable[..., Result], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is built."""
    monkeypatch.setenv("KAIWA_STUDY__FILE", "/proc/kaiwa/study.db")
    result = kaiwa("study", "setup")
    assert result.code == 1 and "/proc/kaiwa" in result.err and "Traceback" not in result.err


def test_without_the_packages_it_says_what_to_install(
    kaiwa: Callable[..., Result], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`kaiwa check` says so too, and that it is no mistake."""
    monkeypatch.setattr(study, "PACKAGES", ("no_such_package",))
    result = kaiwa("study", "setup")
    assert result.code == 1 and "kaiwa[study]" in result.err
    assert "✓ study 学習: not installed" in kaiwa("check").out


def test_check_says_what_there_is_and_names_a_file_that_is_something_else(
    kaiwa: Callable[..., Result], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its fix."""
    monkeypatch.setenv("KAIWA_STUDY__FILE", str(study_file()))
    assert "JMdict" in kaiwa("check").out
    (folder / "study.db").write_bytes(b"mine")
    monkeypatch.setenv("KAIWA_STUDY__FILE", "study.db")
    result = kaiwa("check")
    assert result.code == 1 and "kaiwa study setup" in result.out


def test_it_is_offered_at_a_terminal_only_where_it_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe is not asked anything."""
    made: list[object] = []
    monkeypatch.setattr(study_setup, "set_up", made.append)
    monkeypatch.setattr("builtins.input", lambda: "")
    study_setup.offer(Settings())
    assert not made
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    study_setup.offer(Settings())
    assert len(made) == 1
    monkeypatch.setattr("builtins.input", lambda: "n")
    study_setup.offer(Settings())
    (folder / "study.db").write_bytes(b"mine")
    study_setup.offer(Settings())
    assert len(made) == 1


@pytest.mark.parametrize("trouble", ["no answer", "a disk that is full"])
def test_what_is_offered_keeps_nobody_from_what_they_came_for(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    trouble: str,
) -> None:
    """Ctrl-D is a no, and a setup that fails is told; then `kaiwa chat` goes on."""

    def answered() -> str:
        if trouble == "no answer":
            raise EOFError
        return "y"

    def full(_study: object) -> None:
        raise BotError("No space left.", "空きがありません。")

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", answered)
    monkeypatch.setattr(study_setup, "set_up", full)
    study_setup.offer(Settings())
    assert ("No space left." in capsys.readouterr().err) is (trouble != "no answer")
