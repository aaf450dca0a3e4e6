from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.private import private_file, private_folder, warning


@pytest.fixture(params=[0o000, 0o022, 0o277])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """Umasks that hide nothing, as most have it, and more than is good."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """Who may do what with it."""
    return stat.S_IMODE(path.stat().st_mode)


def test_new_files_and_folders_are_their_accounts_alone(tmp_path: Path, umask: None) -> None:
    """All folders that are missing; one that is there stays as it is."""
    tmp_path.chmod(0o755)
    folder = tmp_path / "a" / "b"
    private_folder(folder)
    assert private_file(folder / "file") and not private_file(folder / "file")
    private_folder(folder)
    assert (mode(folder.parent), mode(folder), mode(folder / "file")) == (0o700, 0o700, 0o600)
    assert mode(tmp_path) == 0o755


def test_a_file_in_a_folders_place_is_an_error(tmp_path: Path) -> None:
    """Which names it."""
    (tmp_path / "a").touch()
    with pytest.raises(NotADirectoryError, match="a"):
        private_folder(tmp_path / "a" / "b")


def test_files_that_others_can_read_are_told_with_the_command(tmp_path: Path) -> None:
    """One that is not there is nobody's to read."""
    files = [tmp_path / name for name in ("one", "two words", "missing")]
    assert private_file(files[0]) and private_file(files[1])
    assert warning(files) is None
    files[1].chmod(0o640)
    told = warning(files)
    assert told is not None
    assert told.english.endswith(f"chmod 600 '{files[1]}'")
    assert told.japanese.endswith(f"chmod 600 '{files[1]}'")
