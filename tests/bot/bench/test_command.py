"""`kaiwa bench` as it is typed."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.bot.commands import Result

SMALL = ("--history", "8", "--preamble", "4", "--question", "3", "--reply", "3", "--turns", "1")


def test_it_prints_tables_and_one_line_of_json(kaiwa: Callable[..., Result]) -> None:
    """Kaiwa and a peer; a server that does not answer is told of, in a line."""
    result = kaiwa(
        "bench",
        *("--channels", "1,2", *SMALL, "--rounds", "2", "--against", "generate"),
        *("--against", "gone=http://127.0.0.1:9"),
    )
    assert result.code == 0
    assert "| 2        | 8       | kaiwa" in result.out
    assert "Kaiwa over each peer" in result.out and "event loop's lag" in result.out
    assert result.out.count("gone: http://127.0.0.1:9") == 2  # in both languages' lines, once
    data = json.loads(result.out.splitlines()[-1])
    assert [set(case["parties"]) for case in data["cases"]] == [{"kaiwa", "generate"}] * 2
    assert len(data["cases"][0]["parties"]["kaiwa"]["runs"]) == 2
    assert data["loading"]["seconds"] > 0


def test_json_alone_is_one_line(kaiwa: Callable[..., Result]) -> None:
    """For programs."""
    result = kaiwa("bench", "--channels", "1", *SMALL, "--json")
    assert len(result.out.splitlines()) == 1 and json.loads(result.out)["failures"] == []


def test_a_profile_says_where_the_time_goes(kaiwa: Callable[..., Result]) -> None:
    """By part of the model and by operator."""
    result = kaiwa("bench", "--channels", "1", *SMALL, "--profile")
    assert result.code == 0
    for words in ("prefill, 1 channels", "linear layers", "output layer", "attention", "operator"):
        assert words in result.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--channels", "1,x"), "--channels 1,x"),
        (("--channels", "0"), "give numbers from 1 on"),
        (("--against", "vllm"), "--against vllm is unknown"),
        (("--against", "a=ftp://x"), "is unknown"),
        (("--against", "generate", "--against", "generate"), "Two parties"),
        (("--history", "2000"), "the model reads 512"),
        (("--model", "/nowhere"), "/nowhere"),
    ],
)
def test_what_cannot_be_measured_is_said_in_a_line(
    kaiwa: Callable[..., Result], arguments: tuple[str, ...], words: str
) -> None:
    """In both languages, without a traceback."""
    result = kaiwa("bench", *arguments)
    assert result.code == 1 and words in result.err and result.out == ""
