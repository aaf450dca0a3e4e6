"""`kaiwa run` and `kaiwa web`: serving, until a signal says that it is enough."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from bot.command_line import ConfigOption, read_settings, say
from bot.study_setup import offer

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.ports import Caller


def run(config: ConfigOption = None) -> None:
    """Serve every platform that the settings enable, until Ctrl-C or SIGTERM."""
    from bot.logs import log_to_stderr

    settings = read_settings(config)
    offer(settings)
    log_to_stderr()
    asyncio.run(_serve(settings))


def web(config: ConfigOption = None) -> None:
    """Serve the web page alone, and print a link that logs you in."""
    from adapters.console import USER, conversation_key
    from bot.logs import log_to_stderr
    from bot.ports import Caller

    settings = read_settings(config)
    offer(settings)
    log_to_stderr()
    alone = {
        "web": settings.web.model_copy(update={"enabled": True}),
        "discord": settings.discord.model_copy(update={"enabled": False}),
        "slack": settings.slack.model_copy(update={"enabled": False}),
    }
    you = Caller(conversation_key("default"), USER, administrator=True)
    asyncio.run(_serve(settings.model_copy(update=alone), greeted=you))


async def _serve(settings: Settings, greeted: Caller | None = None) -> None:
    import signal

    from bot.serving import run_platforms

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    serving = asyncio.current_task()
    assert serving is not None
    asked = 0.0

    def end() -> None:
        nonlocal asked
        if not stop.is_set():
            asked = loop.time()
            say("終了します。書きかけの返答を待っています… / Ending; waiting for replies …")
            stop.set()
        elif loop.time() - asked > 1.0:  # supervisors signal a process and then its group
            serving.cancel()  # somebody does not want to wait for replies to end

    with suppress(NotImplementedError):  # not on every system
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, end)
    try:
        await run_platforms(settings, say, stop, greeted=greeted)
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
