"""From packages, or newer files of JMdict and KANJIDIC2, to the one file that is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def build(
    target: Path,
    progress: Callable[[str, float], None],
    *,
    jmdict: Path | None = None,
    kanjidic: Path | None = None,
) -> None:
    """Make the file, whole or not at all.

    `progress`: told what is done now (English) and how far all of it is, 0 to 1. `jmdict`,
    `kanjidic`: files of XML, or such packed by gzip, in place of what the packages have. Raises
    BotError where a package is missing, a file is not what it should be, or the target cannot
    be written; a file that was there before stays then.
    """
    raise NotImplementedError
