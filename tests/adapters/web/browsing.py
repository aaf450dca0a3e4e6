"""A page that is served, and somebody who looks at it with aiohttp's client, as a browser would."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientResponse, ClientSession, CookieJar, DummyCookieJar

from adapters.web.platform import WebPlatform
from adapters.web.status import Status
from bot.chat import Chat
from bot.config import WebSettings
from bot.logins import Logins
from bot.messages import ConversationKey
from bot.ports import Caller

GUILD = ConversationKey("discord", "1", "2")
TANAKA = Caller(GUILD, "u1", name="田中")
ADMIN = Caller(GUILD, "u9", administrator=True, name="長")


@asynccontextmanager
async def serving(chat: Chat, **settings: Any) -> AsyncIterator[WebPlatform]:
    """The page of a chat, on a free port of this machine."""
    chosen = WebSettings(**{"enabled": True, "port": 0, **settings})
    if chat.logins is None:
        chat.logins = Logins(chat.store, chosen.url or f"http://{chosen.host}:{chosen.port}")
    status = Status(
        "demo", (("Discord", "discord"), ("Web", "web")), lambda: (1, 2), datetime.now(UTC)
    )
    ready = asyncio.Event()
    platform = WebPlatform(chat, chosen, status, lambda text: ready.set())
    task = asyncio.create_task(platform.run())
    waiting = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        yield platform
    finally:
        waiting.cancel()
        await platform.close(1.0)
        await task


@dataclass(slots=True)
class Page:
    """What was answered."""

    status: int
    text: str
    headers: Mapping[str, str]
    path: str
    body: bytes = b""

    @property
    def token(self) -> str:
        """The token of its forms."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.text)
        assert found, f"a page without a form: {self.status}"
        return found[1]


@dataclass(slots=True)
class Browser:
    """Somebody with a browser, at a page that is served. `addressed`: the page's own address,
    where that is not the one at which it is reached."""

    url: str
    session: ClientSession
    addressed: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def _sent(self, more: Mapping[str, str] | None) -> dict[str, str]:
        own = {"Host": self.addressed.partition("://")[2]} if self.addressed else {}
        return {**own, **self.headers, **(more or {})}

    async def get(self, path: str, **headers: str) -> Page:
        """Look at a page, without following where it leads."""
        async with self.session.get(
            self.url + path, allow_redirects=False, headers=self._sent(headers)
        ) as response:
            return await _page(response)

    async def post(
        self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Page:
        """Send a form as it is given."""
        sent = {"Origin": self.addressed or self.url, **self._sent(headers)}
        async with self.session.post(
            self.url + path, data=fields, allow_redirects=False, headers=sent
        ) as response:
            return await _page(response)

    async def send(self, path: str, /, **fields: str) -> Page:
        """Send a form of ours, with the token that its page has."""
        token = (await self.get("/stored")).token
        return await self.post(path, {"csrf": token, **fields})

    async def say(self, text: str, section: str = "chat") -> list[dict[str, Any]]:
        """Say something as the script does; the events that come of it."""
        token = (await self.get("/stored")).token
        page = await self.post(
            "/say",
            {"csrf": token, "text": text, "section": section},
            {"Accept": "application/x-ndjson"},
        )
        assert page.status == 200, page.text
        return [json.loads(line) for line in page.text.splitlines()]

    async def log_in(self, link: str) -> Page:
        """Open a link and press its button."""
        path = "/login/" + link.rpartition("/")[2]
        page = await self.get(path)
        return await self.post(path, {"csrf": page.token})


async def _page(response: ClientResponse) -> Page:
    body = await response.read()
    text = body.decode("utf-8", "replace")
    return Page(response.status, text, response.headers, response.url.path, body)


@asynccontextmanager
async def browser(platform: WebPlatform, *, addressed: str = "") -> AsyncIterator[Browser]:
    """A browser that keeps cookies; where the page is addressed otherwise, it has none."""
    jar = DummyCookieJar() if addressed else CookieJar(unsafe=True)
    reached = f"http://127.0.0.1:{platform.port}"
    async with ClientSession(cookie_jar=jar) as session:
        yield Browser(reached, session, addressed)


@asynccontextmanager
async def logged_in(platform: WebPlatform, chat: Chat, who: Caller) -> AsyncIterator[Browser]:
    """Somebody who has logged in."""
    assert chat.logins is not None
    async with browser(platform) as visiting:
        page = await visiting.log_in(await chat.logins.link(who))
        assert (page.status, page.headers["Location"]) == (303, "/chat")
        yield visiting
