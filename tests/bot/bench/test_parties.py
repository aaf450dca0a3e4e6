"""Every party answers with exactly the tokens that are asked for, and is measured alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web

from bot.app import DEMO_FOLDER
from bot.bench.batching import ContinuousBatching
from bot.bench.generate import GenerateBot
from bot.bench.gguf import write_gguf as write_random_gguf
from bot.bench.kaiwa import Kaiwa
from bot.bench.measure import measure
from bot.bench.party import Party
from bot.bench.servers import Server
from bot.bench.shape import Shape
from bot.bench.workload import Workload
from bot.engine.gguf_writer.file import write_gguf
from bot.engine.loader import LoadedModel
from bot.engine.local import EngineOptions
from bot.errors import BotError
from tests.bot.engine.llama_cpp import llama_cpp

OPTIONS = EngineOptions(cache_tokens=2_048)


async def check(party: Party, work: Workload) -> None:
    """It can be measured: `measure` raises where a reply has not its length."""
    run = await measure(party, work, seed=1)
    assert len(run.turns) == work.turns
    for turn in (run.cold, *run.turns):
        assert 0 < turn.first_token <= turn.whole and turn.prefill > 0


async def test_kaiwa_finds_each_reply_in_its_cache(loaded: LoadedModel, small: Workload) -> None:
    """The follow-up's prompt holds the very tokens that were generated."""
    await check(Kaiwa(loaded, OPTIONS), small)


async def test_a_generate_bot_leaves_the_model_as_it_was(
    loaded: LoadedModel, small: Workload
) -> None:
    """It attends in PyTorch's way; Kaiwa's engine then works again."""
    await check(GenerateBot(loaded), small)
    await check(Kaiwa(loaded, OPTIONS), small)


async def test_transformers_continuous_batching_is_a_party(
    loaded: LoadedModel, small: Workload
) -> None:
    """And leaves the model as it was."""
    await check(ContinuousBatching(loaded), small)
    await check(Kaiwa(loaded, OPTIONS), small)


async def test_llama_cpps_server_is_a_party(small: Workload, tmp_path: Path) -> None:
    """The real one, with the built-in model."""
    write_gguf(DEMO_FOLDER, tmp_path / "demo.gguf", "f32")
    with llama_cpp(tmp_path / "demo.gguf", tmp_path / "log") as running:
        server = Server("llama.cpp", running.url)
        await check(server, small)
        assert server.is_llama_cpp
        with pytest.raises(BotError, match="2 slots are fewer than 3"):
            await measure(server, Workload(channels=3), seed=1)


async def test_llama_cpp_reads_the_random_model(small: Workload, tmp_path: Path) -> None:
    """Its blocks are as llama.cpp stores them."""
    shape = Shape(layers=2, hidden=256, heads=4, mlp=512, vocabulary=300, context=512)
    file = write_random_gguf(shape, tmp_path / "random.gguf", lambda line: None)
    with llama_cpp(file, tmp_path / "log") as running:
        await check(Server("llama.cpp", running.url), small)


async def test_an_openai_server_is_a_party(small: Workload) -> None:
    """One that tells no token ids and merges tokens: its usage says how many they were."""

    async def completions(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        assert body["ignore_eos"] and all(isinstance(token, int) for token in body["prompt"])
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'data: {"choices": [{"text": "a"}]}\n\n')
        await response.write(b'data: {"choices": [{"text": "bcd"}]}\n\n')
        await response.write(b'data: {"choices": [], "usage": {"completion_tokens": 4}}\n\n')
        await response.write(b"data: [DONE]\n\n")
        return response

    async def models(request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "m"}]})

    application = web.Application()
    application.router.add_post("/v1/completions", completions)
    application.router.add_get("/v1/models", models)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        server = Server("other", f"http://{host}:{port}/v1")
        await check(server, small)
        assert not server.is_llama_cpp
    finally:
        await runner.cleanup()
