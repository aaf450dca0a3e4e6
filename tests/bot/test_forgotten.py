"""Deleted means gone: a canary is said, answered, edited and forgotten, and then looked for."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest

from bot import privacy
from bot.chat import Chat
from bot.errors import BotError
from bot.messages import ConversationKey, Sampling
from bot.ports import Caller
from bot.prompt import RinnaFormat
from bot.recall import QUICK
from storage.store import SqlStore
from tests.bot.test_chat import read, say, texts, until
from tests.canary import CANARY
from tests.fakes.generator import FakeGenerator
from tests.fakes.incoming import CHANNEL, incoming
from tests.fakes.letters import CharacterTokenizer

WORDS = uuid4().hex  # so that no constant holds it
AT_ONCE = 1_000  # objects that are asked together for what they refer to


def in_files(folder: Path, words: str) -> dict[str, int]:
    """How often the words stand in each of a folder's files, where they do."""
    found = {file.name: file.read_bytes().count(words.encode()) for file in folder.iterdir()}
    return {name: count for name, count in found.items() if count}


def in_memory(words: str) -> Iterator[str]:
    """What of the process's Python objects holds the words, but for this module's constant; the
    newest first."""
    gc.unfreeze()  # what was there before may have taken them up
    gc.collect()
    seen = set[int]()
    waiting = [o for o in gc.get_objects() if o is not globals()]
    own = {id(waiting), id(seen), id(words), id(WORDS)}

    def holds(*tracked: object) -> bool:
        return any(words in held and id(held) not in own for held in _strings(tracked, seen))

    for start in reversed(range(0, len(waiting), AT_ONCE)):
        some = waiting[start : start + AT_ONCE]
        if holds(*some):
            for tracked in some:
                seen.clear()
                if holds(tracked):
                    yield f"{type(tracked).__name__}: {str(tracked)[:200]}"


def _strings(things: Iterable[object], seen: set[int]) -> Iterator[str]:
    """By types alone: some objects of torch's warn when they are asked what they are."""
    for held in gc.get_referents(*things):
        kind = type(held)
        if issubclass(kind, str):
            yield held
        elif issubclass(kind, bytes):
            yield held.decode("utf-8", "replace")
        elif issubclass(kind, tuple | dict) and not gc.is_tracked(held) and id(held) not in seen:
            seen.add(id(held))
            yield from _strings([held], seen)


async def speak(chat: Chat) -> None:
    """Twenty exchanges of somebody else, and five with the canary in them, one of them edited."""
    for number in range(20):
        await say(chat, f"o{number}", "何か" * 50, author="u2")
        if number % 4 == 0:
            await say(chat, f"m{number}", f"{WORDS} {number} " + "あ" * 20, author="u1")
    assert await chat.edited(incoming("m0", f"{WORDS} " + "い" * 30))


@pytest.fixture(autouse=True)
def no_canary() -> None:
    """It would hold in memory what is looked for there."""
    CANARY.deaf()


@pytest.fixture
def quiet_chat(store: SqlStore, generator: FakeGenerator) -> Chat:
    """A chat whose generator keeps no requests."""
    return Chat(store, generator, RinnaFormat(CharacterTokenizer()))


@pytest.mark.parametrize("way", ["forget me", "forget the conversation", "delete"])
async def test_what_was_forgotten_is_nowhere(
    quiet_chat: Chat,
    store: SqlStore,
    generator: FakeGenerator,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    way: str,
) -> None:
    """Not in a file of the database's folder, not in the log, not in the process's memory."""
    caplog.set_level(logging.INFO)
    generator.script = [["はい"] for _ in range(26)]
    chat = quiet_chat
    await speak(chat)
    assert in_files(tmp_path, WORDS) and any(in_memory(WORDS))
    if way == "forget me":
        async for _ in privacy.forget_me(chat, Caller(CHANNEL, "u1"), "yes"):
            pass
    elif way == "delete":
        for number in range(0, 20, 4):
            await chat.deleted(CHANNEL, f"m{number}")
    else:
        await store.forget(await store.find(CHANNEL) or 0)
        chat._recall.forget()  # another process does it: this one's has no caches
    assert generator.forgotten or way == "forget the conversation"
    generator.requests.clear()
    generator.ahead.clear()
    assert in_files(tmp_path, WORDS) == {}
    assert WORDS not in caplog.text
    caplog.clear()
    assert [*in_memory(WORDS)] == []


async def test_what_was_edited_away_is_not_kept(
    quiet_chat: Chat, store: SqlStore, generator: FakeGenerator, tmp_path: Path
) -> None:
    """The old text goes, and what takes its place stays."""
    generator.script = [["はい"]]
    await say(quiet_chat, "m1", WORDS)
    assert await quiet_chat.edited(incoming("m1", "別の話"))
    generator.requests.clear()
    assert await texts(store) == ["別の話", "はい"]
    assert in_files(tmp_path, WORDS) == {}
    assert [*in_memory(WORDS)] == []


class HeldTokenizer(CharacterTokenizer):
    """Stops at the canary, once it is told to, until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on, self.stopped = threading.Event(), threading.Event()
        self.go_on.set()

    def encode(self, text: str) -> list[int]:
        """A number for each character."""
        if WORDS in text and not self.go_on.is_set():
            self.stopped.set()
            self.go_on.wait(20)
        return super().encode(text)


@pytest.mark.parametrize("cancelled", [False, True])
async def test_what_is_deleted_while_a_prompt_is_made_is_neither_in_it_nor_kept(
    store: SqlStore, cancelled: bool
) -> None:
    """The prompt is made anew; where nobody waits for it any more, its thread keeps nothing."""
    generator = FakeGenerator([["はい"], ["はい"]], context_length=100_000)
    tokenizer = HeldTokenizer()
    chat = Chat(store, generator, RinnaFormat(tokenizer), sampling=Sampling(max_new_tokens=9))
    await say(chat, "m1", WORDS + "あ" * QUICK)
    chat._recall.forget()
    generator.requests.clear()
    tokenizer.go_on.clear()
    reply = asyncio.create_task(read(chat.respond(incoming("m2", "続き"))))
    await until(tokenizer.stopped.is_set)
    await chat.deleted(CHANNEL, "m1")
    if cancelled:
        reply.cancel()
        await asyncio.wait([reply])
        reply = None  # type: ignore[assignment]  # its traceback has the history
    tokenizer.go_on.set()
    if reply is not None:
        await reply
        (request,) = generator.requests
        assert "続き" in request.prompt.text and WORDS not in request.prompt.text
    generator.requests.clear()
    await until(lambda: not any(in_memory(WORDS)))


async def test_only_the_places_where_it_stood_are_read_again(
    chat: Chat, store: SqlStore, generator: FakeGenerator
) -> None:
    """A deletion takes the cached prompts of its channel and threads, /forget-me takes all."""
    await say(chat, "m1")
    await chat.deleted(CHANNEL, "m1")
    await chat.deleted(CHANNEL, "unknown")
    assert generator.forgotten == [{str(await store.find(CHANNEL))}]
    await chat.forget_member("console", "u1")
    assert generator.forgotten[1:] == [None]


@pytest.mark.parametrize("error", [BotError("busy", "使用中"), asyncio.CancelledError()])
async def test_where_it_stood_cannot_be_read_all_cached_prompts_go(
    chat: Chat, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """The message is deleted by then, so nothing would be forgotten when that is told again."""
    await say(chat, "m1")

    async def failing(self: SqlStore, key: ConversationKey) -> Sequence[int]:
        raise error

    monkeypatch.setattr(SqlStore, "beside", failing)
    with pytest.raises(type(error)):
        await chat.deleted(CHANNEL, "m1")
    await chat.deleted(CHANNEL, "m1")
    assert generator.forgotten == [None]


async def test_what_privacy_says_is_true_where_servers_run_the_model(
    chat: Chat, generator: FakeGenerator
) -> None:
    """What is said goes to them; else it stays on the machine."""
    for remote, english in ((False, "they go nowhere else"), (True, "to the servers that my")):
        generator.remote = remote
        (notice,) = [each async for each in privacy.privacy(chat, Caller(CHANNEL, "u1"), "")]
        assert english in getattr(notice, "english", "")
        assert ("外には送られません" in getattr(notice, "japanese", "")) is not remote
    await asyncio.sleep(0)
