"""What a message says, on any platform: its text, the files that hold more, and what is no text.

Knows how a file's text is found and how it stands in a message; not how a platform hands it over.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import aiohttp

from adapters.encodings import decoded
from bot.notices import Notice

__all__ = [
    "LONGEST_QUOTE",
    "MOST_FILES",
    "Fetch",
    "FileRef",
    "NotFetched",
    "Reading",
    "Unreadable",
    "attached",
    "cannot_read",
    "decoded",
    "quotation",
    "with_files",
]

log = logging.getLogger(__name__)

MOST_FILES = 5  # of one message that are read
FETCH_SECONDS = 10.0  # for one file; a message is not to wait for it much longer
LONGEST_NAME = 200  # characters
LONGEST_QUOTE = 600  # characters


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A kind of thing that is no text, as a sentence calls it: "a picture", 「画像」."""

    english: str
    japanese: str


NO_TEXT = Unreadable("a file that is no text", "テキスト以外のファイル")
_UNFETCHED = Unreadable("a file that cannot be fetched", "取得できないファイル")
_EMPTY = Unreadable("an empty file", "空のファイル")
_ANY = Unreadable("a file", "ファイル")


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file that may hold text. `size` is in bytes, as the platform says; `kind`: what it is
    where it turns out to hold none, as far as that is known."""

    name: str
    size: int
    url: str
    content_type: str = ""
    kind: Unreadable | None = None


class NotFetched(OSError):
    """A file cannot be fetched, for a reason that the operator is to read; it names no file."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message says. `text`: all that is readable of it, each file named (`attached`);
    `files`: attached files that may hold text, to be fetched; `unreadable`: what the bot cannot
    read, by name.

    Where nothing is readable, nor may be, the text is empty.
    """

    text: str
    files: tuple[FileRef, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


# At most so many bytes of a file; raises OSError, TimeoutError or aiohttp.ClientError.
Fetch = Callable[[FileRef, int], Awaitable[bytes]]


def attached(name: str) -> str:
    """How a text names a file that came with it, on a line of its own."""
    return f"（添付ファイル：{' '.join(name.split())[:LONGEST_NAME] or 'file'}）"


def quotation(text: str, author_name: str) -> str:
    """A message's text as a quotation, with its author's name and at most LONGEST_QUOTE characters
    of it."""
    if len(text) > LONGEST_QUOTE:
        text = text[:LONGEST_QUOTE] + "…"
    return "\n".join(f"> {line}" for line in f"{author_name}: {text}".split("\n"))


async def with_files(reading: Reading, fetch: Fetch, most: int) -> Reading:
    """A message whose text has those of its files, each under its name.

    Of a file at most `most` bytes are fetched, once; what is left out, cannot be fetched or is no
    text says so, and is among what is unreadable. The text is empty where nothing is readable: what
    the message holds is then for `cannot_read`.
    """
    if most < 1:  # the operator wants no files read
        kinds = tuple(file.kind or _ANY for file in reading.files)
        text = "" if _only_names(reading) else reading.text
        return Reading(text, (), reading.unreadable + kinds)
    chosen = reading.files[:MOST_FILES]
    results = await asyncio.gather(*(_content(file, fetch, most) for file in chosen))
    contents = [*results, *(_TOO_MANY for _ in reading.files[MOST_FILES:])]
    unreadable = reading.unreadable + tuple(kind for kind, _ in contents if kind is not None)
    if all(kind is not None for kind, _ in results) and _only_names(reading):
        return Reading("", (), unreadable)
    return Reading(_placed(reading, [text for _, text in contents]), (), unreadable)


_TOO_MANY = (
    _ANY,
    f"（読めるのは{MOST_FILES}件までなので、これは読んでいません / not read: more than "
    f"{MOST_FILES} files）",
)


async def _content(file: FileRef, fetch: Fetch, most: int) -> tuple[Unreadable | None, str]:
    """What a file is where it could not be read, and what stands under its name."""
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            raw = (await fetch(file, most))[:most]
    except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
        why = error if isinstance(error, NotFetched) else type(error).__name__
        log.warning("an attached file could not be fetched: %s", why)
        return (
            file.kind or _UNFETCHED,
            "（取得できないので読めません / cannot be fetched, so it cannot be read）",
        )
    cut = file.size > len(raw)
    text = decoded(raw, cut=cut)
    if text is None:
        return (
            file.kind or NO_TEXT,
            "（テキストではないので読めません / not text, so it cannot be read）",
        )
    text = "\n".join(text.splitlines()).strip("\n")
    if cut:
        rest = f"{len(raw):,} / {file.size:,}"
        text += f"\n（ここまで。{rest} バイトだけ読みました / only {rest} bytes were read）"
    return None if text else file.kind or _EMPTY, text


def _only_names(reading: Reading) -> bool:
    """Whether a text says nothing but which files there are."""
    begin, end = attached("\n").split("file")
    lines = (line.lstrip("> ") for line in reading.text.split("\n"))
    return all(not line or (line.startswith(begin) and line.endswith(end)) for line in lines)


def _placed(reading: Reading, contents: Sequence[str]) -> str:
    """The text with each file's content under the line that names it, quoted as that is."""
    waiting = defaultdict[str, list[str]](list)
    for file, content in zip(reading.files, contents, strict=True):
        waiting[attached(file.name)].append(content)
    lines: list[str] = []
    for line in reversed(reading.text.split("\n")):  # files come last
        name = line.lstrip("> ")
        if waiting.get(name):
            quote = line.removesuffix(name)
            content = waiting[name].pop()
            lines += [quote + each for each in reversed(content.split("\n")) if content]
        lines.append(line)
    lines.reverse()
    for name, left in waiting.items():
        for content in left:
            lines += [name, *content.split("\n")]
    return "\n".join(lines).strip("\n")


def cannot_read(unreadable: Sequence[Unreadable]) -> Notice:
    """That a message holds nothing that the bot can read, by name of what it holds."""
    english = list(dict.fromkeys(each.english for each in unreadable)) or ["that file"]
    japanese = list(dict.fromkeys(each.japanese for each in unreadable)) or ["そのファイル"]
    listed = " or ".join(filter(None, [", ".join(english[:-1]), english[-1]]))
    return Notice(
        f"I cannot read {listed}. Please write your question as text.",
        f"{'や'.join(japanese)}は読めません。質問を文字で書いてください。",
    )
