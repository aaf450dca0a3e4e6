"""What a command of `kaiwa` came to, for the tests that type one: the fixture `kaiwa` runs it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str
