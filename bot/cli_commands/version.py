"""`kaiwa --version`: what is installed, as packages tell of themselves. None is imported."""

from __future__ import annotations


def version() -> str:
    """Kaiwa's version, with those of Python and of what computes."""
    import platform

    return f"kaiwa {_of('kaiwa')} (Python {platform.python_version()}, PyTorch {_of('torch')})"


def _of(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:  # run from its sources, or without an engine of its own
        return "not installed"
