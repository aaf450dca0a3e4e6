"""A remote reply ends where the model ended it, whoever knows of it."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest

from bot.engine.remote.engine import RemoteEngine
from bot.engine.remote.reply import RemoteReply
from bot.engine.remote.server import RemoteOptions
from bot.engine.remote.wire import Piece, Served, chat_body
from bot.messages import (
    FinishReason,
    GenerationRequest,
    Prompt,
    Role,
    Sampling,
    TextDelta,
    Thinking,
    Turn,
)
from tests.bot.engine.remote.answering import Answer, Answering, data
from tests.fakes.letters import CharacterTokenizer


def test_a_token_ends_a_reply_that_its_server_would_write_on() -> None:
    """Where the checkpoint does not name it, only its template."""
    reply = RemoteReply(CharacterTokenizer(), (), ends={ord("|")})
    assert reply.push(Piece(tokens=tuple(map(ord, "ab|user")))) == "ab"
    assert reply.stopped and not reply.finished
    assert reply.end(3).reason is FinishReason.END


def test_a_reply_that_its_server_ends_is_read_to_its_counts() -> None:
    """They come after its last token."""
    reply = RemoteReply(CharacterTokenizer(), (), ends={ord("|")})
    assert reply.push(Piece(tokens=(ord("a"), ord("|")), finished="stop")) == "a"
    assert not reply.stopped
    reply.push(Piece(usage={"completion_tokens": 7}))
    assert reply.end(3).generated_tokens == 7


@pytest.mark.parametrize("api", ["chat", "completions"])
async def test_a_thought_is_told_once_and_not_shown(api: Any) -> None:
    """Of a server that tells thoughts apart, and of one that writes them into the text."""
    thought = [{"delta": {"reasoning_content": part}} for part in ("ho", "m")]
    said: list[Any] = [*thought, {"delta": {"content": "はい"}, "finish_reason": "stop"}]
    if api == "completions":
        said = [{"text": part} for part in ("<thi", "nk>hom", "</think>\n\nはい")]
        said.append({"text": "", "finish_reason": "stop"})
    body = "".join(data({"choices": [choice]}) for choice in said) + "data: [DONE]\n\n"
    answering = Answering(deque([Answer(body)]))
    async with answering.serving():
        options = RemoteOptions((answering.url,), api=api, context_length=512)
        async with RemoteEngine(CharacterTokenizer(), options) as engine:
            prompt = Prompt("猫", (1, 2), (Turn(Role.USER, "猫"),))
            request = GenerationRequest(prompt, Sampling(), "c")
            events = [event async for event in engine.stream(request)]
    assert events[:-1] == [Thinking(), TextDelta("はい")]


def test_a_server_is_told_whether_to_think_where_the_model_asks() -> None:
    """By the servers that hand it to the template; others might refuse what they do not know."""
    prompt = Prompt("猫", (1,), (Turn(Role.USER, "猫"),))
    request = GenerationRequest(prompt, Sampling(), "c")

    def told(software: str, thinking: bool | None) -> Any:
        served = Served(("demo",), software, 512)
        body = chat_body(served, "demo", request, 8, False, str, thinking)
        return body.get("chat_template_kwargs")

    assert told("vllm", False) == told("llamacpp", False) == {"enable_thinking": False}
    assert told("vllm", None) is told("openai", True) is None
