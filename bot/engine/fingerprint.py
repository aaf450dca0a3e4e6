"""Which weights these are: their revision and SHA-256, for the log."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

log = logging.getLogger(__name__)


def log_fingerprints(source: str | Path, folder: Path, files: Sequence[Path]) -> Thread | None:
    """Log the model's revision on the Hub, and one line for each file of weights.

    The Hub's cache names a file by its SHA-256, so nothing is read. Files of a plain folder are
    hashed in a thread, beside the loading that reads them too, and only if somebody reads the
    log. The thread is returned, for those who wait for it.
    """
    if not log.isEnabledFor(logging.INFO):
        return None
    log.info("Model %s, revision %s", source, hub_revision(folder) or "unknown: a folder")
    unknown = []
    for path in files:
        name = path.resolve().name
        if re.fullmatch("[0-9a-f]{64}", name):
            _log(path, name)
        else:
            unknown.append(path)
    if not unknown:
        return None
    thread = Thread(target=_hash, args=(unknown,), name="sha256", daemon=True)
    thread.start()
    return thread


def hub_revision(folder: Path) -> str | None:
    """The commit of a folder in the Hub's cache; None for any other folder."""
    if folder.parent.name == "snapshots" and re.fullmatch("[0-9a-f]{40}", folder.name):
        return folder.name
    return None


def _hash(files: Sequence[Path]) -> None:
    for path in files:
        try:
            with path.open("rb") as file:
                _log(path, hashlib.file_digest(file, "sha256").hexdigest())
        except OSError as error:
            log.warning("%s could not be hashed: %s", path.name, error.strerror)


def _log(path: Path, sha256: str) -> None:
    log.info("%s: %.2f GB, SHA-256 %s", path.name, path.stat().st_size / 1e9, sha256)
