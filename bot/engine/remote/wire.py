"""Requests and answers of OpenAI's API, and what vLLM and llama.cpp add to it. Pure functions.

A server's own defaults must not decide: vLLM takes sampling defaults from the checkpoint,
llama.cpp has its own. Both are told everything. Others are told what differs from the API's
defaults, since some refuse a field that they do not know. The functions that read raise any of
LookupError, TypeError, AttributeError and ValueError on what is not this API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from bot.messages import FinishReason, GenerationRequest, Sampling
from bot.templated import said

Api = Literal["completions", "chat"]
FEW_STOPS = 4  # as many as the API takes; the reply is cut at all of them here
HOTTEST = 2.0  # the highest temperature that the API takes
LLAMA_CPP_RANDOM = 2**32 - 1  # the seed that llama.cpp takes for none

TEXT_PARTS = (None, "text", "output_text")
ENDED_BADLY = ("abort", "error")  # vLLM's, where nothing went wrong with the request

# What a reply can do without: a server that refuses one is asked again without it. Stop strings
# are found here too.
TEMPLATE_OPTIONS = ("vllm", "llamacpp", "sglang")  # servers that hand options to a template
THOUGHTS = ("reasoning_content", "reasoning")  # what servers call a thought
OPTIONAL = frozenset(
    {
        "chat_template_kwargs",
        "add_special_tokens",
        "min_p",
        "repeat_last_n",
        "repeat_penalty",
        "repetition_penalty",
        "return_token_ids",
        "samplers",
        "seed",
        "stop",
        "stream_options",
        "top_k",
    }
)


@dataclass(frozen=True, slots=True)
class Served:
    """What a server says of itself: model names, the software, the context's length in tokens,
    of the first model the tokens that it knows, and where it was loaded from."""

    models: tuple[str, ...]
    software: str
    context_length: int | None
    vocabulary: int | None = None
    root: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one event of an answer brings. `tokens` is None where the server tells no ids.

    `thought`: it brought something that the model thinks, which is not read.
    """

    text: str = ""
    tokens: tuple[int, ...] | None = None
    finished: str | None = None  # why, in the server's words
    stopped_by: str | None = None  # the stop string that vLLM found
    usage: Mapping[str, Any] | None = None
    thought: bool = False

    @property
    def is_written(self) -> bool:
        """Whether the model has written something."""
        return bool(self.text or self.tokens)


def request_body(
    served: Served,
    model: str,
    request: GenerationRequest,
    max_tokens: int,
    text: str | None = None,
) -> dict[str, Any]:
    """The body for `/v1/completions`: exactly the prompt, as ids, or as this text."""
    body = _common(served, model, request, max_tokens)
    if text is None:
        body["prompt"] = list(request.prompt.ids)
    else:
        body |= {"prompt": text, "add_special_tokens": False}
    if served.software == "vllm":
        body["return_token_ids"] = True
    return body


def chat_body(
    served: Served,
    model: str,
    request: GenerationRequest,
    max_tokens: int,
    speaker_names: bool,
    broken: Callable[[str], str],
    thinking: bool | None = None,
) -> dict[str, Any]:
    """The body for `/v1/chat/completions`; turns of one speaker in a row are one message.

    `broken` makes a text one in which the server finds no special token. `thinking`: whether the
    model is to; None where its template does not ask.
    """
    messages = [
        {
            "role": role.value,
            "content": "\n".join(broken(said(turn, speaker_names)) for turn in turns),
        }
        for role, turns in groupby(request.prompt.turns, key=lambda turn: turn.role)
    ]
    body = _common(served, model, request, max_tokens) | {"messages": messages}
    if thinking is not None and served.software in TEMPLATE_OPTIONS:
        body["chat_template_kwargs"] = {"enable_thinking": thinking}
    return body


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
    """From the answer of `/v1/models`. vLLM lists its adapters too, each with its parent.

    Some list nothing (null, an empty list), or have the list bare, or names in it.
    """
    listed = document
    if isinstance(document, Mapping):
        listed = document["data"] if "data" in document else document["models"]
    entries: list[Mapping[str, Any]] = [
        m if isinstance(m, Mapping) else {"id": str(m)} for m in listed or ()
    ]
    models = [m for m in entries if not m.get("parent")]
    first = models[0] if models else {}
    meta: Mapping[str, Any] = first.get("meta") or {}
    return Served(
        tuple(str(m.get("id") or m.get("model") or m["name"]) for m in models),
        str(first.get("owned_by") or ""),
        _positive(first.get("max_model_len") or meta.get("n_ctx")),
        _positive(meta.get("n_vocab")),
        str(first.get("root") or ""),
    )


def _positive(told: Any) -> int | None:
    return told if isinstance(told, int) and told > 0 else None


def read_piece(event: Mapping[str, Any]) -> Piece:
    """An event of either API's answer."""
    usage = event.get("usage")
    choices = event.get("choices")
    if not choices:
        return Piece(usage=usage)
    choice = choices[0]
    said = choice.get("delta") or choice.get("message")  # the second where nothing is streamed
    tokens = None if said else choice.get("token_ids")
    reason = choice.get("stop_reason")
    return Piece(
        text=_text(said.get("content") if said else choice.get("text")),
        tokens=None if tokens is None else tuple(tokens),
        finished=choice.get("finish_reason"),
        stopped_by=reason if isinstance(reason, str) else None,
        usage=usage,
        thought=any(map((said or choice).get, THOUGHTS)),
    )


def _text(content: Any) -> str:
    """A content's text, which may be a list of parts; what is no text of the reply is left out."""
    if isinstance(content, list):
        parts = (part if isinstance(part, str) else _part(part) for part in content)
        return "".join(parts)
    return content or ""


def _part(part: Any) -> str:
    return str(part.get("text") or "") if part.get("type") in TEXT_PARTS else ""


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
