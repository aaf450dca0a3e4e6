"""One server of an OpenAI-compatible API over HTTP: what it serves, and replies as events.

Knows the transport: status codes, timeouts, server-sent events. It does not know what a request
says, nor that there are other servers. aiohttp's errors end here.
"""

from __future__ import annotations

import json
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import aiohttp

from bot.engine.remote.wire import Piece, Served, read_piece, read_served
from bot.errors import BotError

LONGEST_LINE = 16 * 2**20  # bytes of one event; a prompt's ids may come back in it
LONGEST_PAUSE = 300.0  # seconds that a server may ask for
LOOK_SECONDS = 10.0  # for an answer that takes no model
NO_CONNECTION = ("there is no connection", "接続できません")
TOO_SLOW = ("it did not answer in time", "時間内に応答がありません")
CUT_OFF = ("its answer was cut off", "応答が途中で切れました")
FAILED = ("it failed while it was writing", "生成中に失敗しました")
OTHER_API = ("it does not speak OpenAI's API", "OpenAI 互換の API ではありません")
RETRIED = {408, 425, 429}  # and all of 5xx: the same request may succeed later, or elsewhere

T = TypeVar("T")


class Unavailable(BotError):
    """A server that cannot answer now: `why`, in English and Japanese.

    `retry_after`: the seconds that it asked to wait.
    """

    def __init__(self, url: str, why: tuple[str, str], retry_after: float | None = None) -> None:
        super().__init__(
            f"I cannot use the model server {url}: {why[0]}. "
            "Is it running, and is [engine] base_urls right?",
            f"モデルサーバー {url} を使えません（{why[1]}）。"
            "起動しているか、[engine] base_urls が正しいか確認してください。",
        )
        self.retry_after = retry_after


class Refused(BotError):
    """A server that will not do what it is asked, now or later. `status` is HTTP's."""

    def __init__(self, english: str, japanese: str, status: int) -> None:
        super().__init__(english, japanese)
        self.status = status


class Client:
    """`url` is the API's, with its `/v1`, which is added where the URL has no path."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        scheme, _, rest = url.rstrip("/").partition("://")
        host, _, path = rest.partition("/")
        self.url = f"{scheme}://{host}/{path or 'v1'}"
        self._session = session

    async def look(self) -> Served:
        """What the server serves. Raises Unavailable, also while it loads, and Refused."""
        timeout = aiohttp.ClientTimeout(total=LOOK_SECONDS)
        async with self._request("GET", f"{self.url}/models", timeout=timeout) as response:
            listed = self._read(read_served, await response.read())
        try:
            health = self.url.removesuffix("/v1") + "/health"
            async with self._request("GET", health, timeout=timeout):
                return listed
        except Refused:  # it has none
            return listed

    async def stream(
        self, path: str, body: Mapping[str, Any], tell: bool = False
    ) -> AsyncGenerator[Piece, None]:
        """Post a request and yield its answer's pieces. Closing this ends it on the server.

        With `tell`, a refusal says what the server said, which may repeat the prompt. Raises
        Unavailable when the answer does not come, stops coming, or ends before it is complete,
        and Refused.
        """
        url = f"{self.url}/{path}"
        async with self._request("POST", url, json=body, tell=tell) as response:
            if response.content_type == "application/json":  # a server that does not stream
                yield self._read(read_piece, await response.read())
                return
            async for line in _lines(response.content):
                if not line.startswith(b"data:"):
                    continue
                if (data := line[5:].strip()) == b"[DONE]":
                    return
                yield self._read(read_piece, data)
        raise Unavailable(self.url, CUT_OFF)

    @asynccontextmanager
    async def _request(
        self, method: str, url: str, *, tell: bool = False, **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer that is good; its connection is closed at the end, however that comes."""
        try:
            # A redirect could lead the key elsewhere.
            async with self._session.request(
                method, url, allow_redirects=False, **options
            ) as response:
                try:
                    await self._complain(response, tell or method == "GET")
                    yield response
                finally:
                    response.close()
        except TimeoutError as error:  # aiohttp's; asyncio's own end as a cancellation here
            raise Unavailable(self.url, TOO_SLOW) from error
        except aiohttp.ClientConnectionError as error:
            raise Unavailable(self.url, NO_CONNECTION) from error
        except aiohttp.ClientError as error:
            raise Unavailable(self.url, CUT_OFF) from error

    def _read(self, read: Callable[[Any], T], data: bytes) -> T:
        """What JSON says. It may well be a web page, where the URL is wrong."""
        try:
            return read(json.loads(data))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise Unavailable(self.url, OTHER_API) from error

    async def _complain(self, response: aiohttp.ClientResponse, tell: bool) -> None:
        status = response.status
        if status < 300:
            return
        if status in RETRIED or status >= 500:
            said = f"HTTP {status}"
            raise Unavailable(self.url, (said, said), retry_after(response.headers))
        raise _refused(self.url, status, await _words(response) if tell else "")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or a date."""
    value = headers.get("Retry-After", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            until = parsedate_to_datetime(value)
            seconds = until.timestamp() - parsedate_to_datetime(headers["Date"]).timestamp()
        except (ValueError, KeyError):
            return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_PAUSE)


def _refused(url: str, status: int, words: str) -> Refused:
    said = f"HTTP {status}" + (f": {words}" if words else "")
    key = status in (401, 403)
    check = "KAIWA_ENGINE_API_KEY" if key else "the settings of [engine]"
    check_ja = "KAIWA_ENGINE_API_KEY" if key else "[engine] の設定"
    return Refused(
        f"The model server {url} refused the request ({said}). Check {check}.",
        f"モデルサーバー {url} がリクエストを拒否しました（{said}）。"
        f"{check_ja}を確認してください。",
        status,
    )


async def _words(response: aiohttp.ClientResponse) -> str:
    """What a server says about an error, on one line and cut."""
    text = await response.text(errors="replace")
    try:
        error = json.loads(text)["error"]
        text = str(error["message"] if isinstance(error, dict) else error)
    except (ValueError, LookupError, TypeError):
        pass
    return " ".join(text.split())[:300]


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """The complete lines of a stream; aiohttp's own reading of lines refuses long ones."""
    held = bytearray()
    async for data in content.iter_any():
        held += data
        *lines, rest = held.split(b"\n")
        held = rest
        for line in lines:
            yield bytes(line.rstrip(b"\r"))
        if len(held) > LONGEST_LINE:
            raise aiohttp.ClientPayloadError("a line has no end")
