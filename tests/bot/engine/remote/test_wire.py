"""The rules of `bot/engine/remote/wire.py`, `remote_reply.py` and `client.py` alone."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.remote import events
from bot.engine.remote.client import LONGEST_PAUSE, Client, Refused, Unavailable, retry_after
from bot.engine.remote.probe import look
from bot.engine.remote.reply import RemoteReply
from bot.engine.remote.server import RemoteOptions
from bot.engine.remote.wire import Piece, Served, read_piece, request_body
from bot.errors import BotError
from bot.messages import GenerationRequest, Prompt, Role, Sampling, Turn
from bot.tokenizer import StreamingDetokenizer
from tests.fakes.letters import CharacterTokenizer
from tests.fakes.openai_server import Fault, OpenAIServer

PROMPT = Prompt("猫", (3, 4), (Turn(Role.USER, "猫"),))
STOP = ("\nユーザー:", "\nシステム:")


def body(software: str, markers: tuple[str, ...] = (), **sampling: Any) -> dict[str, Any]:
    """What a server of this software is sent."""
    request = GenerationRequest(PROMPT, Sampling(**sampling), "c", markers)
    return request_body(Served(("demo",), software, 512), "demo", request, 9)


def test_a_servers_own_sampling_defaults_do_not_decide() -> None:
    """vLLM takes them from the checkpoint, llama.cpp has some; both are told all."""
    vllm = body("vllm", repetition_penalty=1.2)
    assert (vllm["top_k"], vllm["min_p"], vllm["repetition_penalty"]) == (0, 0.0, 1.2)
    llama_cpp = body("llamacpp", repetition_penalty=1.2, seed=2**63 - 1)
    assert (llama_cpp["top_k"], llama_cpp["min_p"], llama_cpp["repeat_penalty"]) == (0, 0.0, 1.2)
    assert llama_cpp["repeat_last_n"] == 512 and llama_cpp["seed"] < 2**32 - 1
    assert llama_cpp["samplers"].index("temperature") < llama_cpp["samplers"].index("top_p")


def test_a_strict_server_gets_no_field_that_it_may_not_know() -> None:
    """Only what was asked for beyond the API; at most four stop strings; no hotter than two."""
    standard = {"model", "prompt", "max_tokens", "temperature", "top_p", "stream"}
    assert body("openai").keys() == standard | {"stream_options"}
    asked = body("openai", STOP, stop=("a", "b", "c"), temperature=9.0, top_k=5)
    assert (asked["top_k"], asked["stop"], asked["temperature"]) == (5, [*STOP, "a", "b"], 2.0)
    assert "repetition_penalty" not in asked


@given(
    st.lists(st.sampled_from(["はい", "\n", "ユーザー", "ユー", "システム", ":", "ザー:", "猫"])),
    st.data(),
)
def test_a_reply_is_the_same_however_it_is_cut_into_pieces(
    words: list[str], data: st.DataObject
) -> None:
    """By text and by token ids: what a detokenizer makes of one token after the other."""
    text = "".join(words)
    plain = StreamingDetokenizer(CharacterTokenizer(), STOP)
    expected = "".join(plain.push(ord(character)) for character in text) + plain.finish()
    for by_id in (False, True):
        reply = RemoteReply(CharacterTokenizer(), STOP)
        shown, rest = "", text
        while rest and not reply.stopped:
            size = data.draw(st.integers(1, len(rest)))
            part, rest = rest[:size], rest[size:]
            shown += reply.push(Piece(tokens=tuple(map(ord, part))) if by_id else Piece(text=part))
            assert expected.startswith(shown)
        assert shown + reply.finish() == expected


def test_a_chats_content_is_text_whatever_else_it_holds() -> None:
    """Ids of a chat's answer are of marks and tool calls too; its beginning has no content."""
    assert read_piece({"choices": [{"delta": {"role": "assistant", "content": None}}]}) == Piece()
    chat = {"choices": [{"delta": {"content": "猫"}, "token_ids": [1, 2]}]}
    assert read_piece(chat) == Piece(text="猫")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "-7"}, 0.0),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "1e99"}, LONGEST_PAUSE),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Wed, 25 Nov 2026 07:00:30 GMT"}, None),
        (
            {
                "Retry-After": "Wed, 25 Nov 2026 07:00:30 GMT",
                "Date": "Wed, 25 Nov 2026 07:00:00 GMT",
            },
            30.0,
        ),
    ],
)
def test_a_pause_that_is_asked_for_is_read(headers: dict[str, str], seconds: float | None) -> None:
    """As a number or a date, by the server's own clock, within bounds."""
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("given_url", "url"),
    [
        ("http://gpu:8000", "http://gpu:8000/v1"),
        ("http://gpu:8000/", "http://gpu:8000/v1"),
        ("http://gpu:8000/v1/", "http://gpu:8000/v1"),
        ("https://host/api/v1", "https://host/api/v1"),
    ],
)
async def test_a_url_may_leave_out_the_version(given_url: str, url: str) -> None:
    """`/v1` is added where the URL has no path."""
    async with aiohttp.ClientSession() as session:
        assert Client(session, given_url).url == url


async def _serving(handler: Any) -> tuple[web.AppRunner, str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


async def _pieces(url: str) -> list[Piece]:
    async with aiohttp.ClientSession() as session:
        return [piece async for piece in Client(session, url).stream("completions", {})]


async def test_lines_may_be_long_and_come_in_any_parts() -> None:
    """A prompt's ids may come back in one; a character may be split between packets."""
    text = "猫" * 200_000

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        data = f'data: {{"choices": [{{"text": "{text}"}}]}}\r\n\r\ndata:[DONE]\r\n'.encode()
        for at in range(0, len(data), 50_001):
            await response.write(data[at : at + 50_001])
        return response

    runner, url = await _serving(handler)
    assert await _pieces(url) == [Piece(text=text)]
    await runner.cleanup()


async def test_a_line_without_an_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server cannot fill the memory."""
    monkeypatch.setattr(events, "LONGEST_LINE", 1000)

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 1000)

    runner, url = await _serving(handler)
    with pytest.raises(Unavailable):
        await _pieces(url)
    await runner.cleanup()


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (web.Response(text="data: <html>\n\n"), Unavailable),
        (web.Response(text='data: {"choices": 5}\n\n'), Unavailable),
        (web.Response(text='data: ["a"]\n\n'), Unavailable),
        (web.Response(text="<html>", content_type="application/json"), Unavailable),
        (web.Response(text=""), Unavailable),
        (web.Response(status=307, headers={"Location": "http://127.0.0.1:1/"}), Refused),
        (web.Response(status=418, text="teapot"), Refused),
    ],
)
async def test_what_is_no_answer_is_an_error_that_says_so(
    page: web.Response, kind: type[BotError]
) -> None:
    """A web page, another API, nothing, a redirect (which could lead the key elsewhere)."""

    async def handler(request: web.Request) -> web.Response:
        return page

    runner, url = await _serving(handler)
    with pytest.raises(kind, match=url) as error:
        await _pieces(url)
    assert url in error.value.japanese
    await runner.cleanup()


async def test_the_check_says_what_a_server_serves() -> None:
    """In a line; what is wrong is an error, with the server's own words."""
    async with OpenAIServer() as server:
        options = RemoteOptions((server.url,))
        line = await look(options, server.url, PROMPT)
        assert line.startswith("demo, vllm, context 512, ") and line.endswith(" s")
        server.faults.extend([Fault(status=400, words="no\nsuch option")] * 2)
        with pytest.raises(BotError, match=r"HTTP 400: no such option.*\[engine\]"):
            await look(options, server.url, PROMPT)
        server.adds_tokens = 1
        with pytest.raises(BotError, match="counts 3 tokens in a prompt of 2"):
            await look(options, server.url, PROMPT)
        server.key = "sesame"
        with pytest.raises(BotError, match=r"HTTP 401: no such key.*KAIWA_ENGINE_API_KEY"):
            await look(options, server.url, PROMPT)
