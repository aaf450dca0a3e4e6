"""Large files of XML, read element by element; what their entities stand for is never read in.

JMdict writes its marks as entities of its own (`&v5k;`): their names are what is wanted. So
nothing in a file can grow, and nothing outside it is reached.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn, cast
from xml.parsers import expat

from bot.errors import BotError

_ENTITY = re.compile(r"&([\w.-]+);")
_STEP = 1 << 18  # bytes
_LONGEST_ENTITY = 500  # characters; JMdict's are sentences


@dataclass(slots=True)
class Element:
    """An element with its children; `text` is what stands directly in it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, tag: str) -> list[str]:
        """The texts of the children of this name."""
        return [child.text for child in self.children if child.tag == tag]

    def first(self, tag: str) -> str:
        """The text of the first of them; empty where there is none."""
        return next(iter(self.all(tag)), "")


class NotThisFile(BotError):
    """A file given for the dictionary is something else, or damaged."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(
            f"{path.name} is not a whole {what} file. Please download it again from "
            "https://www.edrdg.org/ (as .xml or .gz). The dictionary stays as it was.",
            f"{path.name} は正しい {what} ファイルではありません。https://www.edrdg.org/ から"
            "もう一度ダウンロードしてください（.xml または .gz）。辞書は元のままです。",
        )


def elements(path: Path, root: str, tags: set[str], what: str) -> Iterator[Element]:
    """The elements `tags` under the root, and before them its comments (tag `#comment`).

    Raises NotThisFile (`what`: how the kind of file is called) where it is not XML, has another
    root, ends too early, or tries to have entities that are not plain sentences.
    """
    reader = _Reader(root, tags)
    try:
        with _opened(path) as file:
            while step := file.read(_STEP):
                reader.parser.Parse(step, False)
                yield from reader.take()
        reader.parser.Parse(b"", True)
        yield from reader.take()
    except (expat.ExpatError, EOFError, zlib.error, gzip.BadGzipFile, ValueError) as error:
        raise NotThisFile(path, what) from error
    except OSError as error:
        raise BotError(
            f"I could not read {path.name}: {error.strerror}. The dictionary stays as it was.",
            f"{path.name} を読み込めませんでした。ファイルを確認してください。辞書は元のままです。",
        ) from error


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.open(path, "rb")) if packed else path.open("rb")


class _Reader:
    """Expat's events, put together."""

    def __init__(self, root: str, tags: set[str]) -> None:
        self._root = root
        self._tags = tags
        self._open: list[Element] = []
        self._depth = 0
        self._found: list[Element] = []
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.CommentHandler = self._comment
        parser.EntityDeclHandler = self._entity
        parser.ExternalEntityRefHandler = self._outside
        # With a default handler, expat gives the names of entities and does not read them in.
        parser.DefaultHandler = self._default
        self.parser = parser

    def take(self) -> list[Element]:
        found, self._found = self._found, []
        return found

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._depth == 0 and tag != self._root:
            raise ValueError("another root")
        self._depth += 1
        if self._open or tag in self._tags:
            element = Element(tag, attributes)
            if self._open:
                self._open[-1].children.append(element)
            self._open.append(element)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if self._open:
            element = self._open.pop()
            if not self._open:
                self._found.append(element)

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text

    def _default(self, text: str) -> None:
        if self._open and (found := _ENTITY.fullmatch(text)):
            self._open[-1].text += found[1]

    def _comment(self, text: str) -> None:
        if not self._open:
            self._found.append(Element("#comment", {}, text))

    def _entity(
        self,
        name: str,
        is_parameter: bool,
        value: str | None,
        base: str | None,
        system: str | None,
        public: str | None,
        notation: str | None,
    ) -> None:
        if value is None or is_parameter or "&" in value or len(value) > _LONGEST_ENTITY:
            raise ValueError(f"an entity that is no sentence: {name}")

    def _outside(self, *where: str | None) -> NoReturn:
        raise ValueError("an entity outside the file")
