"""Whether a server serves the model, in a line: for `kaiwa check`.

What tells without a prompt comes first: one of another model's may bring a server down.
"""

from __future__ import annotations

import time
from contextlib import aclosing
from dataclasses import replace

from bot.engine.remote.plain_text import PlainText
from bot.engine.remote.same_model import named_alike, other_name
from bot.engine.remote.server import RemoteOptions, Server
from bot.engine.remote.wire import counts
from bot.errors import BotError
from bot.messages import GenerationRequest, Prompt, Sampling
from bot.tokenizer import Tokenizer


async def look(
    options: RemoteOptions,
    url: str,
    prompt: Prompt,
    name: str | None = None,
    tokenizer: Tokenizer | None = None,
    plain: PlainText | None = None,
) -> str:
    """The model's name at the server at `url`, its software, context, and seconds for a token.

    `name` and `tokenizer` are of the model that it is to be. `prompt` is sent, for one token; its
    text may be in an error's. Raises BotError.
    """
    options = replace(options, read_seconds=min(options.read_seconds, 30.0))
    async with options.session() as session:
        server = Server(session, url, options, tokenizer, plain)
        served = await server.meet()
        told = server.same or options.model is not None or options.api == "chat"
        if name and not told and not named_alike(name, (server.model, served.root)):
            raise other_name(server.url, name, server.model)
        seconds = await _one_token(server, prompt, options.api == "completions")
    context = f"context {length:,}, " if (length := served.context_length) else ""
    same = "same vocabulary, " if server.same else ""
    software = served.software or "unknown software"
    return f"{server.model}, {software}, {context}{same}{seconds:.2f} s"


async def _one_token(server: Server, prompt: Prompt, exact: bool) -> float:
    """Let the server write one; the seconds that it took."""
    started = time.monotonic()
    usage = None
    request = GenerationRequest(prompt, Sampling(max_new_tokens=1, temperature=0), "check")
    async with aclosing(server.pieces(request, 1, tell=True)) as answer:
        async for piece in answer:
            usage = piece.usage or usage
    seconds = time.monotonic() - started
    counted, _, _ = counts(usage, len(prompt.ids), 1)
    if exact and counted != len(prompt.ids):
        raise _other_tokens(server.url, len(prompt.ids), counted)
    return seconds


def _other_tokens(url: str, sent: int, counted: int) -> BotError:
    return BotError(
        f"The model server {url} counts {counted} tokens in a prompt of {sent}: it adds special "
        "tokens, or serves another model than [model] id. Kaiwa needs the exact prompt.",
        f"モデルサーバー {url} は{sent}トークンのプロンプトを{counted}トークンと数えました。"
        "特殊トークンを加えているか、[model] id と別のモデルです。"
        "プロンプトは正確に渡す必要があります。",
    )
