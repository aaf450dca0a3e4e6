"""A server that answers byte for byte what a test wrote, as servers were seen to."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.shared.listening import listen

ONE_MODEL = json.dumps({"data": [{"id": "demo", "max_model_len": 512}]})


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `stays_open`: after the last byte nothing more comes, and no end."""

    body: str = ""
    status: int = 200
    kind: str = "text/event-stream"
    headers: Mapping[str, str] = field(default_factory=dict)
    stays_open: bool = False


def said(text: Any, **choice: Any) -> str:
    """An event of an answer to `/v1/completions`."""
    return data({"choices": [{"text": text, **choice}]})


def data(event: Any) -> str:
    """An event."""
    return f"data: {json.dumps(event)}\n\n"


def refusal(document: Any, status: int = 400, **headers: str) -> Answer:
    """An answer that is none."""
    body = document if isinstance(document, str) else json.dumps(document)
    kind = "text/plain" if isinstance(document, str) else "application/json"
    return Answer(body, status, kind, headers)


GOOD = said("はい") + said("", finish_reason="stop") + "data: [DONE]\n\n"
DONE = Answer(GOOD)


@dataclass(slots=True)
class Answering:
    """What it answers in turn, and afterwards that which is good; the bodies that it was sent."""

    answers: deque[Answer] = field(default_factory=deque)
    models: Answer = field(default_factory=lambda: refusal(json.loads(ONE_MODEL), 200))
    health: Answer = field(default_factory=Answer)
    tokenize: Answer = field(default_factory=lambda: refusal("no such page", 404))
    requests: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serves until the end."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._any)
        runner, port = await listen(app, cancel=True, closing_seconds=0.1)
        self.url = f"http://127.0.0.1:{port}"
        try:
            yield
        finally:
            await runner.cleanup()

    async def _any(self, request: web.Request) -> web.StreamResponse:
        pages = {"models": self.models, "health": self.health, "tokenize": self.tokenize}
        answer = pages.get(request.path.rpartition("/")[2])
        if answer is None:
            self.requests.append(await request.json())
            answer = self.answers.popleft() if self.answers else DONE
        headers = {"Content-Type": answer.kind, **answer.headers}
        response = web.StreamResponse(status=answer.status, headers=headers)
        await response.prepare(request)
        await response.write(answer.body.encode())
        if answer.stays_open:
            await asyncio.Event().wait()
        return response
