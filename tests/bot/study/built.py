"""The dictionary's file for tests: that of the repository, or one built for all test processes."""

from __future__ import annotations

import fcntl
import hashlib
from pathlib import Path

from bot.errors import BotError
from bot.study.building.build import build
from bot.study.building.sources import sources
from bot.study.lexicon.dictionary import Dictionary

ROOT = Path(__file__).parents[3]
_MAKES_IT = ("building/*.py", "lexicon/*.py", "analysis.py", "kana.py", "levels.py")


def study_file() -> Path:
    """`study.db` in the repository's folder, if it is of today's packages; else one in `build/`.

    The first process that comes builds it, the others wait; it is kept until the code changes.
    """
    if _is_of_today(ROOT / "study.db"):
        return ROOT / "study.db"
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    target = folder / f"study-{_fingerprint()}.db"
    with (folder / "study.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_of_today(target):
            for old in folder.glob("study-*.db"):
                old.unlink()
            build(target, lambda what, share: None)
    return target


def _is_of_today(path: Path) -> bool:
    try:
        with Dictionary.open(path) as dictionary:
            return list(dictionary.sources()) == sources()
    except BotError:
        return False


def _fingerprint() -> str:
    """Of the code that makes the file."""
    here = ROOT / "bot" / "study"
    made = hashlib.sha256()
    for path in sorted(path for pattern in _MAKES_IT for path in here.glob(pattern)):
        made.update(path.read_bytes())
    return made.hexdigest()[:12]
