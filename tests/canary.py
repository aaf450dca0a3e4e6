"""No text of a message is in any log, error or metric: what people say in a test is looked for
there.

Noted is what fake platforms, the core and the stores are given as a message's text; followed is
every record of this process and of those that it starts, with its traceback, and every label of
what is counted. Texts that are too short to be found by more than chance are not looked for.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

SHORTEST = 8  # characters of a text that is looked for
SHORTEST_WIDE = 4  # of one that is not in ASCII, which says more by each
_PIECE = 32  # of a long text, its beginning and end: what quotes it may cut it
_MOST_LINES = 20_000

# Where a text comes in: module, class, method; each is given a value with `text`, or a text.
_ENTRANCES = (
    ("bot.chat", "Chat", "admit"),
    ("bot.chat", "Chat", "edited"),
    ("storage.history", "SqlHistory", "add_message"),
    ("storage.history", "SqlHistory", "edit_message"),
    ("storage.ledger", "SqlLedger", "finish_reply"),
)
# Where a text could get into a metric.
_COUNTED = ("bot.meters", "Tally", "add")


class Canary:
    """What was said, and what was logged, since it was last looked."""

    def __init__(self) -> None:
        self.listens = True  # not where a test looks through memory for what was said
        self._said: set[str] = set()
        self._logged: dict[str, None] = {}  # each line once, in order
        self._file: Path | None = None
        self._read = 0
        self._followed: set[tuple[str, str, str]] = set()

    def deaf(self) -> None:
        """Nothing more is noted in this test, and what was is forgotten."""
        self.take()
        self.listens = False

    def said(self, text: str) -> None:
        """Somebody said this."""
        if self.listens and _is_long(text):
            self._said.add(text.strip())

    def logged(self, text: str) -> None:
        """A log, or a metric, would have this."""
        if self.listens and len(self._logged) < _MOST_LINES:
            self._logged[text] = None

    def look_into(self, file: Path) -> None:
        """Where other processes write what they log."""
        self._file = file

    def attend(self) -> None:
        """Note what comes in wherever it can, of what has been imported by now."""
        for place in (*_ENTRANCES, _COUNTED):
            module, owner, method = place
            if place not in self._followed and module in sys.modules:
                self._followed.add(place)
                note = self.logged if place is _COUNTED else self.said
                self._note_what(getattr(sys.modules[module], owner), method, note)

    def _note_what(self, owner: type[Any], method: str, note: Callable[[str], None]) -> None:
        given: Callable[..., Any] = getattr(owner, method)

        @wraps(given)
        def noted(itself: Any, *arguments: Any, **options: Any) -> Any:
            for each in (*arguments, *options.values()):
                text = each if isinstance(each, str) else getattr(each, "text", None)
                if isinstance(text, str):
                    note(text)
            return given(itself, *arguments, **options)

        setattr(owner, method, noted)

    def take(self) -> list[str]:
        """The lines that tell what was said, since the last time."""
        logged, said = [*self._logged, *self._elsewhere()], self._said
        self._logged, self._said = {}, set()
        if not (logged and said):
            return []
        needles = {needle for text in said for needle in forms(text)}
        return [line for line in logged if any(needle in line for needle in needles)]

    def _elsewhere(self) -> list[str]:
        if self._file is None or not self._file.exists():
            return []
        with self._file.open("rb") as opened:
            opened.seek(self._read)
            new = opened.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        return [str(json.loads(line)) for line in whole.splitlines()]


def _is_long(text: str) -> bool:
    text = text.strip()
    return len(text) >= (SHORTEST if text.isascii() else SHORTEST_WIDE)


def forms(text: str) -> Iterator[str]:
    """How a text may stand in a log: as it is, cut, as Python or JSON writes it."""
    pieces = [text] if len(text) <= 2 * _PIECE else [text[:_PIECE], text[-_PIECE:]]
    for piece in pieces:
        if _is_long(piece):
            yield from {piece, repr(piece)[1:-1], json.dumps(piece)[1:-1], ascii(piece)[1:-1]}


CANARY = Canary()  # of this process: see tests/conftest.py
CANARY.listens = False  # but in a test
