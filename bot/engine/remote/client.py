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

from bot.engine.remote.complaints import Complaint, read_complaint, read_words
from bot.engine.remote.events import events
from bot.engine.remote.wire import Piece, Served, read_piece, read_served
from bot.errors import BotError

LONGEST_PAUSE = 300.0  # seconds that a server may ask for
LOOK_SECONDS = 10.0  # for an answer that takes no model
HEALTH_SECONDS = 2.0
LONGEST_COMPLAINT = 64 * 1024  # bytes
TELLING_HEALTH = ("llamacpp", "vllm")  # whose /health is 503 while nothing can be asked
NO_CONNECTION = ("there is no connection", "接続できません")
TOO_SLOW = ("it did not answer in time", "時間内に応答がありません")
CUT_OFF = ("its answer was cut off", "応答が途中で切れました")
FAILED = ("it failed while it was writing", "生成中に失敗しました")
OTHER_API = ("it does not speak OpenAI's API", "OpenAI 互換の API ではありません")
RETRIED = {408, 425, 429}  # and all of 5xx: the same request may succeed later, or elsewhere
NO_LENGTH = {401, 403, 404, 429}  # whatever their words: they are about something else

T = TypeVar("T")


class Unavailable(BotError):
    """A server that cannot answer now: `why`, in English and Japanese.

    `retry_after`: the seconds that it asked to wait. `busy`: nothing is wrong with it. `status`
    is HTTP's; 0 where there was none.
    """

    def __init__(
        self,
        url: str,
        why: tuple[str, str],
        retry_after: float | None = None,
        status: int = 0,
    ) -> None:
        super().__init__(
            f"I cannot use the model server {url}: {why[0]}. "
            "Is it running, and is [engine] base_urls right?",
            f"モデルサーバー {url} を使えません（{why[1]}）。"
            "起動しているか、[engine] base_urls が正しいか確認してください。",
        )
        self.retry_after = retry_after
        self.status = status
        self.busy = status == 429 or retry_after is not None


class Refused(BotError):
    """A server that will not do what it is asked, now or later. `status` is HTTP's.

    `complaint`: what it said, which may repeat the prompt.
    """

    def __init__(
        self, english: str, japanese: str, status: int, complaint: Complaint | None = None
    ) -> None:
        super().__init__(english, japanese)
        self.status = status
        self.complaint = complaint or Complaint()


class TooLong(Refused):
    """A prompt that, with its reply, is longer than what the server takes."""


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
            listed = self._read(read_served, await response.read() or b"null")
        if listed.software in TELLING_HEALTH:
            await self._look_at_health()
        return listed

    async def _look_at_health(self) -> None:
        """Raises Unavailable where a server says that it still loads, or that its engine is dead.

        That it has no such page, or a slow or broken one, says nothing of the API.
        """
        health = self.url.removesuffix("/v1") + "/health"
        timeout = aiohttp.ClientTimeout(total=HEALTH_SECONDS)
        try:
            async with self._request("GET", health, timeout=timeout):
                return
        except Refused:
            return
        except Unavailable as problem:
            if problem.status == 503:
                raise

    async def ask_root(self, path: str, body: Mapping[str, Any]) -> Any:
        """What a page beside the API answers. Raises Unavailable and Refused."""
        url = f"{self.url.removesuffix('/v1')}/{path}"
        timeout = aiohttp.ClientTimeout(total=LOOK_SECONDS)
        async with self._request("POST", url, json=body, timeout=timeout) as response:
            return self._read(lambda said: said, await response.read())

    async def stream(
        self, path: str, body: Mapping[str, Any], tell: bool = False
    ) -> AsyncGenerator[Piece, None]:
        """Post a request and yield its answer's pieces. Closing this ends it on the server.

        With `tell`, a refusal says what the server said, which may repeat the prompt. Raises
        Unavailable when the answer does not come, stops coming, or ends before it is complete,
        Refused, and TooLong; all of them also for an error that comes within the answer.
        """
        url = f"{self.url}/{path}"
        async with self._request("POST", url, json=body, tell=tell) as response:
            if response.content_type == "application/json":  # a server that does not stream
                yield self._piece(await response.read(), False, tell)
                return
            async for is_error, data in events(response.content):
                if data == b"[DONE]":
                    return
                if data:
                    yield self._piece(data, is_error, tell)
        raise Unavailable(self.url, CUT_OFF)

    def _piece(self, data: bytes, is_error: bool, tell: bool) -> Piece:
        """A piece of an answer, unless it is an error."""
        if is_error:
            complaint = read_words(data.decode("utf-8", "replace"))
        else:
            document = self._read(lambda said: said, data)
            found = read_complaint(document)
            if found is None or isinstance(document, str):
                return self._read(read_piece, document)
            complaint = found
        if complaint.is_too_long or complaint.status:
            raise self._problem(complaint.status or 400, complaint, {}, tell)
        raise Unavailable(self.url, FAILED)

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

    def _read(self, read: Callable[[Any], T], document: Any) -> T:
        """What is read of an answer, or of its bytes; it may well be a web page."""
        try:
            return read(json.loads(document) if isinstance(document, bytes) else document)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise Unavailable(self.url, OTHER_API) from error

    async def _complain(self, response: aiohttp.ClientResponse, tell: bool) -> None:
        if response.status < 300:
            return
        said = await response.content.read(LONGEST_COMPLAINT)
        complaint = read_words(said.decode("utf-8", "replace"))
        raise self._problem(response.status, complaint, response.headers, tell)

    def _problem(
        self, status: int, complaint: Complaint, headers: Mapping[str, str], tell: bool
    ) -> Unavailable | Refused:
        words = complaint.words[:300] if tell else ""
        if complaint.is_too_long and status not in NO_LENGTH:
            return _refused(TooLong, self.url, status, complaint, words)
        if status in RETRIED or status >= 500:
            said = f"HTTP {status}"
            return Unavailable(self.url, (said, said), retry_after(headers), status)
        return _refused(Refused, self.url, status, complaint, words)


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


def _refused(
    kind: type[Refused], url: str, status: int, complaint: Complaint, words: str
) -> Refused:
    said = f"HTTP {status}" + (f": {words}" if words else "")
    key = status in (401, 403)
    check = "KAIWA_ENGINE_API_KEY" if key else "the settings of [engine]"
    check_ja = "KAIWA_ENGINE_API_KEY" if key else "[engine] の設定"
    return kind(
        f"The model server {url} refused the request ({said}). Check {check}.",
        f"モデルサーバー {url} がリクエストを拒否しました（{said}）。"
        f"{check_ja}を確認してください。",
        status,
        complaint,
    )
