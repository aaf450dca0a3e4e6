"""The HTTP endpoint, over sockets: what Slack signed is answered once, everything else refused."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
import yarl
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.slack.transport.http import LARGEST, EventServer
from bot.errors import BotError
from tests.adapters.slack.transport.hostile import ACCEPTED
from tests.adapters.slack.transport.signing import (
    ACTION,
    COMMAND,
    FORM,
    MENTION,
    NOW,
    SECRET,
    Heard,
    form,
    signed,
)


@pytest.fixture
def heard() -> Heard:
    """A Bolt app that notes what reaches it."""
    return Heard()


@pytest.fixture
async def url(heard: Heard) -> AsyncIterator[str]:
    """The address of its endpoint."""
    async with heard.served() as url:
        yield url


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client."""
    async with aiohttp.ClientSession() as session:
        yield session


async def post(
    http: aiohttp.ClientSession, url: str, body: bytes, headers: dict[str, str]
) -> tuple[int, str]:
    """Status and text of the answer."""
    async with http.post(url, data=body, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_a_signed_event_is_acknowledged_and_heard_once(
    heard: Heard, url: str, http: aiohttp.ClientSession
) -> None:
    """With all its text; a retry is signed anew, and heard again: what to do is the bot's."""
    body = json.dumps(MENTION, ensure_ascii=False).encode()
    assert await post(http, url, body, signed(body)) == (200, "")
    assert await heard.next() == MENTION
    retry = signed(body, at=NOW + 3) | {"X-Slack-Retry-Num": "1"}
    assert (await post(http, url, body, retry))[0] == 200
    assert await heard.next() == MENTION and heard.bodies.empty()


async def test_what_is_signed_exactly_as_before_is_acknowledged_and_nothing_runs(
    heard: Heard, url: str, http: aiohttp.ClientSession
) -> None:
    """Slack's own retry may look so; once its signature is too old, it is refused as any other."""
    ahead = signed(ACCEPTED, at=NOW + 300)
    assert (await post(http, url, ACCEPTED, ahead))[0] == 200
    await heard.next()
    for later in (0, 300, 600):
        heard.clock = NOW + later
        assert await post(http, url, ACCEPTED, ahead) == (200, "")
    heard.clock = NOW + 601
    assert (await post(http, url, ACCEPTED, ahead))[0] == 401
    assert heard.bodies.empty()


async def test_a_replay_of_what_is_still_being_answered_runs_nothing(
    heard: Heard, url: str, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is acknowledged before the first is."""
    answer, reached = asyncio.Event(), asyncio.Event()
    dispatch = heard.app.async_dispatch

    async def slow(request: AsyncBoltRequest) -> BoltResponse:
        reached.set()
        await answer.wait()
        return await dispatch(request)

    monkeypatch.setattr(heard.app, "async_dispatch", slow)
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(post(http, url, ACCEPTED, signed(ACCEPTED)))
        await reached.wait()
        assert await post(http, url, ACCEPTED, signed(ACCEPTED)) == (200, "")
        answer.set()
    assert first.result()[0] == 200
    assert await heard.next() == MENTION and heard.bodies.empty()


async def test_what_is_signed_and_malformed_is_not_to_be_sent_again(
    heard: Heard, url: str, http: aiohttp.ClientSession
) -> None:
    """Slack is told so; and it is as malformed the second time."""
    body = b'{"type": "event_callback", "event": 5}'
    for _ in range(2):
        async with http.post(url, data=body, headers=signed(body)) as answer:
            assert answer.status == 400 and answer.headers["X-Slack-No-Retry"] == "1"
    assert heard.bodies.empty()


async def test_the_address_is_verified(url: str, http: aiohttp.ClientSession) -> None:
    """The challenge comes back, to those who can sign."""
    body = json.dumps({"type": "url_verification", "token": "t", "challenge": "c"}).encode()
    status, text = await post(http, url, body, signed(body))
    assert (status, json.loads(text)) == (200, {"challenge": "c"})
    assert (await post(http, url, body, {"Content-Type": "application/json"}))[0] == 401


async def test_forms_are_commands_and_interactions(
    heard: Heard, url: str, http: aiohttp.ClientSession
) -> None:
    """A command's text may say "payload", which Bolt alone takes for an interaction."""
    for body, expected in (
        (form(COMMAND), COMMAND),
        (form({"payload": json.dumps(ACTION)}), ACTION),
    ):
        assert (await post(http, url, body, signed(body, FORM)))[0] == 200
        assert await heard.next() == expected
    check = form({"ssl_check": "1", "token": "t"})
    assert (await post(http, url, check, signed(check, FORM)))[0] == 200


async def test_headers_of_bolts_own_do_not_come_through(
    heard: Heard, url: str, http: aiohttp.ClientSession
) -> None:
    """Nobody signs headers; this one would keep the listener from running."""
    headers = signed(ACCEPTED) | {"X-Slack-Bolt-Lazy-Only": "1"}
    assert (await post(http, url, ACCEPTED, headers))[0] == 200
    assert await heard.next() == MENTION


def padded(length: int) -> bytes:
    """An event of so many bytes."""
    body = json.dumps(MENTION).encode()
    return body + b" " * (length - len(body))


async def test_a_body_of_the_largest_size_is_taken_and_a_larger_one_is_not(
    heard: Heard, url: str, http: aiohttp.ClientSession
) -> None:
    """Whether its size is declared, or found out while it comes in chunks."""

    async def chunks(body: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    for length, status in ((LARGEST, 200), (LARGEST + 1, 413)):
        body = padded(length)
        for at, data in ((NOW, io.BytesIO(body)), (NOW + 1, chunks(body))):
            async with http.post(url, data=data, headers=signed(body, at=at)) as answer:
                assert answer.status == status
    assert [await heard.next() for _ in range(2)] == [MENTION] * 2 and heard.bodies.empty()


async def exchange(url: str, sent: bytes, *, to_the_end: bool = False) -> bytes:
    """What comes back for some bytes: an answer, or all until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", yarl.URL(url).port)
    writer.write(sent)
    async with asyncio.timeout(20):
        answer = await (reader.read() if to_the_end else reader.readuntil(b"\r\n\r\n"))
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize(
    ("rest", "status", "to_the_end"),
    [
        (b"Content-Length: 1048577\r\n\r\n", b"413", False),  # before any of it was sent
        (b"Content-Length: -1\r\n\r\n", b"400", False),
        (b"Transfer-Encoding: chunked\r\n\r\nsecret\r\n", b"400", False),
        (b"Content-Encoding: gzip\r\nContent-Length: 6\r\n\r\nsecret", b"400", False),
        (b"Content-Length: 1\r\n\r\n{secret\r\n\r\n", b"400", True),
    ],
)
async def test_what_is_no_request_is_refused_and_not_logged(
    heard: Heard,
    url: str,
    caplog: pytest.LogCaptureFixture,
    rest: bytes,
    status: bytes,
    to_the_end: bool,
) -> None:
    """Nothing of a body is in the log, also where it was taken for HTTP."""
    caplog.set_level(logging.DEBUG)
    head = b"POST /slack/events HTTP/1.1\r\nHost: localhost\r\n"
    answer = await exchange(url, head + rest, to_the_end=to_the_end)
    assert answer.split()[1] == status
    assert "secret" not in caplog.text and "Traceback" not in caplog.text


async def test_a_body_that_does_not_come_is_not_waited_for(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that sends nothing more is given up."""
    monkeypatch.setattr("adapters.slack.transport.http.READ_SECONDS", 0.05)
    head = b"POST /slack/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
    assert (await exchange(url, head)).split()[1] == b"408"


async def test_what_bolt_cannot_answer_is_logged_and_may_come_again(
    heard: Heard,
    url: str,
    http: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Slack tries again at once, perhaps with the same signature."""

    async def fail(_: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(heard.app, "async_dispatch", fail)
        assert (await post(http, url, ACCEPTED, signed(ACCEPTED)))[0] == 400
    assert "RuntimeError: broken" in caplog.text and "やあ" not in caplog.text
    assert (await post(http, url, ACCEPTED, signed(ACCEPTED)))[0] == 200


async def test_without_a_secret_there_are_no_events(http: aiohttp.ClientSession) -> None:
    """Socket Mode: nothing here could be trusted. That it runs can be seen in both."""
    server = EventServer(Heard().app, None, "127.0.0.1", 0)
    await server.start()
    base = f"http://127.0.0.1:{server.port}"
    async with http.get(f"{base}/healthz") as answer:
        assert (answer.status, await answer.text()) == (200, "ok")
    for path in ("/slack/events", "/slack/install", "/slack/oauth_redirect"):
        assert (await post(http, base + path, ACCEPTED, signed(ACCEPTED)))[0] == 404
    await server.close()
    await server.close()
    with pytest.raises(aiohttp.ClientConnectionError):
        await post(http, base, b"", {})


async def test_where_it_cannot_listen_it_says_what_to_do() -> None:
    """A port that is taken; a host that is another machine's."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = EventServer(Heard().app, SECRET, "127.0.0.1", port)
        assert server.port == port
        with pytest.raises(BotError, match=f"Port {port} is taken") as raised:
            await server.start()
        assert f"ポート{port}は使用中" in raised.value.japanese
    await server.start()  # once it is free
    await server.close()
    with pytest.raises(BotError, match=r"cannot listen at 192\.0\.2\.1"):
        await EventServer(Heard().app, SECRET, "192.0.2.1", port).start()
