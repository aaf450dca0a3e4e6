"""What servers say, read: `bot/engine/remote/complaints.py`."""

from __future__ import annotations

from typing import Any

import pytest

from bot.engine.remote.complaints import Complaint, read_complaint, read_words, room_after

TOO_LONG: dict[str, tuple[str, int | None]] = {
    "vLLM": (
        "This model's maximum context length is 512 tokens. However, your prompt contains at "
        "least 513 input tokens.",
        512,
    ),
    "vLLM, exactly as long": ("max_tokens must be at least 1, got 0", None),
    "vLLM, asked for more": (
        "'max_tokens' or 'max_completion_tokens' is too large: 600. This model's maximum context "
        "length is 512 tokens and your request has 40 input tokens",
        512,
    ),
    "vLLM, of late": (
        "The decoder prompt (length 163840) is longer than the maximum model length of 131072.",
        131_072,
    ),
    "vLLM, before": (
        "The prompt (total length 25938) is too long to fit into the model (context length 4096).",
        4_096,
    ),
    "llama.cpp": ("the request exceeds the available context size, try increasing it", None),
    "llama.cpp, of late": (
        "request (1407 tokens) exceeds the available context size (256 tokens)",
        256,
    ),
    "llama.cpp, while writing": ("Context size has been exceeded.", None),
    "llama.cpp's Python server": ("Requested tokens (2285) exceed context window of 2048", 2_048),
    "TGI": (
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 1512. Given: 1000 "
        "`inputs` tokens and 1024 `max_new_tokens`",
        1_512,
    ),
    "TGI, the prompt alone": (
        "Input validation error: `inputs` must have less than 1024 tokens. Given: 1168",
        1_024,
    ),
    "Ollama": ("the input length exceeds the context length", None),
    "Ollama, its runner": ("prompt too long; exceeded max context length by 17 tokens", None),
    "Ollama, before": ("input exceeds context length", None),
    "LM Studio": (
        "Trying to keep the first 14538 tokens when context the overflows. However, the model is "
        "loaded with context length of only 2048 tokens, which is not enough.",
        2_048,
    ),
    "LM Studio, of late": (
        "The number of tokens to keep from the initial prompt is greater than the context length "
        "(n_keep: 10978>= n_ctx: 8192).",
        8_192,
    ),
    "SGLang": (
        "The input (61709 tokens) is longer than the model's context length (40960 tokens).",
        40_960,
    ),
    "SGLang, by memory": (
        "Input length (160062 tokens) exceeds the maximum allowed length (59862 tokens).",
        59_862,
    ),
    "SGLang, with the reply": (
        "Requested token count exceeds the model's maximum context length of 4,096 tokens.",
        4_096,
    ),
    "OpenAI": (
        "This model's maximum context length is 4097 tokens, however you requested 4226 tokens. "
        "Please reduce the length of the messages or completion.",
        4_097,
    ),
    "OpenAI, of late": ("Your input exceeds the context window of this model.", None),
    "Mistral": (
        "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
        None,
    ),
    "others": ("prompt is too long: 210000 tokens > 200000 maximum", None),
}


@pytest.mark.parametrize("who", TOO_LONG)
def test_a_context_that_is_too_long_is_known_in_every_wording(who: str) -> None:
    """With the number of tokens that there is room for, where it is said."""
    words, room = TOO_LONG[who]
    for complaint in (read_words(words), read_complaint({"error": {"message": words}})):
        assert complaint is not None
        assert complaint.is_too_long and complaint.room == room


@pytest.mark.parametrize(
    "words",
    [
        "prompt: must be a string",
        "Unrecognized request argument supplied: top_k",
        "max_tokens is too large: 5000. This model supports at most 4096 completion tokens",
        "the model does not exist",
        "no such key",
        "roles must alternate",
        "n_keep: 9",
    ],
)
def test_other_refusals_are_about_no_length(words: str) -> None:
    """Dropping turns would not help."""
    assert not Complaint(words).is_too_long and Complaint(words).room is None


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"error": {"message": "a\nb", "code": 400}}, Complaint("a b", 400)),
        ({"error": {"message": "a", "code": "bad", "param": "seed"}}, ("a (bad)", "seed")),
        ({"error": "a", "status": "500"}, Complaint("a", 500)),
        ({"object": "error", "message": "a", "code": 422}, Complaint("a", 422)),
        ({"message": "a", "type": "BadRequestError"}, Complaint("a")),
        ({"detail": "a"}, Complaint("a")),
        ({"error": {"message": "a", "n_ctx": 256}}, Complaint("a", n_ctx=256)),
        ({"error": {}}, Complaint()),
        ({"choices": [{"text": "a"}], "error": "b"}, None),
        ({"choices": [], "usage": {}}, None),
        ({"message": "a"}, None),
        ({"error": None}, None),
        ({}, None),
        ([], None),
        (5, None),
    ],
)
def test_a_complaint_is_read_in_every_form(document: Any, expected: Any) -> None:
    """And what is none is not taken for one."""
    complaint = read_complaint(document)
    if isinstance(expected, tuple):
        words, field = expected
        expected = Complaint(words, fields=frozenset((field,)))
    assert complaint == expected


def test_what_was_sent_is_no_part_of_a_complaint() -> None:
    """pydantic repeats it, and it may say anything."""
    each = {"loc": ["body", "seed"], "msg": "no", "input": "maximum context length is 100"}
    complaint = read_complaint({"detail": [each, "odd"]})
    assert complaint is not None and not complaint.is_too_long
    assert complaint.words == "body.seed: no" and complaint.names(("seed", "stop")) == {"seed"}


def test_a_field_that_is_an_english_word_is_named_only_where_it_is_marked() -> None:
    """Else every text about stopping would be about stop strings."""
    fields = ("stop", "seed", "top_k")
    assert not Complaint("please stop, and top_kind").names(fields)
    assert Complaint("`stop` is unknown").names(fields) == {"stop"}
    assert Complaint("Unknown parameters: stop, seed").names(fields) == {"stop", "seed"}
    assert Complaint("top_k: no").names(fields) == {"top_k"}


def test_what_is_asked_for_after_a_refusal_is_less() -> None:
    """As the server says, or an eighth less; a number that helps nothing is no number."""
    said = Complaint("maximum context length is 200 tokens")
    assert room_after(said, 512) == 200 and room_after(said, 200) == 175
    assert room_after(Complaint("prompt is too long"), 512) == 448
    assert room_after(Complaint("prompt is too long"), 70) is None
