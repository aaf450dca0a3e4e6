"""/anki: words as a package for Anki, or as a table for spreadsheets."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from bot.chat import Chat
from bot.command import Answer
from bot.errors import BotError, repeated
from bot.learning import tables
from bot.learning.anki.looked_up import credits_of, notes_of_level, notes_of_words
from bot.learning.anki.package import package
from bot.learning.ports.words import Word
from bot.learning.vocabulary import word_of
from bot.notices import File, Notice
from bot.ports import Caller
from bot.study.levels import Level
from bot.study.lexicon.dictionary import Dictionary
from bot.study_commands import given

MOST_BYTES = 10_000_000  # of a file that every platform takes; Discord takes no more
_LEVELS = {level.name.lower(): level for level in Level}
_DECKS = {"mine": "My words", "group": "Group"}  # what Anki knows the decks by: final

Words = Sequence[tuple[Word, datetime]]


class NoWords(BotError):
    """There is nothing to export yet."""

    private = True

    def __init__(self, group: bool) -> None:
        whose = ("Nobody has saved words here yet.", "ここではまだだれも言葉を保存していません。")
        own = ("You have saved no words yet.", "まだ言葉を保存していません。")
        english, japanese = whose if group else own
        super().__init__(
            f"{english} /save 食べる saves one, /import takes a table of them, and /anki n5 gives "
            "all words of a level.",
            f"{japanese}/save 食べる のように保存するか、/import で表を読み込んでください。"
            "/anki n5 ではレベルの全部の言葉を受け取れます。",
        )


async def anki(chat: Chat, caller: Caller, argument: str) -> Answer:
    """A file with somebody's words, their group's, or those of a level."""
    what, rest = given.option(argument, given.DECKS, "mine")
    form, rest = given.option(rest, given.FILES, "apkg")
    if rest:
        raise BotError(
            f"Write /anki with one of {', '.join(given.DECKS)}, and then perhaps one of "
            f"{', '.join(given.FILES)}, not {repeated(rest)!r}.",
            f"/anki のうしろに {'、'.join(given.DECKS)} のどれかと、必要なら "
            f"{'、'.join(given.FILES)} のどれかを書いてください。",
        )
    level = _LEVELS.get(what)
    words = [] if level is not None else await _saved(chat, caller, what)
    if form != "apkg":
        if level is not None:
            listed = await chat.study.ask(lambda: chat.study.dictionary.listed(level))
            table = [word_of(entry) for entry in listed]
        else:
            table = [word for word, _ in words]
        content = await asyncio.to_thread(_table, table, form)
        yield _handed_over(f"kaiwa-{what}.{form}", content, len(table))
        return
    if level is not None:
        count, content = await chat.study.ask(lambda: _level(level, chat.study.dictionary))
    else:
        count = len(words)
        name = _DECKS[what]
        content = await chat.study.ask(lambda: _package(name, words, chat.study.dictionary))
    yield _handed_over(f"kaiwa-{what}.apkg", content, count)


async def _saved(chat: Chat, caller: Caller, what: str) -> Words:
    """A person's words, the oldest first, or their group's, the most saved first."""
    words: list[tuple[Word, datetime]]
    if what == "group":
        group = given.group(caller.place)
        words = [*await chat.store.group_words_with_changes(caller.platform, group)]
    else:
        saved = await chat.store.saved_words(caller.platform, caller.user_id)
        words = [(word.text, word.changed_at) for word in reversed(saved)]
    if not words:
        raise NoWords(what == "group")
    return words


def _package(name: str, words: Words, dictionary: Dictionary) -> bytes:
    return package(name, notes_of_words(words, dictionary), credits_of(dictionary))


@lru_cache(maxsize=len(Level))
def _level(level: Level, dictionary: Dictionary) -> tuple[int, bytes]:
    """A level's package takes seconds, and is the same for everybody."""
    notes = notes_of_level(level, dictionary)
    return len(notes), package(level.name, notes, credits_of(dictionary))


def _table(words: Sequence[Word], form: str) -> bytes:
    text = tables.written(words, tables.SEPARATORS[form])
    return text.encode("utf-8-sig" if form == "csv" else "utf-8", "replace")  # Excel's mark


def _handed_over(name: str, content: bytes, count: int) -> Notice:
    size = f"{len(content) / 1_000_000:.1f} MB"
    if len(content) > MOST_BYTES:
        raise BotError(
            f"The file would have {size}; I can hand over {MOST_BYTES // 1_000_000} MB. "
            "/anki csv takes much less.",
            f"ファイルが{size}になり、渡せる{MOST_BYTES // 1_000_000} MBを超えます。"
            "/anki csv ならずっと小さくなります。",
        )
    words = f"{count:,} {'word' if count == 1 else 'words'}"
    file = File(name, content)
    if not name.endswith(".apkg"):
        return Notice(
            f"{words}. /import takes such a table back, with what you changed in it.",
            f"{count:,}語です。書きかえた表は /import で読み込めます。",
            file=file,
        )
    return Notice(
        f"{words}. Open the file with Anki. Import a later one the same way: it adds and updates "
        "words, and your schedule stays. The cards that ask for the Japanese are in a deck of "
        'their own, "Kaiwa recall".',
        f"{count:,}語です。ファイルをAnkiで開いてください。次に書き出したものも同じように読み込めば、"
        "言葉だけが追加・更新され、復習の予定はそのままです。日本語を答えるカードは別のデッキ"
        "「Kaiwa recall」に入ります。",
        file=file,
    )
