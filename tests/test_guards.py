"""The guards around every test see what they are to see: requests to others, and texts in logs."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.meters import Tally
from tests import guarding
from tests.canary import CANARY, Canary, forms
from tests.guard.kaiwa_network_guard import FOLDER, is_address, is_here

SECRET = "ひみつの話はここだけに"
ELSEWHERE = "192.0.2.1"  # an address that is kept for documentation
# Errors are swallowed, as a program might.
OUTSIDE = f"""
import asyncio, contextlib, logging, socket, subprocess, sys
async def main():
    with contextlib.suppress(OSError):
        await asyncio.open_connection("{ELSEWHERE}", 9)
    with contextlib.suppress(OSError):
        await asyncio.open_connection("kaiwa.example", 9)
asyncio.run(main())
with socket.socket(type=socket.SOCK_DGRAM) as datagrams, contextlib.suppress(OSError):
    datagrams.sendto(b"", ("{ELSEWHERE}", 9))
logging.basicConfig(force=True, level=logging.WARNING, stream=sys.stdout)
logging.getLogger("a.library").warning("payload: %s", "{SECRET}")
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of this test's own, in which what it does on purpose is written down."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    return tmp_path


def test_a_process_that_is_started_reaches_nobody_else_and_what_it_tried_is_known(
    here: Path,
) -> None:
    """With an environment of its own too, and what it logs is followed."""
    environment = {name: os.environ[name] for name in ("PATH",)}
    subprocess.run([sys.executable, "-c", OUTSIDE], env=environment, check=True)
    tried = guarding.requests()
    assert re.findall(r"socket\.\w+ '[^']+'", "\n".join(tried)) == [
        f"socket.connect '{ELSEWHERE}'",
        "socket.getaddrinfo 'kaiwa.example'",
        f"socket.sendto '{ELSEWHERE}'",
    ]
    canary = Canary()
    canary.look_into(here / "log")
    canary.said(SECRET)
    assert canary.take() == [f"a.library: payload: {SECRET}"]


def test_this_process_is_guarded_as_well(here: Path) -> None:
    """The error is one of those that a refused connection has."""
    with pytest.raises(ConnectionRefusedError, match="no request to others"):
        socket.create_connection((ELSEWHERE, 9))
    with pytest.raises(ConnectionRefusedError):
        socket.getaddrinfo("kaiwa.example", 443)
    assert len(guarding.requests()) == 2


def test_what_is_on_this_machine_is_allowed(here: Path) -> None:
    """By name, by address, and as a file."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        for host in ("127.0.0.1", "localhost", "::ffff:127.0.0.1"):
            with socket.create_connection((host, server.getsockname()[1])):
                pass
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert ours.send(b"x") == 1
    assert guarding.requests() == []


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1", True),
        (b"127.0.0.2", True),
        ("LOCALHOST", True),
        ("::1", True),
        (None, True),
        (17, True),
        ("127.0.0.1.example", False),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("localhost.example", False),
    ],
)
def test_what_this_machine_is(host: object, allowed: bool) -> None:
    """A name that looks like it is not."""
    assert is_here(host) is allowed


def test_an_address_is_not_looked_up() -> None:
    """Nothing leaves the machine for it."""
    assert is_address("10.0.0.1") and is_address(b"2001:db8::1")
    assert not is_address("kaiwa.example")


def test_a_text_that_is_logged_is_found(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In a line, in an error with its traceback, cut, and as Python or JSON writes it."""
    log = logging.getLogger("adapters.planted")
    caplog.set_level(logging.DEBUG, "adapters.planted")
    monkeypatch.setattr(CANARY, "listens", True)
    long = f"{SECRET}。" * 20
    try:
        raise ValueError(f"cannot read {SECRET}")
    except ValueError as error:
        log.exception("a fault")
        log.debug("%s", error)
    log.warning("%r", {"text": long[:100]})
    log.warning("%s", json.dumps({"text": SECRET}))
    log.warning("nothing is told")
    CANARY.said(SECRET)
    CANARY.said(long)
    told = CANARY.take()
    assert len(told) == 4 and "Traceback" in told[0]
    assert CANARY.take() == []


def test_a_text_that_would_be_counted_is_found() -> None:
    """As a metric's label."""
    Tally().add("discord", SECRET)
    CANARY.said(SECRET)
    assert CANARY.take() == [SECRET]


def test_a_text_that_could_be_anywhere_is_not_looked_for() -> None:
    """A word that is short stands in our own sentences."""
    canary = Canary()
    canary.said("message")
    canary.logged("a message came in")
    canary.said("a longer one that nobody told")
    assert canary.take() == []


def test_a_long_text_is_looked_for_by_its_ends() -> None:
    """What quotes it may show only one of them."""
    text = "始" * 40 + "中" * 40 + "終" * 40
    assert "始" * 32 in set(forms(text)) and "終" * 32 in set(forms(text))
