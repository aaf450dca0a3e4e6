"""One server as far as it is known: what it serves, and how it wants to be asked.

Knows what a request becomes on a server; not which server a request goes to, nor when.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.engine.remote.client import Client, Refused
from bot.engine.remote.form import Form
from bot.engine.remote.plain_text import PlainText
from bot.engine.remote.same_model import compare
from bot.engine.remote.wire import Api, Piece, Served, chat_body, request_body
from bot.errors import BotError
from bot.messages import GenerationRequest
from bot.templated import asks_whether_to_think
from bot.tokenizer import Tokenizer


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
    thinking: bool = False
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
    """A server at `url`. It is asked what it serves before its first request.

    With a tokenizer, prompts are sent only where the server's vocabulary is not another one, as
    far as it tells. `same`: it was seen to be the same.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        options: RemoteOptions,
        tokenizer: Tokenizer | None = None,
        plain: PlainText | None = None,
    ) -> None:
        self._client = Client(session, url)
        self._options = options
        self._served: Served | None = None
        self._tokenizer = tokenizer
        self._plain = plain or PlainText()
        self._asks = tokenizer is not None and asks_whether_to_think(tokenizer)
        self.model = ""
        self.same = False
        self._form = Form(ids=options.api == "completions")

    @property
    def url(self) -> str:
        """The API's, with its `/v1`."""
        return self._client.url

    async def meet(self) -> Served:
        """What it serves, asked once. Raises Unavailable and Refused."""
        if self._served is None:
            served = await self._client.look()
            self.model = self._options.model or _only(served, self.url)
            if self._tokenizer is not None and self._options.api == "completions":
                self.same = await compare(self._client, served, self.model, self._tokenizer)
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
            thinking = self._options.thinking if self._asks else None
            body = chat_body(
                served, self.model, request, max_tokens, names, self._plain.broken, thinking
            )
            return "chat/completions", form.fitted(body)
        text = None if form.ids else self._plain.prompt(request.prompt)
        body = request_body(served, self.model, request, max_tokens, text)
        return "completions", form.fitted(body)


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
