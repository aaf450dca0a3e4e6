"""What studying takes, opened when somebody first asks: the analysers and the dictionary's file.

Knows whether it is there, and what the operator would do about it; not what it is used for.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from bot.errors import BotError, EngineBusy
from bot.study.lexicon.schema import is_of_another_version

if TYPE_CHECKING:
    from bot.study.lexicon.dictionary import Dictionary

# Threads of its own, and few: replies, and the looking up of hosts, need those of the event loop.
THREADS = 2
MOST_ASKED = 30  # at once, by all

PACKAGES = ("fugashi", "haqumei", "noto_cjk_sans_jp_regular", "PIL", "unidic_lite")

P = ParamSpec("P")
T = TypeVar("T")


class NoStudy(BotError):
    """What studying takes is not there."""

    private = True

    def __init__(self, what: str) -> None:
        super().__init__(
            f"I have no dictionary here yet. Whoever runs me can change that: {what}",
            f"まだ辞書が入っていません。運営者が次のようにすると使えます：{what}",
        )


class Study:
    """The dictionary's file and how this bot writes romaji. May be used by several threads.

    Without a file nothing can be asked.
    """

    def __init__(self, file: Path | None = None, romaji: str = "macrons") -> None:
        self.file = file
        self.romaji = romaji  # a value of bot.study.romaji.LongVowels
        self._dictionary: Dictionary | None = None
        self._opening = threading.Lock()
        self._threads = ThreadPoolExecutor(THREADS, "kaiwa-study")
        self._asked = 0  # what is not answered yet

    @property
    def available(self) -> bool:
        """Whether it is installed and set up; nothing is loaded to see that."""
        return self.lacking() is None

    @property
    def installed(self) -> bool:
        """Whether the packages are there."""
        return all(map(find_spec, PACKAGES))

    @property
    def is_set_up(self) -> bool:
        """Whether the dictionary's file is there; one of another version is as good as none."""
        if self.file is None or not self.file.is_file():
            return False
        try:
            return not is_of_another_version(self.file)
        except OSError:
            return True  # opening it says what is wrong

    def lacking(self) -> NoStudy | None:
        """What is to be done before it can be used; None where it can."""
        if not self.installed:
            return NoStudy("pip install 'kaiwa[study]'; kaiwa study setup")
        return None if self.is_set_up else NoStudy("kaiwa study setup")

    @property
    def dictionary(self) -> Dictionary:
        """The dictionary. Raises BotError where there is none that can be read."""
        with self._opening:
            if self._dictionary is None:
                if (lacking := self.lacking()) is not None:
                    raise lacking
                assert self.file is not None
                from bot.study.lexicon.dictionary import Dictionary

                self._dictionary = Dictionary.open(self.file)
            return self._dictionary

    def look(self) -> str:
        """Whether all of it works, for `kaiwa check`: what there is. Raises BotError."""
        from bot.study.reading import pronunciation

        pronunciation.prepare(lambda text: None)
        return ", ".join(f"{source.name} {source.version}" for source in self.dictionary.sources())

    def close(self) -> None:
        """Let go of the file; it is opened again where it is needed."""
        with self._opening:
            if self._dictionary is not None:
                self._dictionary.close()
                self._dictionary = None

    async def ask(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Have something looked up or analysed, away from the event loop. Raises NoStudy, and
        EngineBusy where too many ask at once."""
        if (lacking := self.lacking()) is not None:
            raise lacking
        if self._asked >= MOST_ASKED:
            raise EngineBusy(self._asked)
        self._asked += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, partial(work, *args, **kwargs))
        finally:
            self._asked -= 1
