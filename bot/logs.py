"""The log of `kaiwa run`: one line an event on standard error. Message text is never in it."""

from __future__ import annotations

import logging
import sys


class _Lines(logging.Formatter):
    """Tracebacks for our own errors only: discord.py's tell of a network that is away, which it
    mends by itself."""

    def format(self, record: logging.LogRecord) -> str:
        """A record as text."""
        if record.exc_info and record.name.startswith("discord"):
            error = record.exc_info[1]
            record = logging.makeLogRecord(record.__dict__ | {"exc_info": None, "exc_text": None})
            short = " ".join(str(error).split())
            record.msg = f"{record.getMessage()} ({type(error).__name__}: {short})"
            record.args = None
        return super().format(record)


def log_to_stderr() -> None:
    """Show what happens: our own events, and other libraries' warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for ours in ("bot", "adapters", "storage"):
        logging.getLogger(ours).setLevel(logging.INFO)
