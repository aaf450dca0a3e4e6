"""The web page as a platform: served until it is closed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from adapters.listening import Listener
from adapters.web.guard import Guard
from adapters.web.live import Live
from adapters.web.server import application
from adapters.web.shown import Shown
from adapters.web.site import Site
from adapters.web.status import Status
from adapters.web.talk import Talk
from adapters.web.visitor import PLATFORM
from bot.chat import Chat
from bot.config import WebSettings
from bot.errors import BotError
from bot.limits import RateLimiter
from bot.ports import Caller

log = logging.getLogger(__name__)


class WebPlatform:
    """Implements bot.ports.Platform. `greeted`: who is given a link as soon as it is served;
    `greet`: shows it, which is no progress that may be kept."""

    def __init__(
        self,
        chat: Chat,
        settings: WebSettings,
        status: Status,
        progress: Callable[[str], None],
        *,
        greeted: Caller | None = None,
        greet: Callable[[str], None] | None = None,
    ) -> None:
        if chat.logins is None:
            raise ValueError("nobody can log in: the chat has no logins")
        self._chat = chat
        self._settings = settings
        self._progress = progress
        self._greeted = greeted
        self._greet = greet or progress
        self._logins = chat.logins
        self._live = Live()
        shown = Shown(chat, self._live)
        self._talk = Talk(chat, shown, self._live)
        self.guard = Guard(self._logins.url)
        self._site = Site(
            chat,
            self._logins,
            self.guard,
            shown,
            self._live,
            self._talk,
            status,
            RateLimiter(settings.messages_per_minute),
        )
        self._listener = Listener(settings.host, settings.port, __name__)
        self._closing = asyncio.Event()

        def forget(platform: str, person: str) -> None:
            if platform == PLATFORM:
                self._live.forget(person)
                shown.forget(person)

        chat.when_forgotten(forget)

    @property
    def url(self) -> str:
        """Where browsers see it."""
        return self.guard.url

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._listener.port

    async def run(self) -> None:
        """Serve until closed. Raises BotError."""
        check(self._settings)
        await self._listener.start(application(self._site))
        if self._settings.url is None and not self._settings.port:
            self._logins.url = self.guard.url = f"{self._logins.url[:-1]}{self._listener.port}"
        self._chat.meters.is_connected(PLATFORM)
        try:
            await self._chat.announcements.connect(PLATFORM, self._live)
            await self._talk.catch_up()
            self._progress(f"ウェブページ: {self.url}\nThe web page: {self.url}")
            if self._greeted is not None:
                link = await self._logins.link(self._greeted)
                self._greet(
                    f"このリンクから入れます（1回だけ、10分以内）。\n"
                    f"This link logs you in, once, within 10 minutes:\n{link}"
                )
            warming = asyncio.create_task(self._warm())
            await self._closing.wait()
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)
        finally:
            self._chat.announcements.disconnect(PLATFORM)
            self._chat.meters.is_lost(PLATFORM)
            self._live.close()
            await self._listener.close()

    async def close(self, grace: float) -> None:
        """Let replies end within `grace` seconds, and stop."""
        await self._talk.close(grace)
        self._closing.set()

    async def _warm(self) -> None:
        """Open the analysers, which takes seconds, before somebody waits for them."""
        if self._chat.study.lacking() is not None:
            return

        def opened() -> None:
            from bot.study.levels import placed
            from bot.study.reading.readings import read

            read("準備します。")
            placed("準備します。", self._chat.study.dictionary)

        try:
            await self._chat.study.ask(opened)
        except BotError as error:
            log.info("readings cannot be shown: %s", error.english)


def check(settings: WebSettings) -> str:
    """Where it will be seen, for `kaiwa check`. Raises BotError where that cannot work."""
    if settings.url is None and settings.host in ("0.0.0.0", "::", ""):
        raise BotError(
            f"[web] host is {settings.host}: set url to the address that browsers use, such as "
            '"https://kaiwa.example.org".',
            f"[web] host が {settings.host} です。ブラウザから見たアドレスを url に設定してください"
            '（例: "https://kaiwa.example.org"）。',
        )
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"{host}:{settings.port}"
    return f"{settings.url or f'http://{address}'} ({address})"
