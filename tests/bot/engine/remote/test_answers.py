"""What servers were seen to answer, one case each, and what becomes of it."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.engine.remote import client
from bot.engine.remote import engine as remote
from bot.engine.remote.engine import RemoteEngine, RemoteOptions
from bot.errors import BotError, EngineBusy, GenerationFailed, PromptTooLong
from bot.messages import TextDelta
from tests.bot.engine.remote.answering import DONE, Answer, Answering, data, refusal, said
from tests.bot.engine.remote.asking import asked, reply
from tests.fakes.letters import CharacterTokenizer

DETAIL = {"type": "extra_forbidden", "loc": ["body", "top_k"], "msg": "Extra inputs", "input": 5}
LENGTHS = {"a": 512, "b": 97, "c": 300, "d": 512}  # of replies; a prompt has 3
PARTS = [{"type": "text", "text": "は"}, {"type": "image_url"}, "い"]


@pytest.fixture
async def server() -> AsyncIterator[Answering]:
    """A server that answers what the test says."""
    server = Answering()
    async with server.serving():
        yield server


def engine(server: Answering, **options: Any) -> RemoteEngine:
    """An engine over it."""
    return RemoteEngine(CharacterTokenizer(), RemoteOptions((server.url,), **options))


ERRORS = {
    "an object": data({"error": {"message": "x", "code": 500}}),
    "an object without a code": data({"error": {"message": "x", "type": "server_error"}}),
    "a word": data({"error": "x", "error_type": "generation"}),
    "flat": data({"object": "error", "message": "x", "type": "InternalServerError", "code": 500}),
    "flat, with a status": data({"message": "x", "status_code": 503}),
    "detail": data({"detail": "x"}),
    "named": "event: error\ndata: " + json.dumps({"message": "x"}) + "\n\n",
    "named, in words": "event: error\ndata: something broke\n\n",
    "a field": 'error: {"code": 500, "message": "x"}\n\n',
    "bare": '{"error": "x"}\n',
    "a finish reason": said("", finish_reason="error"),
}


@pytest.mark.parametrize("chat", [False, True])
@pytest.mark.parametrize("form", ERRORS)
async def test_an_error_within_a_stream_is_one_in_any_form(
    server: Answering, form: str, chat: bool
) -> None:
    """Before the first word it is asked again; after it the reply has failed; after the end of
    the reply nothing is lost."""
    error = ERRORS[form] + "data: [DONE]\n\n"
    text = data({"choices": [{"delta": {"content": "は"}}]}) if chat else said("は")
    end = said("", finish_reason="stop")
    server.answers = deque([Answer(error), DONE, Answer(text + error), Answer(text + end + error)])
    if chat:
        server.answers[1] = Answer(text + end)
    async with engine(server, api="chat" if chat else "completions") as generator:
        assert (await reply(generator)).text.startswith("は") and len(server.requests) == 2
        stream = generator.stream(asked())
        assert await anext(stream) == TextDelta("は")
        with pytest.raises(GenerationFailed):
            await anext(stream)
        assert len(server.requests) == 3
        assert (await reply(generator)).text == "は"


async def test_an_error_in_place_of_a_stream_is_one_too(server: Answering) -> None:
    """With status 200, as some answer."""
    flat = {"object": "error", "message": "x", "code": 503}
    server.answers = deque([refusal(flat, 200), refusal({"error": {"message": "x"}}, 200)])
    async with engine(server) as generator:
        assert (await reply(generator)).text == "はい" and len(server.requests) == 3


@pytest.mark.parametrize("whole", [False, True])
async def test_content_may_be_a_list_of_parts(server: Answering, whole: bool) -> None:
    """Those that are text are the reply."""
    message = {"message" if whole else "delta": {"content": PARTS}, "finish_reason": "stop"}
    document = {"choices": [message]}
    server.answers.append(refusal(document, 200) if whole else Answer(data(document)))
    async with engine(server, api="chat") as generator:
        assert (await reply(generator)).text == "はい"


@pytest.mark.parametrize("stays_open", [False, True])
async def test_a_reply_ends_without_the_word_done(
    server: Answering, stays_open: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its reason was said; the connection may even stay open."""
    monkeypatch.setattr(remote, "LAST_WORDS", 0.05)
    body = said("はい") + said("", finish_reason="length")
    server.answers.append(Answer(body, stays_open=stays_open))
    async with engine(server, deadline_seconds=20) as generator:
        got = await reply(generator)
    assert (got.text, got.end.reason) == ("はい", "length") and len(server.requests) == 1


@pytest.mark.parametrize("chat", [False, True])
@pytest.mark.parametrize(
    ("document", "status", "left_out"),
    [
        ({"detail": [DETAIL]}, 422, {"top_k"}),
        ({"error": {"message": "Unrecognized request argument supplied: top_k"}}, 400, {"top_k"}),
        ({"error": {"message": "no", "param": "seed"}}, 400, {"seed"}),
        ({"message": "property 'seed' is unsupported"}, 400, {"seed"}),
        ("unknown field `stream_options` at line 1", 422, {"stream_options"}),
        ({"detail": [DETAIL, {**DETAIL, "loc": ["body", "seed"]}]}, 422, {"top_k", "seed"}),
        ("no", 422, {"top_k", "seed", "stream_options", "stop"}),
    ],
)
async def test_optional_fields_that_are_refused_are_left_out_and_asked_again_once(
    server: Answering, document: Any, status: int, left_out: set[str], chat: bool
) -> None:
    """Those that it names, or all of them; later requests go without them at once."""
    server.answers.append(refusal(document, status))
    async with engine(server, api="chat" if chat else "completions") as generator:
        server.answers.append(Answer(said("", finish_reason="stop")))
        for _ in range(2):
            await reply(generator, stop=("終",), top_k=5, seed=1)
    first, again, later = server.requests
    assert first.keys() - again.keys() == left_out and later.keys() == again.keys()
    if not chat and document != "no":
        assert again["prompt"] == [3, 4, 5]


async def test_a_refusal_of_the_request_itself_is_not_asked_again_in_a_chat(
    server: Answering,
) -> None:
    """It is about none of the optional fields."""
    server.answers.append(refusal({"error": {"message": "roles must alternate"}}, 400))
    async with engine(server, api="chat") as generator:
        with pytest.raises(GenerationFailed):
            await reply(generator)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("said", "works"),
    [
        ({"data": []}, True),
        ({"data": None}, True),
        (None, True),
        ("", True),
        ([], True),
        (["named"], True),
        ([{"id": "named"}, {"id": "other"}], True),
        ({"models": [{"name": "named"}]}, True),
        ({"status": "ok"}, False),
        (5, False),
    ],
)
async def test_the_list_of_models_may_be_empty_null_or_bare(
    server: Answering, said: Any, works: bool
) -> None:
    """Then the settings say which model, and how long its context is."""
    body = "" if said == "" else json.dumps(said)
    server.models = Answer(body, kind="application/json")
    generator = engine(server, model="named", context_length=99)
    if not works:
        with pytest.raises(BotError, match="does not speak OpenAI's API"):
            await generator.start()
        return
    async with generator:
        assert (await reply(generator)).text == "はい" and generator.context_length == 99
    assert server.requests[0]["model"] == "named"
    if not said:
        with pytest.raises(BotError, match=r"names no model.*\[engine\] model"):
            await engine(server, context_length=99).start()


@pytest.mark.parametrize(
    ("owner", "health"),
    [
        ("vllm", Answer(stays_open=True)),
        ("vllm", refusal("x", 500)),
        ("vllm", refusal("x", 404)),
        ("vllm", refusal("x", 401)),
        ("openai", refusal("x", 503)),
    ],
)
async def test_a_slow_or_failing_health_page_says_nothing_of_a_working_api(
    server: Answering, owner: str, health: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only vLLM and llama.cpp say with it, by 503, that nothing can be asked yet."""
    monkeypatch.setattr(client, "HEALTH_SECONDS", 0.05)
    listed = {"data": [{"id": "demo", "owned_by": owner, "max_model_len": 512}]}
    server.models, server.health = refusal(listed, 200), health
    async with engine(server) as generator:
        assert (await reply(generator)).text == "はい"


@pytest.mark.parametrize(
    "answer",
    [refusal("slow down", 429), Answer(data({"error": {"message": "slow down", "code": 429}}))],
)
async def test_a_429_without_a_time_to_wait_is_busy(server: Answering, answer: Answer) -> None:
    """Not a failure: nothing went wrong."""
    server.answers.extend([answer] * remote.TRIES)
    async with engine(server) as generator:
        with pytest.raises(EngineBusy):
            await reply(generator)
        assert (await reply(generator)).text == "はい"


@pytest.mark.parametrize(
    ("answer", "room"),
    [
        (refusal({"error": {"message": "maximum context length is 100 tokens."}}), 100),
        (refusal({"error": {"message": "x", "code": "context_length_exceeded"}}), 448),
        (refusal({"error": "the input length exceeds the context length"}, 500), 448),
        (refusal("Requested tokens (700) exceed context window of 256", 422), 256),
        (Answer('event: error\ndata: {"error": {"message": "Context size exceeded"}}\n\n'), 448),
        (refusal({"message": "The input is longer than the model's context length"}, 413), 448),
        (refusal({"error": {"message": "maximum context length is 9000 tokens"}}), 448),
    ],
)
async def test_a_context_that_is_too_long_shortens_it_from_then_on(
    server: Answering, answer: Answer, room: int
) -> None:
    """In any wording: to what the server says, else by a part; nothing else is asked for."""
    server.answers.append(answer)
    async with engine(server) as generator:
        with pytest.raises(PromptTooLong):
            await reply(generator)
        assert generator.context_length == room and len(server.requests) == 1
        assert (await reply(generator)).text == "はい"
    assert server.requests[1]["max_tokens"] == room - 3


async def test_refusals_at_the_same_time_shorten_the_context_once(server: Answering) -> None:
    """Each of them was made before the first was refused."""
    server.answers.extend([refusal("prompt is too long", 400)] * 4)
    async with engine(server) as generator:
        asking = (reply(generator, name, max_new_tokens=n) for name, n in LENGTHS.items())
        ends = await asyncio.gather(*asking, return_exceptions=True)
        assert [type(end) for end in ends] == [PromptTooLong] * 4
        assert generator.context_length == 88  # of the shortest that was refused, an eighth less


async def test_a_length_that_is_refused_for_another_reason_changes_nothing(
    server: Answering,
) -> None:
    """Whatever the words of a 429 are, or what the prompt says that is repeated."""
    limit = "Limit of tokens per minute: reduce the length of the context window"
    server.answers.append(refusal({"error": {"message": limit}}, 429))
    echo = {"loc": ["body", "model"], "msg": "unknown", "input": "maximum context length is 90"}
    async with engine(server) as generator:
        await reply(generator)
        server.answers.extend([refusal({"detail": [echo]}, 422)] * 2)
        with pytest.raises(GenerationFailed):
            await reply(generator)
        assert generator.context_length == 512
