"""The dictionary's file is made whole, or not at all."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from bot.errors import BotError
from bot.study.building import build as building
from bot.study.building import sentences
from bot.study.building.build import build
from bot.study.building.sources import Packages, notice, packages, sources
from bot.study.lexicon.dictionary import Dictionary
from bot.study.lexicon.kanji import kanji
from tests.bot.study.building.files import JMDICT, KANJIDIC


def quiet(what: str, share: float) -> None:
    """Tells nobody."""


@pytest.fixture
def jmdict(tmp_path: Path) -> Path:
    """A small JMdict."""
    path = tmp_path / "JMdict_e"
    path.write_text(JMDICT, "utf-8")
    return path


@pytest.fixture
def kanjidic(tmp_path: Path) -> Path:
    """A small KANJIDIC2."""
    path = tmp_path / "kanjidic2.xml"
    path.write_text(KANJIDIC, "utf-8")
    return path


@pytest.fixture
def few_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every twentieth: to find the words in all of them takes most of a build."""
    read = sentences.read

    def few(path: Path) -> sentences.Read:
        rows, found, levels = read(path)
        return rows, found[::20], levels

    monkeypatch.setattr(sentences, "read", few)


@pytest.mark.usefixtures("few_sentences")
def test_newer_files_are_taken_in_place_of_the_packages(
    tmp_path: Path, jmdict: Path, kanjidic: Path
) -> None:
    """With their age; what only they have is found, and forms for searching are not shown."""
    told: list[tuple[str, float]] = []
    target = tmp_path / "new" / "study.db"
    build(target, lambda *step: told.append(step), jmdict=jmdict, kanjidic=kanjidic)
    assert told[0][1] == 0 and told[-1][1] == 1
    assert [share for _, share in told] == sorted(share for _, share in told)
    with Dictionary.open(target) as dictionary:
        assert dictionary.look_up("推し活")[0].reading == "おしかつ"
        (go,) = dictionary.look_up("往く")
        assert [writing.text for writing in go.writings] == ["行く"]
        assert go.readings[1].writings == ("行く",)
        versions = {source.name: source.version for source in dictionary.sources()}
        assert (versions["JMdict"], versions["KANJIDIC2"]) == ("2026-11-20", "2026-11-19")
        assert kanji("語", dictionary) is None
        found = kanji("行", dictionary)
        assert found is not None and found.variants == ("往",)
    assert sorted(path.name for path in target.parent.iterdir()) == ["study.db"]


def test_a_wrong_file_leaves_the_old_dictionary(tmp_path: Path, kanjidic: Path) -> None:
    """KANJIDIC2 is no JMdict."""
    target = tmp_path / "study.db"
    target.write_bytes(b"old")
    with pytest.raises(BotError, match="not a whole JMdict file"):
        build(target, quiet, jmdict=kanjidic)
    assert target.read_bytes() == b"old" and not list(tmp_path.glob("*.part"))


@pytest.mark.usefixtures("few_sentences")
@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        sqlite3.OperationalError("database or disk is full"),
    ],
)
def test_a_full_disk_leaves_the_old_dictionary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jmdict: Path, error: Exception
) -> None:
    """And says how much room is needed."""

    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr("bot.study.building.store.write_words", full)
    target = tmp_path / "study.db"
    target.write_bytes(b"old")
    with pytest.raises(BotError, match="150 MB") as raised:
        build(target, quiet, jmdict=jmdict)
    assert "150 MB" in raised.value.japanese
    assert target.read_bytes() == b"old" and not list(tmp_path.glob("*.part"))


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, jmdict: Path) -> None:
    """A file stands in its place."""
    with pytest.raises(BotError, match="could not write"):
        build(jmdict / "study.db", quiet, jmdict=jmdict)


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it."""

    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", missing)
    with pytest.raises(BotError, match=r"jamdict-data is missing.*kaiwa\[study\]"):
        build(tmp_path / "study.db", quiet)


def test_a_damaged_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jmdict: Path
) -> None:
    """Its database is something else."""
    found = packages()
    damaged = Packages(jmdict, jmdict, found.kanjivg)
    monkeypatch.setattr(building, "packages", lambda: damaged)
    with pytest.raises(BotError, match="jamdict-data is missing or damaged"):
        build(tmp_path / "study.db", quiet)
    with pytest.raises(BotError, match="jamdict-data is missing or damaged"):
        build(tmp_path / "study.db", quiet, jmdict=jmdict)


def test_a_build_that_is_killed_leaves_nothing_in_the_files_place(
    tmp_path: Path, jmdict: Path
) -> None:
    """What it had written is removed by a later one, once nobody can be writing it."""
    target = tmp_path / "new" / "study.db"
    code = (
        "import sys; from pathlib import Path; from bot.study.building.build import build\n"
        "target, jmdict = map(Path, sys.argv[1:])\n"
        "build(target, lambda what, share: print(share, flush=True), jmdict=jmdict)"
    )
    command = [sys.executable, "-c", code, str(target), str(jmdict)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert child.stdout is not None
    for line in child.stdout:
        if float(line) >= 0.85:
            break
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    (part,) = target.parent.iterdir()
    assert part.name.endswith(".part")
    building._clear(target)
    assert part.exists()
    os.utime(part, (time.time() - 7200,) * 2)
    building._clear(target)
    assert not part.exists()


def test_what_a_killed_build_of_the_same_number_left_is_in_nobodys_way(tmp_path: Path) -> None:
    """As in a container, where numbers begin anew."""
    target = tmp_path / "study.db"
    (tmp_path / f"study.db.{os.getpid()}.part").write_bytes(b"half")
    with building._whole(target) as part:
        assert not part.exists()
        part.write_bytes(b"whole")
    assert target.read_bytes() == b"whole" and list(tmp_path.iterdir()) == [target]


def test_every_source_is_attributed_in_the_notice() -> None:
    """With its licence and where it is from."""
    text = notice(sources())
    for owed in ("EDRDG", "Electronic Dictionary Research", "Tatoeba", "Ulrich Apel", "Waller"):
        assert owed in text.replace("edrdg", "EDRDG")
    assert text.count("https://") >= 6
