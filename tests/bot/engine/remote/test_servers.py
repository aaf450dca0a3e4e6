"""The remote engine with real servers: llama.cpp's, and vLLM where one is named.

The built-in model is served in float32, so its greedy tokens are those of the local engine.
llama.cpp's server is started here. For vLLM see docs/scaling.md, and name the server that was
started: KAIWA_TEST_VLLM_URL=http://127.0.0.1:8000.
"""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import os
import random
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.app import DEMO_FOLDER
from bot.demo.dialogues import DialogueSource
from bot.demo.lexicon import load_lexicon
from bot.engine.loader import LoadedModel, load_model
from bot.engine.local import LocalEngine
from bot.engine.remote.engine import RemoteEngine, RemoteOptions
from bot.engine.remote.probe import look
from bot.errors import BotError, GenerationFailed
from bot.messages import (
    FinishReason,
    GenerationEnd,
    GenerationEvent,
    GenerationRequest,
    Prompt,
    Role,
    Sampling,
    TextDelta,
    Turn,
)
from bot.ports import TextGenerator
from bot.prompt import RinnaFormat
from tests.bot.engine.llama_cpp import LlamaCpp, llama_cpp
from tests.fakes.letters import CharacterTokenizer

VLLM = os.environ.get("KAIWA_TEST_VLLM_URL", "")
WHEELS = ("xllamacpp", "gguf")
without_llama_cpp = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, WHEELS)),
    reason="needs llama.cpp's server: pip install xllamacpp gguf",
)
EVERY_SERVER = [pytest.param("llama.cpp", marks=without_llama_cpp), *(["vllm"] if VLLM else [])]
RUNNING = ("vllm:num_requests_running", "llamacpp:requests_processing")
WRITTEN = ("vllm:generation_tokens_total", "llamacpp:tokens_predicted_total")
LETTERS = "a b c d e f g h"
ASKED = (
    "こんにちは",
    "「犬」は英語で何ですか。",
    "Hello! How are you?",
    "What does 山 mean?",
    "日本語を 教えてください。\nゆっくりお願いします。",
    "🐈",
)


@pytest.fixture(scope="module")
def builtin() -> LoadedModel:
    """The built-in model in float32."""
    return load_model(DEMO_FOLDER, quantization="none", device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def gguf_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in model as llama.cpp reads it."""
    from bot.engine.gguf_writer.file import write_gguf

    file = tmp_path_factory.mktemp("gguf") / "demo.gguf"
    write_gguf(DEMO_FOLDER, file, "f32")
    return file


@pytest.fixture(scope="module")
def llama(gguf_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaCpp]:
    """llama.cpp's server."""
    with llama_cpp(gguf_file, tmp_path_factory.mktemp("llama") / "log") as server:
        yield server


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """The URL of the server that the test names."""
    if request.param == "vllm":
        return VLLM
    server: LlamaCpp = request.getfixturevalue("llama")
    return server.url


every_server = pytest.mark.parametrize("url", EVERY_SERVER, indirect=True)


@pytest.fixture
async def engine(builtin: LoadedModel, url: str) -> AsyncIterator[RemoteEngine]:
    """The remote engine with that server."""
    async with RemoteEngine(builtin.tokenizer, RemoteOptions((url,))) as engine:
        yield engine


def asked(
    builtin: LoadedModel, turns: list[Turn], conversation: str = "c", **sampling: Any
) -> GenerationRequest:
    """A request in rinna's format, greedy unless said otherwise."""
    prompt_format = RinnaFormat(builtin.tokenizer)
    text, ids = prompt_format.encode(turns)
    sampling = {"temperature": 0.0, "max_new_tokens": 48} | sampling
    return GenerationRequest(
        Prompt(text, ids, tuple(turns)), Sampling(**sampling), conversation, prompt_format.stop
    )


def raw(builtin: LoadedModel, text: str, conversation: str) -> GenerationRequest:
    """A request to go on with a text, which the model does without an end where it repeats."""
    prompt = Prompt(text, tuple(builtin.tokenizer.encode(text)), ())
    return GenerationRequest(prompt, Sampling(max_new_tokens=400, temperature=0), conversation)


async def read(stream: AsyncGenerator[GenerationEvent, None]) -> tuple[list[str], GenerationEnd]:
    """A stream's deltas and its end."""
    deltas: list[str] = []
    async for event in stream:
        if isinstance(event, TextDelta):
            deltas.append(event.text)
        elif isinstance(event, GenerationEnd):
            return deltas, event
    raise AssertionError("no end")


async def talk(engine: TextGenerator, builtin: LoadedModel, seed: int) -> list[tuple[str, int]]:
    """Some turns of a conversation: each reply's text and tokens."""
    replies: list[tuple[str, int]] = []
    turns: list[Turn] = []
    for said, _ in DialogueSource(load_lexicon(), random.Random(seed)).draw()[:4]:
        turns.append(Turn(Role.USER, said))
        deltas, end = await read(engine.stream(asked(builtin, turns, f"talk {seed}")))
        replies.append(("".join(deltas), end.generated_tokens))
        turns.append(Turn(Role.ASSISTANT, replies[-1][0]))
    return replies


@every_server
async def test_greedy_replies_equal_the_local_engines(
    engine: RemoteEngine, builtin: LoadedModel
) -> None:
    """Japanese, English, line breaks and an emoji: the same text from as many tokens."""
    async with LocalEngine.from_loaded(builtin) as local:
        for said in ASKED:
            request = asked(builtin, [Turn(Role.USER, said)])
            deltas, end = await read(engine.stream(request))
            expected, expected_end = await read(local.stream(request))
            assert "".join(deltas) == "".join(expected), said
            assert end.generated_tokens == expected_end.generated_tokens, said
            assert end.prompt_tokens == len(request.prompt.ids) and end.reason is FinishReason.END


@every_server
async def test_greedy_conversations_equal_the_local_engines(
    engine: RemoteEngine, builtin: LoadedModel
) -> None:
    """Many at once, on the server's cache of earlier turns."""
    async with LocalEngine.from_loaded(builtin) as local:
        expected = await asyncio.gather(*(talk(local, builtin, seed) for seed in range(6)))
    assert await asyncio.gather(*(talk(engine, builtin, seed) for seed in range(6))) == expected


@every_server
async def test_text_streams_and_a_follow_up_hits_the_servers_cache(
    engine: RemoteEngine, builtin: LoadedModel
) -> None:
    """A long reply comes in many pieces; its prompt need not be prefilled again."""
    request = raw(builtin, "猫" * 260, "cats")
    deltas, end = await read(engine.stream(request))
    assert len(deltas) > 20 and (end.reason, end.generated_tokens) == (FinishReason.LENGTH, 252)
    _, end = await read(engine.stream(raw(builtin, request.prompt.text + "犬", "cats")))
    assert end.cached_tokens > 64


@every_server
async def test_stop_strings_and_the_limit_end_a_reply(
    engine: RemoteEngine, builtin: LoadedModel
) -> None:
    """The text before a stop string is kept; LENGTH says that the reply is not complete."""
    turns = [Turn(Role.USER, "こんにちは")]
    whole, _ = await read(engine.stream(asked(builtin, turns)))
    text = "".join(whole)
    stop = text[3:5]
    cut, _ = await read(engine.stream(asked(builtin, turns, stop=(stop,))))
    assert "".join(cut) == text[: text.index(stop)]
    short, end = await read(engine.stream(asked(builtin, turns, max_new_tokens=2)))
    assert text.startswith("".join(short)) and end.generated_tokens == 2
    assert end.reason is FinishReason.LENGTH


@every_server
async def test_sampling_is_the_servers_own_but_seeded(
    engine: RemoteEngine, builtin: LoadedModel
) -> None:
    """The same seed gives the same reply, another one another."""
    options: dict[str, Any] = {"temperature": 2.0, "top_p": 1.0, "top_k": 50}
    turns = [Turn(Role.USER, "こんにちは")]
    first, again, other = [
        await read(engine.stream(asked(builtin, turns, seed=seed, **options))) for seed in (5, 5, 6)
    ]
    assert first[0] == again[0] != other[0]


@every_server
async def test_a_penalty_reaches_the_server(engine: RemoteEngine, builtin: LoadedModel) -> None:
    """It changes a greedy reply as it changes the local engine's."""
    request = asked(builtin, [Turn(Role.USER, "こんにちは")], repetition_penalty=1.8)
    plain = asked(builtin, [Turn(Role.USER, "こんにちは")])
    async with LocalEngine.from_loaded(builtin) as local:
        expected, _ = await read(local.stream(request))
    deltas, _ = await read(engine.stream(request))
    unlike, _ = await read(engine.stream(plain))
    assert "".join(deltas) == "".join(expected) != "".join(unlike)


@every_server
async def test_a_closed_stream_frees_the_server(
    engine: RemoteEngine, builtin: LoadedModel, url: str
) -> None:
    """Long before its reply of 400 tokens would have ended."""
    before = await metric(url, WRITTEN)
    for number in range(4):
        async with aclosing(engine.stream(raw(builtin, LETTERS, f"closed {number}"))) as stream:
            assert isinstance(await anext(stream), TextDelta)
    async with asyncio.timeout(10):
        while await metric(url, RUNNING):  # noqa: ASYNC110, another process
            await asyncio.sleep(0.01)
    assert await metric(url, WRITTEN) - before < 200


@without_llama_cpp
async def test_a_chat_goes_through_the_servers_own_template(
    builtin: LoadedModel, llama: LlamaCpp
) -> None:
    """Which writes more tokens around it than rinna's format does."""
    request = asked(builtin, [Turn(Role.USER, "こんにちは")], max_new_tokens=5)
    async with RemoteEngine(builtin.tokenizer, RemoteOptions((llama.url,), api="chat")) as engine:
        _, end = await read(engine.stream(request))
    assert end.prompt_tokens > len(request.prompt.ids) and end.generated_tokens > 0


@every_server
async def test_the_check_describes_the_server(builtin: LoadedModel, url: str) -> None:
    """In a line, after one token of a real prompt."""
    prompt = asked(builtin, [Turn(Role.USER, "こんにちは")]).prompt
    assert "demo, " in (line := await look(RemoteOptions((url,)), url, prompt))
    assert "context 512, " in line


@without_llama_cpp
async def test_the_check_knows_the_model_before_it_sends_a_prompt(
    builtin: LoadedModel, llama: LlamaCpp
) -> None:
    """By what the server makes of a text; another tokenizer's prompts never reach it."""
    prompt = asked(builtin, [Turn(Role.USER, "こんにちは")]).prompt
    options = RemoteOptions((llama.url,))
    line = await look(options, llama.url, prompt, "demo", builtin.tokenizer)
    assert "same vocabulary, " in line
    written = await metric(llama.url, WRITTEN)
    with pytest.raises(BotError, match=r"another model.*\[model\] id"):
        await look(options, llama.url, prompt, "demo", CharacterTokenizer())
    assert await metric(llama.url, WRITTEN) == written


@without_llama_cpp
async def test_a_server_that_dies_fails_its_reply_and_another_goes_on(
    builtin: LoadedModel, gguf_file: Path, llama: LlamaCpp, tmp_path: Path
) -> None:
    """The conversation's next message is answered by the server that is left."""
    with llama_cpp(gguf_file, tmp_path / "log") as mortal:
        options = RemoteOptions((mortal.url, llama.url))
        async with RemoteEngine(builtin.tokenizer, options) as engine:
            names = (f"c{number}" for number in itertools.count())
            home = next(name for name in names if home_of(engine, name).startswith(mortal.url))
            stream = engine.stream(raw(builtin, LETTERS, home))
            assert isinstance(await anext(stream), TextDelta)
            mortal.process.send_signal(signal.SIGSTOP)  # before it has written everything
            mortal.process.kill()
            with pytest.raises(GenerationFailed):
                await read(stream)
            request = asked(builtin, [Turn(Role.USER, "こんにちは")], home)
            deltas, _ = await read(engine.stream(request))
            assert deltas


def home_of(engine: RemoteEngine, conversation: str) -> str:
    """The URL of the server that a conversation goes to."""
    return engine._pool.choose(conversation).url


async def metric(url: str, names: tuple[str, ...]) -> float:
    """One of the server's metrics, whichever of the names it has there."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as response:
        lines = (await response.text()).splitlines()
    values = [float(line.split()[-1]) for line in lines if line.startswith(names)]
    assert values
    return sum(values)
