"""`kaiwa --version`: what is installed, as packages tell of themselves. Nothing is imported."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed


def version() -> str:
    """Kaiwa's version, with those of Python and of what computes."""
    return f"kaiwa {_of('kaiwa')} (Python {platform.python_version()}, PyTorch {_of('torch')})"


def _of(package: str) -> str:
    try:
        return installed(package)
    except PackageNotFoundError:  # run from its sources, or without an engine of its own
        return "not installed"
