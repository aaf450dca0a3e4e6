"""The earlier build that the new one is held against, taken out of git."""

from __future__ import annotations

import subprocess
from pathlib import Path

COMMIT = "54a18b4"


def take_out(root: Path, into: Path, commit: str = COMMIT) -> Path | str:
    """A folder in `into` with the files of that commit; or why there is none."""
    git = ("git", "-C", str(root))
    try:
        known = subprocess.run(
            [*git, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}"],
            capture_output=True,
            check=False,
        )
        if known.returncode != 0:
            return f"skipped: this copy has no git history with {commit}; --earlier names a folder"
        folder = into / commit
        folder.mkdir(parents=True)
        archive = subprocess.run([*git, "archive", commit], capture_output=True, check=True)
        subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"skipped: the earlier build could not be taken out of git ({error})"
    return folder
