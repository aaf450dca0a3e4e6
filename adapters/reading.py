"""What a message says, as values that are the same on every platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that the bot cannot read, as it is named in a sentence: "a voice message"."""

    english: str
    japanese: str


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file of the platform's that may hold text. `size` in bytes; `content_type` or empty."""

    name: str
    size: int
    url: str
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message says. `text`: all that is readable of it; `files`: attached files that may
    hold text, to be fetched; `unreadable`: what the bot cannot read, by name.
    """

    text: str
    files: tuple[FileRef, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


# At most so many bytes of a file. Raises OSError, aiohttp.ClientError or TimeoutError.
Fetch = Callable[[FileRef, int], Awaitable[bytes]]
