"""The analyser, and what keeps it from being loaded."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bot.study.reading import pronunciation
from bot.study.reading.pronunciation import (
    ReadingsCannotUnpack,
    ReadingsNotInstalled,
    folder,
    morphemes,
    prepare,
    problem,
)


def test_nothing_is_wrong_where_the_dictionary_can_be_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is that of the user's caches, or below it one that does not exist yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "not" / "yet"))
    assert folder() == tmp_path / "not" / "yet" / "haqumei"
    assert problem() is None
    assert not (tmp_path / "not").exists()


def test_a_folder_that_cannot_be_one_is_told_before_anything_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In both languages, with the folder and what to do."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    wrong = problem()
    assert isinstance(wrong, ReadingsCannotUnpack)
    assert str(folder()) in wrong.english and "XDG_CACHE_HOME" in wrong.japanese


def test_a_disk_that_is_full_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dictionary needs 103 MB."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(pronunciation, "UNPACKED", 2**62)
    assert isinstance(problem(), ReadingsCannotUnpack)


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it."""
    monkeypatch.setattr(pronunciation, "find_spec", lambda name: None)
    wrong = problem()
    assert isinstance(wrong, ReadingsNotInstalled) and "kaiwa[study]" in wrong.english


def test_a_panic_of_the_analyser_becomes_an_error_in_words() -> None:
    """haqumei panics where it cannot unpack, which is no Exception; in a process of its own,
    since it cannot be loaded any more after that."""
    script = (
        "from bot.study.reading import pronunciation as p\n"
        "p.problem = lambda: None\n"
        "try: p.analyser()\n"
        "except p.ReadingsCannotUnpack as error: print('told')\n"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": "/proc/nowhere", "RUST_BACKTRACE": "0"}
    run = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout == "told\n"


def test_preparing_says_where_it_unpacks() -> None:
    """And does nothing a second time."""
    said: list[str] = []
    prepare(said.append)
    prepare(said.append)
    assert said == [str(folder())] * 2


def test_threads_share_one_analyser() -> None:
    """And get what each would get alone."""
    sentences = [f"{n}本の木を見た。" for n in "一二三四五六七八"] * 10
    alone = [morphemes(sentence) for sentence in sentences]
    found: list[list[object]] = [[] for _ in range(4)]

    def work(number: int) -> None:
        found[number] = [morphemes(sentence) for sentence in sentences]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alone] * 4
