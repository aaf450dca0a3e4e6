"""`pip install kaiwa` as somebody meets it who has nothing of it yet: python -m tests.fresh_install

Builds the wheel, installs it into a virtual environment of its own, and runs the first commands in
an empty folder with every warning shown: nothing may be on standard error but what Kaiwa says.
Without more, the versions of requirements.lock; with --newest those that pip takes, the newest that
pyproject.toml allows. Takes some minutes and a package index, and so is no part of the tests.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.distribution import ROOT, build_wheel, contents, project, sources

# How lines begin that Kaiwa itself writes in these commands.
OURS = (
    "データの場所",
    "組み込みの小さな練習用モデル",
    "Using the small built-in practice model",
    "Loading model (",
    "Warming up …",
    "✓ config.toml",
    "次のコマンド",
    "  kaiwa ",
)
QUESTION = "VRはなんですか。\n"


def not_ours(said: str) -> list[str]:
    """The lines on standard error that are not Kaiwa's."""
    return [line for line in said.splitlines() if line.strip() and not line.startswith(OURS)]


def main() -> None:
    """Install, try, and print what was tried with which versions."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--newest", action="store_true", help="what pip takes, not the lock's")
    newest: bool = arguments.parse_args().newest
    with TemporaryDirectory(prefix="kaiwa-fresh-") as name:
        folder = Path(name)
        wheel = build_wheel(folder)
        if left_out := sources() ^ contents(wheel):
            sys.exit(f"the wheel lacks, or has too many of: {sorted(left_out)}")
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv" / "bin" / "python"
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "-q"]
        lock = [] if newest else ["-c", str(ROOT / "requirements.lock")]
        subprocess.run([*pip, "install", str(wheel), *lock], check=True)
        subprocess.run([*pip, "check"], check=True)
        print(versions(python))
        empty = folder / "empty"
        empty.mkdir()
        for command, said in (
            (["--version"], ""),
            (["init"], ""),
            (["check"], ""),
            (["config", "--changed"], ""),
            (["chat"], QUESTION),
            (["export", "--all"], ""),
        ):
            try_command(python.with_name("kaiwa"), command, said, empty)
    print("nothing but Kaiwa's own lines on standard error")


def try_command(kaiwa: Path, command: list[str], said: str, folder: Path) -> None:
    """Run one. Ends the process where it fails, or a line is not Kaiwa's."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("KAIWA_", "PYTHON"))}
    done = subprocess.run(
        [kaiwa, *command],
        input=said,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment | {"PYTHONWARNINGS": "default"},
    )
    strange = not_ours(done.stderr)
    print(f"kaiwa {' '.join(command)}: exit status {done.returncode}, {len(strange)} strange lines")
    if command == ["chat"]:
        print(f"  {done.stdout.strip()}")
    if done.returncode or strange or not (done.stdout or command == ["init"]):
        sys.exit("\n".join([*strange, done.stdout]))


def versions(python: Path) -> str:
    """What was installed of what pyproject.toml names."""
    told = [re.split(r"[^\w.-]", each)[0] for each in project()["project"]["dependencies"]]
    program = (
        "import sys, importlib.metadata as m; "
        "print(', '.join(n + ' ' + m.version(n) for n in sys.argv[1:]))"
    )
    done = subprocess.run(
        [python, "-c", program, *told], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


if __name__ == "__main__":
    main()
