"""The process that `test_kill.py` kills: the real chat, fed through a pipe with platform ids.

Each is forked from one that has imported all that a start imports: that takes most of a start's
time, and tells nothing of what is killed.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from multiprocessing.connection import Connection

import torch

from bot.app import open_app
from bot.config import GenerationSettings, Settings, StorageSettings
from bot.messages import ConversationKey, IncomingMessage, ReplyEnd

KEY = ConversationKey("test", "home", "general")


def serve(pipe: Connection, url: str) -> None:
    """Answer `(id, text)` with `(id, event)`: "begun" at the first text, the reply at its end."""
    torch.set_num_threads(1)
    asyncio.run(
        _serve(
            pipe, Settings(storage=StorageSettings(url=url), generation=GenerationSettings(seed=1))
        )
    )


async def _serve(pipe: Connection, settings: Settings) -> None:
    async with open_app(settings, lambda line: None) as app:
        for waiting in await app.store.unanswered(KEY.platform):
            async for _ in app.chat.resume(waiting):
                pass
        pipe.send(("ready", ""))
        while True:
            id, text = await asyncio.to_thread(pipe.recv)
            message = IncomingMessage(KEY, id, "u1", "", text, datetime.now(UTC))
            begun = False
            async for event in app.chat.respond(message):
                if isinstance(event, ReplyEnd):
                    pipe.send((id, event.text))
                elif not begun:
                    pipe.send((id, None))
                    begun = True
            pipe.send(("done", id))
