"""Servers as parties: llama.cpp's own API where it answers there, else OpenAI's completions.

Prompts go as token ids, so that every party reads the same tokens. Both stream. A reply does not
end before its length: `ignore_eos`, which llama.cpp and vLLM know.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bot.bench.party import Ask, Tokens
from bot.bench.workload import UNKNOWN, Workload
from bot.errors import BotError

CONNECT_SECONDS = 10.0


class Server:
    """A server at an URL; which API it speaks is found out at each session."""

    in_process = False

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._url = url.rstrip("/").removesuffix("/v1")
        self.is_llama_cpp = False  # until it has answered

    @asynccontextmanager
    async def session(self, work: Workload) -> AsyncIterator[Ask]:
        """See Party. Raises BotError where nobody answers, or nobody of these."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        # llama.cpp closes a connection that was idle for seconds, perhaps just as it is used.
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as client:
            slots = await self._slots(client)
            self.is_llama_cpp = slots is not None
            if slots is not None:
                if slots < work.channels:
                    raise _refused(
                        f"{slots} slots are fewer than {work.channels} channels",
                        f"スロット数{slots}がチャンネル数{work.channels}より少ない",
                        self._url,
                    )
                path, parts = "/completion", _llama_cpp(work)
            else:
                path, parts = "/v1/completions", _openai(work, await self._model(client))

            async def ask(channel: int, prompt: Sequence[int]) -> AsyncGenerator[Tokens, None]:
                body = parts | {"prompt": list(prompt), "seed": channel, "stream": True}
                if slots is not None:
                    body["id_slot"] = channel
                told = 0
                async for event in self._events(client, path, body):
                    tokens = _tokens(event)
                    tokens += (UNKNOWN,) * (_in_all(event) - told - len(tokens))
                    told += len(tokens)
                    yield tokens

            yield ask

    async def _slots(self, client: aiohttp.ClientSession) -> int | None:
        """How many requests a llama.cpp serves at once; None where it is another server."""
        try:
            async with client.get(f"{self._url}/props") as response:
                props = await response.json(content_type=None) if response.ok else {}
            slots = props.get("total_slots") if isinstance(props, dict) else None
            return slots if isinstance(slots, int) else None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _refused("no answer", "応答がありません", self._url) from error
        except ValueError:
            return None

    async def _model(self, client: aiohttp.ClientSession) -> str:
        try:
            async with client.get(f"{self._url}/v1/models") as response:
                response.raise_for_status()
                return str((await response.json())["data"][0]["id"])
        except (aiohttp.ClientError, TimeoutError, ValueError, LookupError, TypeError) as error:
            raise _refused(
                "neither llama.cpp nor OpenAI's API answers there",
                "llama.cpp のAPIも OpenAI のAPIも応答しません",
                self._url,
            ) from error

    async def _events(
        self, client: aiohttp.ClientSession, path: str, body: dict[str, Any]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The answer's events, as they come."""
        async with client.post(self._url + path, json=body) as response:
            if not response.ok:
                text = (await response.text())[:300]
                raise _refused(
                    f"{response.status}: {text}", f"{response.status}：{text}", self._url
                )
            async for line in response.content:
                if line.startswith(b"data:") and b"[DONE]" not in line:
                    event = json.loads(line[5:])
                    if error := event.get("error"):
                        raise _refused(str(error)[:300], str(error)[:300], self._url)
                    yield event


def _llama_cpp(work: Workload) -> dict[str, Any]:
    """Sampling as Kaiwa's; everything else as llama.cpp does by itself."""
    sampling = work.sampling(0)
    return {
        "n_predict": work.reply,
        "ignore_eos": True,
        "cache_prompt": True,
        "return_tokens": True,
        "samplers": ["temperature", "top_p"],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
    }


def _openai(work: Workload, model: str) -> dict[str, Any]:
    """OpenAI's fields, and vLLM's for replies of an exact length whose ids are told."""
    sampling = work.sampling(0)
    return {
        "model": model,
        "max_tokens": work.reply,
        "min_tokens": work.reply,
        "ignore_eos": True,
        "return_token_ids": True,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "stream_options": {"include_usage": True},
    }


def _tokens(event: dict[str, Any]) -> Tokens:
    """The new tokens of an event; UNKNOWN for text without ids."""
    if "tokens" in event:  # llama.cpp's last event has none
        return tuple(event["tokens"])
    for choice in event.get("choices") or ():
        if choice.get("token_ids") is not None:
            return tuple(choice["token_ids"])
        if choice.get("text"):
            return (UNKNOWN,)
    return ()


def _in_all(event: dict[str, Any]) -> int:
    """How long the reply is, where this event, the last one, tells it; else 0.

    A token that is half a character has no event, or shares one.
    """
    usage = event.get("usage") or {}
    if event.get("stop"):
        return int(event.get("tokens_predicted", 0))
    return int(usage.get("completion_tokens", 0))


def _refused(english: str, japanese: str, url: str) -> BotError:
    return BotError(f"{url}: {english}.", f"{url}：{japanese}。")
