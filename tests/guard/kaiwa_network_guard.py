"""Refuses what would leave this machine, and writes down that it was tried.

An audit hook sees each connection, each datagram and each look-up of a name that goes through
Python's socket module, whatever library asks for it. Not what native code does by itself: a
browser, PostgreSQL's own processes; for those docs/threat-model.md names a way to run tests without
a network. Allowed are loopback addresses, sockets that are files, and the "look-up" of
what is an address already.

Stands alone, since processes import it that know nothing of the tests.
"""

from __future__ import annotations

import os
import sys
from typing import Any

FOLDER = "KAIWA_TEST_GUARD"  # the variable that names where things are written down
REQUESTS = "requests"  # the file there
TO_ADDRESS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
BY_NAME = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_HERE = {"", "localhost", "::1", "::", "0.0.0.0"}
_DIGITS = "0123456789."


def watch() -> None:
    """From now on, for as long as the process lives: a hook cannot be taken away."""
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event in TO_ADDRESS:
        address = arguments[1]
        if isinstance(address, tuple) and not is_here(address[0]):
            _refuse(event, address[0])
    elif event in BY_NAME and not (is_here(arguments[0]) or is_address(arguments[0])):
        _refuse(event, arguments[0])


def is_here(host: Any) -> bool:
    """Whether a host is this machine; so is what names none."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str):
        return True  # nothing of the internet, such as the kernel's own sockets
    host = host.lower().removeprefix("::ffff:")
    return host in _HERE or (host.startswith("127.") and not host.strip(_DIGITS))


def is_address(host: Any) -> bool:
    """Whether it needs no look-up."""
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return ":" in text or not text.strip(_DIGITS)


def _refuse(event: str, host: Any) -> None:
    import traceback

    here = os.environ.get("PYTEST_CURRENT_TEST", "no test").partition(" ")[0]
    frames = traceback.extract_stack()[:-2]
    way = " < ".join(f"{os.path.basename(f.filename)}:{f.lineno}" for f in reversed(frames[-6:]))
    if folder := os.environ.get(FOLDER):
        append(os.path.join(folder, REQUESTS), f"{here}: {event} {host!r} ({way})\n")
    raise ConnectionRefusedError(f"the tests allow no request to others: {event} {host!r}")


def append(file: str, text: str) -> None:
    """Add to a file that several processes write."""
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(opened, text.encode("utf-8", "backslashreplace"))
    finally:
        os.close(opened)
