"""A server of OpenAI's API on the loopback interface: it says what the test wrote, and can fail.

It speaks `/v1/models`, `/health`, `/v1/completions` and `/v1/chat/completions` as far as the
remote engine uses them, in the dialect of `software`. It has no model.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.fakes.shared.listening import listen

Step = str | tuple[int, ...] | asyncio.Event | Callable[[], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a request, after `after` steps of its answer were sent.

    Without `status` the answer hangs, is cut (it ends without having said so), is dropped (its
    connection breaks), or fails as vLLM's do, with an event. With `status` there is none.
    """

    kind: str = "hang"  # or "cut", "drop", "error"
    after: int = 0
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    words: str = "that failed"


@dataclass(slots=True)
class OpenAIServer:
    """An asynchronous context manager that serves from its entry to its exit.

    script: the answers in order, each steps: text, token ids, events to wait for, calls; an
        empty script says the default
    faults: taken in order, one a request; None is none
    models: what it lists; names alone, or whole entries
    seconds: between steps
    takes_ids, key: what it insists on
    adds_tokens: how many more than it was sent it counts in a prompt
    reason, stop_reason, usage, done: what it says at an answer's end
    """

    software: str = "vllm"
    script: deque[Sequence[Step]] = field(default_factory=deque)
    faults: deque[Fault | None] = field(default_factory=deque)
    models: Sequence[str | Mapping[str, Any]] = ("demo",)
    context_length: int | None = 512
    health: int = 200
    seconds: float = 0.0
    takes_ids: bool = True
    adds_tokens: int = 0
    key: str = ""
    streams: bool = True
    reason: str | None = "stop"
    stop_reason: str | int | None = None
    usage: bool = True
    done: bool = True
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    running: int = 0
    cancelled: int = 0
    url: str = ""
    _port: int = 0
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/health", self._health)
        app.router.add_post("/v1/completions", self._complete)
        app.router.add_post("/v1/chat/completions", self._complete)
        # So that the handler ends, and counts it, when its client goes.
        self._runner, self._port = await listen(  # the same port when entered again
            app, self._port, cancel=True, closing_seconds=0.1
        )
        self.url = f"http://127.0.0.1:{self._port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response(status=self.health)

    async def _models(self, request: web.Request) -> web.Response:
        if not self._knows(request):
            return _error(401, "no such key")
        entries = []
        for model in self.models:
            entry: dict[str, Any] = {"object": "model", "owned_by": self.software}
            entry |= model if isinstance(model, Mapping) else {"id": model}
            if self.context_length and self.software == "llamacpp":
                entry["meta"] = {"n_ctx": self.context_length}
            elif self.context_length:
                entry["max_model_len"] = self.context_length
            entries.append(entry)
        return web.json_response({"object": "list", "data": entries})

    def _knows(self, request: web.Request) -> bool:
        return not self.key or request.headers.get("Authorization") == f"Bearer {self.key}"

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        if not self._knows(request):
            return _error(401, "no such key")
        body = await request.json()
        if not self.takes_ids and isinstance(body.get("prompt"), list):
            return _error(400, "prompt: must be a string")
        self.requests.append(body)
        self.paths.append(request.path)
        fault = self.faults.popleft() if self.faults else None
        if fault and fault.status:
            return _error(fault.status, fault.words, fault.headers)
        self.running += 1
        try:
            return await self._answer(request, body, fault)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1

    async def _answer(
        self, request: web.Request, body: dict[str, Any], fault: Fault | None
    ) -> web.StreamResponse:
        chat = request.path.startswith("/v1/chat")
        steps = list(self.script.popleft() if self.script else ("こんにちは", "。"))
        if not self.streams:
            text = "".join(step for step in steps if isinstance(step, str))
            content = {"message": {"content": text}} if chat else {"text": text}
            choice = content | {"finish_reason": self.reason}
            return web.json_response({"choices": [choice], "usage": self._usage(body, steps)})
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        if fault and fault.kind == "drop" and not fault.after:
            assert request.transport is not None
            request.transport.abort()
            return response
        if fault and fault.kind == "hang" and not fault.after:
            await asyncio.Event().wait()
        await response.prepare(request)
        await response.write(b": ping\r\n\r\n")
        if chat:
            await _send(response, {"choices": [{"delta": {"role": "assistant"}}]})
        for number, step in enumerate([*steps, ""]):
            if fault and number == fault.after:
                await self._fail(request, response, fault)
                return response
            if self.seconds:
                await asyncio.sleep(self.seconds)
            if isinstance(step, asyncio.Event):
                await step.wait()
            elif callable(step):
                step()
            elif number < len(steps):
                await _send(response, {"choices": [_choice(step, chat)]})
        if self.reason is not None:
            last = _choice("", chat) | {
                "finish_reason": self.reason,
                "stop_reason": self.stop_reason,
            }
            await _send(response, {"choices": [last]})
        if not self.done:
            return response
        if self.usage and body.get("stream_options", {}).get("include_usage"):
            await _send(response, {"choices": [], "usage": self._usage(body, steps)})
        await response.write(b"data: [DONE]\n\n")
        return response

    async def _fail(self, request: web.Request, response: web.StreamResponse, fault: Fault) -> None:
        if fault.kind == "hang":
            await asyncio.Event().wait()
        elif fault.kind == "drop":
            assert request.transport is not None
            request.transport.abort()
        elif fault.kind == "error":
            await _send(response, {"error": {"message": fault.words, "code": 500}})
            await response.write(b"data: [DONE]\n\n")

    def _usage(self, body: dict[str, Any], steps: Sequence[Step]) -> dict[str, Any]:
        prompt = body.get("prompt") or ""
        written = sum(
            1 if isinstance(step, str) else len(step)
            for step in steps
            if isinstance(step, str | tuple)
        )
        return {
            "prompt_tokens": len(prompt) + self.adds_tokens,
            "completion_tokens": written + 1,  # with its end token
            "prompt_tokens_details": {"cached_tokens": 2},
        }


def _choice(step: str | tuple[int, ...], chat: bool) -> dict[str, Any]:
    if isinstance(step, tuple):
        return {"text": "", "token_ids": list(step)}
    return {"delta": {"content": step}} if chat else {"text": step}


async def _send(response: web.StreamResponse, event: dict[str, Any]) -> None:
    await response.write(f"data: {json.dumps(event)}\n\n".encode())


def _error(status: int, words: str, headers: Mapping[str, str] | None = None) -> web.Response:
    document = {"error": {"message": words, "type": "error", "code": status}}
    return web.json_response(document, status=status, headers=headers)
