"""The versions that a database can have: a file of migrations/versions for each, which begins with
its number. It opens no database."""

from __future__ import annotations

from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"


def versions() -> list[str]:
    """Their numbers, oldest first."""
    return sorted(p.name.partition("_")[0] for p in MIGRATIONS.glob("versions/[0-9]*.py"))


def newest() -> str:
    """The version that this Kaiwa writes."""
    return versions()[-1]
