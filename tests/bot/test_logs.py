"""The log: one form for all lines, and none that somebody else could have begun."""

from __future__ import annotations

import json
import logging
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.config import LogSettings
from bot.errors import BotError
from bot.logs import OURS, RunningLog, told
from bot.meters import Tally

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR) [\w.]+: .+")

Open = Callable[..., RunningLog]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens a log; afterwards everything is as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    root.handlers.clear()  # or they would be closed

    def open_log(lines: Tally | None = None, **settings: object) -> RunningLog:
        return RunningLog(LogSettings.model_validate(settings), lines)

    try:
        yield open_log
    finally:
        logging.captureWarnings(False)
        for handler in root.handlers:
            handler.close()
        root.handlers[:] = handlers
        root.setLevel(level)
        for name in OURS:
            logging.getLogger(name).setLevel(logging.NOTSET)


def test_every_line_has_its_time_and_level(
    opened: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    """Progress, our events, and other libraries' warnings; not their chatter."""
    opened()
    told("準備します。\nGetting ready.")
    told("Slack: away. Trying again in 1 s.")
    logging.getLogger("bot.engine").info("an event")
    logging.getLogger("bot.engine").debug("a detail")
    logging.getLogger("aiohttp").info("chatter")
    logging.getLogger("aiohttp").warning("a warning")
    lines = capsys.readouterr().err.splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    assert [line.split(" ", 2)[2] for line in lines] == [
        "INFO kaiwa: 準備します。 / Getting ready.",
        "WARNING kaiwa: Slack: away. Trying again in 1 s.",
        "INFO bot.engine: an event",
        "WARNING aiohttp: a warning",
    ]


def test_nothing_that_is_logged_begins_a_line_of_its_own(
    opened: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    """A channel may be named like a line of the log."""
    opened()
    name = "x\n2026-01-01 00:00:00,000 ERROR kaiwa: forged\r\u2028\x1b[2J"
    logging.getLogger("adapters.discord").warning("what was said in #%s", name)
    line, further = capsys.readouterr().err.splitlines()
    assert LINE.fullmatch(line)
    assert further.startswith("    2026") and "\x1b" not in further


def test_what_discord_py_mends_by_itself_is_a_warning_of_one_line(
    opened: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    """It logs its attempts to connect as errors, with a traceback."""
    lines = Tally()
    opened(lines)
    try:
        raise OSError("no route\nto the host")
    except OSError:
        logging.getLogger("discord.client").exception("Attempting a reconnect in %.2fs", 1.5)
    (line,) = capsys.readouterr().err.splitlines()
    assert "WARNING discord.client: Attempting a reconnect in 1.50s (OSError: no route to" in line
    assert lines.counts == {("warning",): 1}


def test_for_programs_each_line_is_an_object(
    opened: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its traceback is in it."""
    opened(json=True)
    try:
        raise ValueError
    except ValueError:
        logging.getLogger("storage").exception("it did %s\nwork", "not")
    (line,) = capsys.readouterr().err.splitlines()
    found = json.loads(line)
    assert (found["level"], found["logger"]) == ("error", "storage")
    assert found["message"] == "it did not\nwork" and "ValueError" in found["exception"]
    assert found["time"].endswith("+00:00")


def test_the_level_can_change_while_it_is_open(
    opened: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both ways."""
    log = opened(level="error")
    for level in ("error", "debug"):
        log.set_level(level)
        logging.getLogger("bot").debug("in %s", level)
        logging.getLogger("aiohttp").warning("in %s", level)
    assert [line.rpartition(" ")[2] for line in capsys.readouterr().err.splitlines()] == [
        "debug"
    ] * 2


def test_a_file_is_ours_alone_is_set_aside_when_large_and_opened_anew(
    opened: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As logrotate does it: the file is moved away, and a signal sent."""
    path = tmp_path / "logs" / "kaiwa.log"
    log = opened(file=str(path), rotate_megabytes=1, rotate_keep=1)
    told("one")
    path.rename(tmp_path / "moved")
    log.reopen()
    told("two")
    assert "one" in (tmp_path / "moved").read_text("utf-8")
    assert "one" not in path.read_text("utf-8") and "two" in path.read_text("utf-8")
    for _ in range(3):
        told("x" * 700_000)
    kept = sorted(each.name for each in path.parent.iterdir())
    assert kept == ["kaiwa.log", "kaiwa.log.1"]
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o600 for each in path.parent.iterdir())
    assert not capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_told_with_what_to_do(
    opened: Open, tmp_path: Path
) -> None:
    """Before anything is served."""
    with pytest.raises(BotError, match=r"cannot be written \(Is a directory\)"):
        opened(file=str(tmp_path))
