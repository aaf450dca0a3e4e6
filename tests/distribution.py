"""What the packages of Kaiwa are to hold, by the files that are here."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from zipfile import ZipFile

ROOT = Path(__file__).parent.parent
FOLDERS = ("bot", "adapters", "storage")


def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def sources() -> set[str]:
    """Every file that a program needs which was installed: none of them may be left out."""
    return {
        path.relative_to(ROOT).as_posix()
        for top in FOLDERS
        for path in (ROOT / top).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def declared() -> set[str]:
    """Those of them that setuptools is told to take."""
    told = project()["tool"]["setuptools"]
    found, files = set(), sources()
    for package in told["packages"]:
        patterns = ["*.py", *told["package-data"].get(package, [])]
        folder = package.replace(".", "/")
        for file in files:
            inside = file.removeprefix(f"{folder}/")
            if inside != file and any(
                fnmatch(inside, pattern) and inside.count("/") == pattern.count("/")
                for pattern in patterns
            ):
                found.add(file)
    return found


def build_wheel(folder: Path) -> Path:
    """A wheel of the sources as they are, built in `folder`."""
    copy = folder / "sources"
    for name in ("pyproject.toml", "README.md", "LICENSE", "config.example.toml"):
        copy.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    for top in FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / top, copy / top, ignore=ignored)
    program = f"import setuptools.build_meta as build; build.build_wheel({str(folder)!r})"
    done = subprocess.run([sys.executable, "-c", program], cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


def contents(wheel: Path) -> set[str]:
    """The files in a wheel, but for what describes it."""
    with ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}
