"""One server as far as it is known: what it serves, and how it wants to be asked.

Knows what a request becomes on a server; not which server a request goes to, nor when.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from bot.engine.remote.client import Client, Refused
from bot.engine.remote.form import Form
from bot.engine.remote.wire import Api, Piece, Served, chat_body, counts, request_body
from bot.errors import BotError
from bot.messages import GenerationRequest, Prompt, Sampling


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """Where the model is served, and the bounds of what is asked of it.

    `base_urls` are the same model's servers, each with its `/v1`. `model` is its name there
    (None: the only one that the server lists). `context_length` None is what the servers tell;
    the smallest of all counts. `read_seconds` bounds each silence of a server, also that before
    the first token; `max_batch` the requests that are sent at once, to all of them together.
    """

    base_urls: tuple[str, ...]
    model: str | None = None
    api: Api = "completions"
    speaker_names: bool = False
    context_length: int | None = None
    api_key: str = field(default="", repr=False)
    connect_seconds: float = 5.0
    read_seconds: float = 60.0
    deadline_seconds: float = 300.0
    max_batch: int = 16
    max_waiting: int = 64

    def session(self) -> aiohttp.ClientSession:
        """What connects to all servers, with the key. To be closed."""
        return aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self.api_key}"} if self.api_key else None,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self.connect_seconds, sock_read=self.read_seconds
            ),
            # A connection that is kept may be closed by the server just when it is used again.
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
        )


class Server:
    """A server at `url`. It is asked what it serves before its first request."""

    def __init__(self, session: aiohttp.ClientSession, url: str, options: RemoteOptions) -> None:
        self._client = Client(session, url)
        self._options = options
        self._served: Served | None = None
        self._model = ""
        self._form = Form(ids=options.api == "completions")

    @property
    def url(self) -> str:
        """The API's, with its `/v1`."""
        return self._client.url

    async def meet(self) -> Served:
        """What it serves, asked once. Raises Unavailable and Refused."""
        if self._served is None:
            served = await self._client.look()
            self._model = self._options.model or _only(served, self.url)
            self._served = served
        return self._served

    async def pieces(
        self, request: GenerationRequest, max_tokens: int, tell: bool = False
    ) -> AsyncGenerator[Piece, None]:
        """The answer to a request. Closing this ends it on the server.

        The prompt goes as token ids, so that it is exact; as text where the server refuses
        those. What it refuses that it need not be told is left out from then on. Raises as `meet`
        and `Client.stream` do.
        """
        form, begun = self._form, False
        while True:
            path, body = await self._body(request, max_tokens, form)
            try:
                async with aclosing(self._client.stream(path, body, tell)) as answer:
                    async for piece in answer:
                        begun = True
                        self._form = form
                        yield piece
                return
            except Refused as refusal:
                plainer = None if begun else form.plainer(refusal, body)
                if plainer is None:
                    raise
                form = plainer

    async def _body(
        self, request: GenerationRequest, max_tokens: int, form: Form
    ) -> tuple[str, dict[str, Any]]:
        """The path and body of a request."""
        served = await self.meet()
        if self._options.api == "chat":
            names = self._options.speaker_names
            body = chat_body(served, self._model, request, max_tokens, names)
            return "chat/completions", form.fitted(body)
        body = request_body(served, self._model, request, max_tokens, form.ids)
        return "completions", form.fitted(body)

    async def probe(self, prompt: Prompt) -> str:
        """Let the server write one token, and say how it did; see `look`."""
        served = await self.meet()
        started = time.monotonic()
        usage = None
        greedy = Sampling(max_new_tokens=1, temperature=0)
        async with aclosing(
            self.pieces(GenerationRequest(prompt, greedy, "check"), 1, tell=True)
        ) as answer:
            async for piece in answer:
                usage = piece.usage or usage
        seconds = time.monotonic() - started
        counted, _, _ = counts(usage, len(prompt.ids), 1)
        if self._options.api == "completions" and counted != len(prompt.ids):
            raise _other_tokens(self.url, len(prompt.ids), counted)
        length = served.context_length
        context = f"context {length:,}, " if length else ""
        return f"{self._model}, {served.software or 'unknown software'}, {context}{seconds:.2f} s"


async def look(options: RemoteOptions, url: str, prompt: Prompt) -> str:
    """Whether the server at `url` serves the model, in a line: name, software, context, seconds.

    `prompt` is sent, for one token; its text may be in an error's. Raises BotError.
    """
    options = replace(options, read_seconds=min(options.read_seconds, 30.0))
    async with options.session() as session:
        return await Server(session, url, options).probe(prompt)


def no_context_length() -> BotError:
    """The error where neither a server nor the settings tell it."""
    return BotError(
        "The model server does not tell the length of its context. Set [engine] context_length.",
        "モデルサーバーがコンテキスト長を教えてくれません。"
        "[engine] context_length を設定してください。",
    )


def _only(served: Served, url: str) -> str:
    """The name of the only model. Raises Refused when there is not exactly one."""
    if len(served.models) == 1:
        return served.models[0]
    if not served.models:
        raise Refused(
            f"The model server {url} names no model. Say which to ask for in [engine] model.",
            f"モデルサーバー {url} がモデル名を教えてくれません。"
            "[engine] model で指定してください。",
            404,
        )
    names = ", ".join(served.models[:10])
    raise Refused(
        f"The model server {url} serves these models: {names}. Say which in [engine] model.",
        f"モデルサーバー {url} のモデル（{names}）のどれを使うか、[engine] model で"
        "指定してください。",
        404,
    )


def _other_tokens(url: str, sent: int, counted: int) -> BotError:
    return BotError(
        f"The model server {url} counts {counted} tokens in a prompt of {sent}: it adds special "
        "tokens, or serves another model than [model] id. Kaiwa needs the exact prompt.",
        f"モデルサーバー {url} は{sent}トークンのプロンプトを{counted}トークンと数えました。"
        "特殊トークンを加えているか、[model] id と別のモデルです。"
        "プロンプトは正確に渡す必要があります。",
    )
