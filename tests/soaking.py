"""What the soaks of the platforms have in common: their settings, questions and command line."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable

import psutil  # type: ignore[import-untyped]  # it ships no types

from bot.config import Settings

FIRST = 200  # messages after which memory is looked at for the first time
QUESTIONS = ("「猫」は英語で何ですか。", "What does 本 mean?", "ありがとう。", "How are you?")
# The conversations' cache grows into its bound. It is set so low here that the first messages
# fill it: what grows after that is a leak.
CACHE_TOKENS = 4_096


def megabytes() -> float:
    """The memory of this process: the bot and the platform that it talks to."""
    gc.collect()
    return float(psutil.Process().memory_info().rss) / 1e6


def settings_in(folder: str) -> Settings:
    """Settings with a database in a folder."""
    url = f"sqlite+aiosqlite:///{folder}/kaiwa.db"
    return Settings.model_validate(
        {"storage": {"url": url}, "engine": {"cache_tokens": CACHE_TOKENS}}
    )


def command(description: str, soak: Callable[[int, int], Awaitable[bool]]) -> None:
    """The command line: how many messages, in how many channels; exit code 1 if it failed."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--channels", type=int, default=50)
    given = parser.parse_args()
    logging.disable(logging.ERROR)  # the faults are meant

    async def run() -> bool:
        return await soak(given.messages, given.channels)

    raise SystemExit(not asyncio.run(run()))
