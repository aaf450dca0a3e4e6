"""Requests and answers of OpenAI's API, and what vLLM and llama.cpp add to it. Pure functions.

A server's own defaults must not decide: vLLM takes sampling defaults from the checkpoint,
llama.cpp has its own. Both are told everything. Others are told what differs from the API's
defaults, since some refuse a field that they do not know. The functions that read raise any of
LookupError, TypeError, AttributeError and ValueError on what is not this API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from bot.messages import FinishReason, GenerationRequest, Role, Sampling
from bot.prompt import turn_text

Api = Literal["completions", "chat"]
FEW_STOPS = 4  # as many as the API takes; the reply is cut at all of them here
HOTTEST = 2.0  # the highest temperature that the API takes
LLAMA_CPP_RANDOM = 2**32 - 1  # the seed that llama.cpp takes for none

ENDED_BADLY = ("abort", "error")  # vLLM's, where nothing went wrong with the request


@dataclass(frozen=True, slots=True)
class Served:
    """What a server says of itself: model names, the software, the context's length in tokens."""

    models: tuple[str, ...]
    software: str
    context_length: int | None


@dataclass(frozen=True, slots=True)
class Piece:
    """What one event of an answer brings. `tokens` is None where the server tells no ids."""

    text: str = ""
    tokens: tuple[int, ...] | None = None
    finished: str | None = None  # why, in the server's words
    stopped_by: str | None = None  # the stop string that vLLM found
    usage: Mapping[str, Any] | None = None

    @property
    def is_written(self) -> bool:
        """Whether the model has written something."""
        return bool(self.text or self.tokens)


def request_body(
    served: Served, model: str, request: GenerationRequest, max_tokens: int, with_ids: bool
) -> dict[str, Any]:
    """The body for `/v1/completions`: exactly the prompt, as ids or as text."""
    body = _common(served, model, request, max_tokens)
    if with_ids:
        body["prompt"] = list(request.prompt.ids)
    else:
        body |= {"prompt": request.prompt.text, "add_special_tokens": False}
    if served.software == "vllm":
        body["return_token_ids"] = True
    return body


def chat_body(
    served: Served, model: str, request: GenerationRequest, max_tokens: int, speaker_names: bool
) -> dict[str, Any]:
    """The body for `/v1/chat/completions`; turns of one speaker in a row are one message."""
    messages = [
        {
            "role": role.value,
            "content": "\n".join(
                turn_text(turn, speaker_names and role is Role.USER) for turn in turns
            ),
        }
        for role, turns in groupby(request.prompt.turns, key=lambda turn: turn.role)
    ]
    return _common(served, model, request, max_tokens) | {"messages": messages}


def _common(
    served: Served, model: str, request: GenerationRequest, max_tokens: int
) -> dict[str, Any]:
    sampling = request.sampling
    stop = list(dict.fromkeys(s for s in request.stop + sampling.stop if s))
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": max_tokens,
        "temperature": min(sampling.temperature, HOTTEST),
        "top_p": sampling.top_p,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if sampling.seed is not None:
        body["seed"] = sampling.seed
    if served.software == "vllm":
        body |= _for_vllm(sampling)
    elif served.software == "llamacpp":
        body |= _for_llama_cpp(sampling, served.context_length)
    else:
        if sampling.top_k:
            body["top_k"] = sampling.top_k
        if sampling.repetition_penalty != 1:
            body["repetition_penalty"] = sampling.repetition_penalty
    if stop:
        body["stop"] = stop[:FEW_STOPS]
    return body


def _for_vllm(sampling: Sampling) -> dict[str, Any]:
    return {
        "top_k": sampling.top_k,
        "min_p": 0.0,
        "repetition_penalty": sampling.repetition_penalty,
    }


def _for_llama_cpp(sampling: Sampling, context_length: int | None) -> dict[str, Any]:
    """In the local engine's order: llama.cpp's own puts the temperature last."""
    extra = {
        "top_k": sampling.top_k,
        "min_p": 0.0,
        "repeat_penalty": sampling.repetition_penalty,
        "repeat_last_n": context_length or 4096,  # all of it; not every version knows a -1
        "samplers": ["penalties", "temperature", "top_k", "top_p"],
    }
    return extra if sampling.seed is None else extra | {"seed": sampling.seed % LLAMA_CPP_RANDOM}


def read_served(document: Any) -> Served:
    """From the answer of `/v1/models`. vLLM lists its adapters too, each with its parent."""
    models = [m for m in document["data"] if not m.get("parent")]
    first = models[0] if models else {}
    told = first.get("max_model_len") or (first.get("meta") or {}).get("n_ctx")
    return Served(
        tuple(str(m["id"]) for m in models),
        str(first.get("owned_by") or ""),
        told if isinstance(told, int) and told > 0 else None,
    )


def read_piece(event: Mapping[str, Any]) -> Piece:
    """An event of either API's answer."""
    if event.get("error"):
        return Piece(finished="error")
    usage = event.get("usage")
    choices = event.get("choices")
    if not choices:
        return Piece(usage=usage)
    choice = choices[0]
    said = choice.get("delta") or choice.get("message")  # the second where nothing is streamed
    tokens = None if said else choice.get("token_ids")
    reason = choice.get("stop_reason")
    return Piece(
        text=(said.get("content") if said else choice.get("text")) or "",
        tokens=None if tokens is None else tuple(tokens),
        finished=choice.get("finish_reason"),
        stopped_by=reason if isinstance(reason, str) else None,
        usage=usage,
    )


def finish_reason(piece: Piece) -> FinishReason:
    """Why a reply ended, from the piece that says so. llama.cpp tells no stop string apart."""
    if piece.finished == "length":
        return FinishReason.LENGTH
    cut = piece.stopped_by is not None or piece.finished == "content_filter"
    return FinishReason.STOP if cut else FinishReason.END


def counts(usage: Mapping[str, Any] | None, prompt: int, generated: int) -> tuple[int, int, int]:
    """Tokens of the prompt, of it cached, and generated; as counted here where none are told."""
    told = usage or {}
    cached = (told.get("prompt_tokens_details") or {}).get("cached_tokens")
    return (
        told.get("prompt_tokens") or prompt,
        cached or 0,
        told.get("completion_tokens") or generated,
    )
