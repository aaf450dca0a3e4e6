"""The rules of `bot/engine/cuda/choice.py`, with times that are made up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from bot.engine.cuda.choice import COUNTS, Choices, Measure, agrees, choose, timed, ways
from bot.engine.cuda.product import Fused, Matrix, Product, Theirs, Unpacked
from tests.bot.engine.cuda.conftest import MakeMatrix


@dataclass(frozen=True)
class Off:
    """bitsandbytes' product, `by` too much of it, or an error; runs without Triton."""

    name: str
    by: float = 0.0
    error: str = ""

    def __call__(self, x: Tensor, matrix: Matrix) -> Tensor:
        """See Product."""
        if self.error:
            raise RuntimeError(self.error + "\nand where")
        return Theirs()(x, matrix) * (1 + self.by)

    def __str__(self) -> str:
        return self.name


def times(given: dict[str, float]) -> Measure:
    """A clock that knows how long each product takes, by name; what it does not know fails."""

    def measure(product: Product, x: Tensor, matrices: Sequence[Matrix]) -> float:
        return given[str(product)]

    return measure


def one(*products: Product) -> Callable[[int], Sequence[Product]]:
    """The same ways for every count."""
    return lambda tokens: products


def test_the_fastest_that_is_right_is_taken(matrix: MakeMatrix) -> None:
    """By count of tokens."""

    def measure(product: Product, x: Tensor, matrices: Sequence[Matrix]) -> float:
        return {"bitsandbytes": 1.0, "a": 0.5 * len(x), "b": 0.9}[str(product)]

    a, b = Off("a"), Off("b", 1e-6)
    found = choose([matrix()], measure, {}, (1, 2, 4), one(a, b))
    assert found.products == (a, b, b) and not found.only_theirs
    assert [found(count) for count in (1, 2, 3, 4, 5, 9_000)] == [a, b, b, b, b, b]
    assert str(found) == "to 1 a; to 4 b"


def test_what_is_hardly_faster_is_not_taken(matrix: MakeMatrix) -> None:
    """That is noise, and bitsandbytes' own is what others have tried."""
    clock = times({"bitsandbytes": 1.0, "a": 0.98})
    found = choose([matrix()], clock, {}, (1, 8), one(Off("a")))
    assert found.only_theirs and str(found) == "to 8 bitsandbytes"


def test_other_numbers_are_never_taken_however_fast(
    matrix: MakeMatrix, caplog: pytest.LogCaptureFixture
) -> None:
    """And the log says so, once for all counts."""
    refused: dict[Product, str] = {}
    wrong, nothing = Off("wrong", 0.1), Off("nan", float("nan"))
    clock = times({"bitsandbytes": 1.0, "wrong": 0.1, "nan": 0.1})
    for _ in range(2):
        assert choose([matrix()], clock, refused, (1, 2, 4), one(wrong, nothing)).only_theirs
    assert set(refused) == {wrong, nothing}
    assert [r.message.split(":")[1] for r in caplog.records] == [
        " ArithmeticError",
    ]


def test_what_fails_is_told_of_in_one_line_and_left_out(
    matrix: MakeMatrix, caplog: pytest.LogCaptureFixture
) -> None:
    """Where Triton is missing every variant fails in the same way, for every shape."""
    refused: dict[Product, str] = {}
    broken = [Off(name, error="No module named 'triton'") for name in "abc"]
    clock = times({"bitsandbytes": 1.0, "fine": 0.5})
    fine = Off("fine")
    for rows in (64, 96):
        found = choose([matrix(rows)], clock, refused, (1, 2), one(*broken, fine))
        assert found.products == (fine, fine)
    (line,) = caplog.records
    assert line.levelno == logging.WARNING
    assert line.message == "4-bit product (a) is not used: RuntimeError: No module named 'triton'"


def test_without_a_clock_everything_stays_with_bitsandbytes(
    matrix: MakeMatrix, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as where its product cannot be captured."""
    found = choose([matrix()], times({}), {}, (1, 2, 4), one(Off("a")))
    assert found.only_theirs and len(found.products) == 3
    assert "not timed from 1 tokens on" in caplog.text


def test_a_product_that_cannot_be_timed_is_left_out(matrix: MakeMatrix) -> None:
    """The others are looked at all the same."""
    b = Off("b")
    clock = times({"bitsandbytes": 1.0, "b": 0.5})
    assert choose([matrix()], clock, {}, (1, 2), one(Off("a"), b)).products == (b, b)


def test_numbers_agree_where_they_differ_by_rounding_alone() -> None:
    """All together, and one by one: a single row that was left out is found."""
    expected = torch.randn(4, 4096)
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        same = expected.to(dtype)
        assert agrees(same * 1, same)
        rounded = (same.float() * (1 + torch.finfo(dtype).eps)).to(dtype)
        assert agrees(rounded, same)
        assert not agrees(same * 1.1, same)
        left_out = same.clone()
        left_out[0, same[0].abs().argmax()] = 0
        assert not agrees(left_out, same)
    assert not agrees(expected * float("nan"), expected)


def test_each_count_is_offered_what_may_pay() -> None:
    """The kernel for few tokens, unpacking for many."""
    assert any(isinstance(way, Fused) for way in ways(1)) and Unpacked() not in ways(1)
    assert any(isinstance(way, Fused) for way in ways(64)) and Unpacked() in ways(64)
    assert ways(128) == [Unpacked()]
    assert Choices(COUNTS, (Theirs(),) * len(COUNTS)).only_theirs


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_on_a_card_every_way_is_right_and_can_be_timed(
    dtype: torch.dtype, matrix: MakeMatrix
) -> None:
    """All of them, for rinna's shapes and every count that is measured."""
    for rows, columns in ((8448, 2816), (2816, 11264)):
        weights = matrix(rows, columns, dtype, device="cuda")
        refused: dict[Product, str] = {}
        choose([weights], timed, refused)
        assert refused == {}
