"""What a command does, imported when it is given: nobody waits for that who does not study."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from importlib import import_module

from bot.chat import Chat
from bot.command import Answer, Run
from bot.ports import Caller


def by(module: str, function: str) -> Run:
    """What a function of a module here does; the module is imported when it is asked for."""

    async def run(chat: Chat, caller: Caller, argument: str) -> Answer:
        found = await asyncio.to_thread(import_module, f"bot.study_commands.{module}")
        async with aclosing(getattr(found, function)(chat, caller, argument)) as answer:
            async for notice in answer:
                yield notice

    return run


def complete(chat: Chat, prefix: str) -> tuple[str, ...]:
    """Words of the dictionary that begin like this."""
    return chat.study.dictionary.complete(prefix) if prefix.strip() else ()
