"""`kaiwa run` and `kaiwa web`: serving, until a signal says that it is enough."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from bot.command_line import ConfigOption, read_settings, say
from bot.errors import BotError
from bot.study_setup import offer

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.ports import Caller

log = logging.getLogger(__name__)

Read = Callable[[], "Settings"]


def run(config: ConfigOption = None) -> None:
    """Serve every platform that the settings enable, until Ctrl-C or SIGTERM."""
    from bot.config import load_settings

    settings = read_settings(config)
    offer(settings)
    asyncio.run(_serve(settings, lambda: load_settings(config)))


def web(config: ConfigOption = None) -> None:
    """Serve the web page alone, and print a link that logs you in."""
    from adapters.console import USER, conversation_key
    from bot.config import load_settings
    from bot.ports import Caller

    settings = read_settings(config)
    offer(settings)
    you = Caller(conversation_key("default"), USER, administrator=True)
    asyncio.run(_serve(_alone(settings), lambda: _alone(load_settings(config)), greeted=you))


def _alone(settings: Settings) -> Settings:
    """The same, with the web page and nothing else."""
    switched = {"web": True, "discord": False, "slack": False}
    update = {
        name: getattr(settings, name).model_copy(update={"enabled": enabled})
        for name, enabled in switched.items()
    }
    return settings.model_copy(update=update)


async def _serve(settings: Settings, read: Read, greeted: Caller | None = None) -> None:
    from bot.live import Live
    from bot.logs import RunningLog, told
    from bot.meters import Meters
    from bot.service import Service
    from bot.serving import run_platforms

    live, meters, service = Live(settings), Meters(), Service()
    log_of_run = RunningLog(settings.log, meters.log_lines)
    live.when_changed(lambda now: log_of_run.set_level(now.log.level))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    serving = asyncio.current_task()
    assert serving is not None
    asked = 0.0

    def end() -> None:
        nonlocal asked
        if not stop.is_set():
            asked = loop.time()
            told("終了します。書きかけの返答を待っています… / Ending; waiting for replies …")
            service.stopping()
            stop.set()
        elif loop.time() - asked > 1.0:  # supervisors signal a process and then its group
            serving.cancel()  # somebody does not want to wait for replies to end

    def read_anew() -> None:
        service.reloading()
        try:
            log_of_run.reopen()
            live.change(read())
        except BotError as error:
            log.error("the settings stay as they are: %s", error.english)
        finally:
            service.reloaded()

    with suppress(NotImplementedError):  # not on every system
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, end)
        loop.add_signal_handler(signal.SIGHUP, read_anew)
    try:
        await run_platforms(
            live, told, stop, meters=meters, greeted=greeted, greet=say, service=service
        )
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
