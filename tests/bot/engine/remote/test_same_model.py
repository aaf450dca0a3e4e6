"""A server of another model is found before a prompt is sent to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.engine.remote import same_model
from bot.engine.remote.engine import RemoteEngine, RemoteOptions
from bot.engine.remote.probe import look
from bot.engine.remote.same_model import SAMPLE, named_alike, read_ids
from bot.errors import BotError
from tests.bot.engine.remote.answering import Answer, Answering, data, refusal
from tests.bot.engine.remote.asking import PROMPT, reply
from tests.fakes.letters import CharacterTokenizer

IDS = [ord(character) for character in SAMPLE]
OTHERS = [ord(character) + 999 for character in SAMPLE]
COUNTED = Answer(
    data({"choices": [{"text": "は", "finish_reason": "stop"}], "usage": {"prompt_tokens": 3}})
    + "data: [DONE]\n\n"
)


@pytest.fixture
async def server() -> AsyncIterator[Answering]:
    """A server that answers what the test says."""
    server = Answering()
    async with server.serving():
        yield server


def listed(**entry: Any) -> Answer:
    """A list of one model."""
    return refusal({"data": [{"id": "m", "max_model_len": 512, **entry}]}, 200)


async def checked(server: Answering, name: str = "owner/Model-4B", **options: Any) -> str:
    """What the check says of it."""
    server.answers.append(COUNTED)
    options_ = RemoteOptions((server.url,), **options)
    return await look(options_, server.url, PROMPT, name, CharacterTokenizer())


@pytest.mark.parametrize(
    ("models", "tokens"),
    [
        (listed(), {"count": 9, "tokens": OTHERS}),  # vLLM, SGLang
        (listed(), {"tokens": [{"id": i, "piece": "x"} for i in OTHERS]}),  # llama.cpp
        (listed(), [{"id": i, "text": "x"} for i in OTHERS]),  # TGI
        (listed(), {"tokens": [0x110000, *IDS]}),
        (listed(owned_by="llamacpp", meta={"n_vocab": 300, "n_ctx": 512}), None),
        (listed(id="other-7b"), None),
        (listed(id="other-7b", root="owner/other-7b"), None),
    ],
)
async def test_another_model_is_found_before_a_prompt_is_sent(
    server: Answering, models: Answer, tokens: Any
) -> None:
    """By what it makes of a text, by the size of its vocabulary, or by its name."""
    server.models = models
    if tokens is not None:
        server.tokenize = refusal(tokens, 200)
    with pytest.raises(BotError, match=r"\[model\] id"):
        await checked(server)
    assert not server.requests


@pytest.mark.parametrize(
    ("models", "tokens", "options", "expected"),
    [
        (listed(), {"tokens": IDS}, {}, "same vocabulary"),
        (listed(), {"tokens": [0, *IDS[:20], 0, *IDS[23:], 0]}, {}, "same vocabulary"),
        (listed(), [{"id": i} for i in IDS], {}, "same vocabulary"),
        (listed(id="x", root="/srv/models/model-4b-AWQ"), None, {}, "x, "),
        (listed(id="model-4b.Q4_K_M.gguf"), None, {}, "model-4b"),
        (listed(id="mine"), None, {"model": "mine"}, "mine, "),
        (listed(id="mine"), {"tokens": ["こん", "にちは"]}, {"model": "mine"}, "mine, "),
    ],
)
async def test_the_same_model_is_asked_for_a_token(
    server: Answering, models: Answer, tokens: Any, options: dict[str, Any], expected: str
) -> None:
    """Also where the server's tokenizer loses something; or where the settings say that it is."""
    server.models = models
    if tokens is not None:
        server.tokenize = refusal(tokens, 200)
    assert expected in await checked(server, **options)
    assert len(server.requests) == 1


async def test_a_chats_server_is_not_compared(server: Answering) -> None:
    """It is sent no ids."""
    server.tokenize = refusal({"tokens": OTHERS}, 200)
    assert "demo, " in await checked(server, api="chat")


async def test_prompts_are_not_sent_to_a_server_of_another_model(server: Answering) -> None:
    """Nor by the bot itself, as far as the server tells; names alone do not count then."""
    server.tokenize = refusal({"tokens": OTHERS}, 200)
    engine = RemoteEngine(CharacterTokenizer(), RemoteOptions((server.url,)))
    with pytest.raises(BotError, match="another model"):
        await engine.start()
    server.tokenize = refusal({"tokens": IDS}, 200)
    async with RemoteEngine(CharacterTokenizer(), RemoteOptions((server.url,))) as engine:
        assert (await reply(engine)).text == "はい"


@pytest.mark.parametrize(
    ("ours", "theirs", "alike"),
    [
        ("rinna/bilingual-gpt-neox-4b", "rinna/bilingual-gpt-neox-4b", True),
        ("rinna/bilingual-gpt-neox-4b", "/models/Bilingual_GPT-NeoX-4B", True),
        ("Qwen/Qwen3-0.6B", "qwen3-0.6b-instruct.Q4_K_M.gguf", True),
        ("./models/nf4/qwen3-0.6b-nf4/", "Qwen3-0.6B", True),
        ("Qwen/Qwen3-0.6B", "qwen3:latest", True),
        ("Qwen/Qwen3-0.6B", "llama3:8b", False),
        ("demo", "", False),
        ("demo", "gpt-4o", False),
    ],
)
def test_names_are_compared_without_what_is_said_of_the_format(
    ours: str, theirs: str, alike: bool
) -> None:
    """Owners, paths, quantisations and tags say nothing of the model."""
    assert named_alike(ours, [theirs]) is alike


def test_what_is_no_list_of_ids_tells_nothing() -> None:
    """Other servers may have a page of that name."""
    for answer in (None, {}, {"tokens": 5}, ["a"], {"tokens": [1, "a"]}, [{"text": "a"}], [-1]):
        assert read_ids(answer) == []
    assert same_model.unlike("") and not same_model.unlike(SAMPLE.replace(" ", ""))
