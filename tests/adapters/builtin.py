"""The built-in model for tests of the whole path: people with names, and a chat that is sure."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.chat import Chat
from bot.demo.dialogues import CARD_PREAMBLE
from bot.engine.loader import LoadedModel
from bot.engine.local import EngineOptions, LocalEngine
from bot.messages import Role, Sampling, Turn
from bot.prompt import RinnaFormat
from storage.store import SqlStore

NAMES = (
    *("田中", "佐藤", "鈴木", "高橋", "渡辺", "伊藤", "山本", "中村", "小林", "加藤"),
    *("マイケル", "アンナ", "ジョン", "エミリー"),
    *("Helen", "Hugo", "Maria", "Kenji", "Alice", "Oliver"),
)
PREAMBLE = tuple(
    Turn(role, text) for role, text in zip((Role.USER, Role.ASSISTANT), CARD_PREAMBLE, strict=True)
)


@asynccontextmanager
async def chatting(loaded: LoadedModel, store: SqlStore) -> AsyncIterator[Chat]:
    """A chat on this model that takes the likeliest token each time."""
    async with LocalEngine.from_loaded(loaded, EngineOptions(max_batch=20)) as engine:
        sampling = Sampling(temperature=0)
        prompts = RinnaFormat(loaded.tokenizer)
        yield Chat(store, engine, prompts, preamble=PREAMBLE, sampling=sampling)


def talk_about(name: str) -> tuple[str, str, str]:
    """Three messages of somebody: their name, a word, and what their name was."""
    if name.isascii():
        return f"My name is {name}.", "What does 犬 mean?", "What is my name?"
    return f"私の名前は{name}です。", "「猫」は英語で何ですか。", "私の名前は何ですか。"


def check_talk(name: str, replies: list[str]) -> None:
    """Whether the answers to `talk_about` are this person's own, in order."""
    assert len(replies) == 3
    assert ("dog" if name.isascii() else "cat") in replies[1]
    assert [other for other in NAMES if other in replies[2]] == [name]
