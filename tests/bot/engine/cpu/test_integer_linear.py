"""The rules of `bot/engine/cpu/integer_linear.py` and of the products that it calls."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from bitsandbytes import functional
from bitsandbytes.nn.modules import Linear4bit
from torch import Tensor, nn

from bot.app import DEMO_FOLDER
from bot.engine.cpu import dot_product, integer_linear
from bot.engine.cpu.instructions import has_byte_products, has_tiles
from bot.engine.cpu.integer_linear import STEPS, IntegerLinear, multiply_in_whole_numbers
from bot.engine.cpu.packing import PackedLinear, absmax
from bot.engine.loader import load_model

pytestmark = pytest.mark.skipif(
    not has_byte_products(), reason="needs a processor with AVX-512's byte products"
)
ROWS = (1, 2, 3, 7, 8, 9, 15, 16, 17, 40)


def rounded(rows: Tensor) -> Tensor:
    """What is left of rows when each block of 64 has whole numbers to 127 times a scale."""
    blocks = rows.double().view(len(rows), -1, 64)
    scale = blocks.abs().amax(2, keepdim=True) / 127
    whole: Tensor = (blocks / scale).round() * scale
    return whole.flatten(1)


def assert_near(result: Tensor, expected: Tensor) -> None:
    """Within bfloat16's own rounding of the result and float16's of the scales.

    A number that lies in the middle of two steps may go either way.
    """
    size = expected.norm()
    assert (result.double() - expected).norm() < 0.004 * size
    assert (result.double() - expected).abs().max() < 0.02 * expected.abs().max()


@pytest.mark.parametrize("kind", ["nf4", "fp4"])
def test_each_kind_of_4_bits_is_read(kind: str) -> None:
    """Within what rounding costs, of bitsandbytes' own weights."""
    torch.manual_seed(6)
    stored, state = functional.quantize_4bit(torch.randn(64, 256), quant_type=kind)
    rows = torch.randn(9, 256).bfloat16()
    known = rows.float() @ functional.dequantize_4bit(stored, state).float().T
    result = IntegerLinear.of_codes(stored, state, None)(rows).float()
    assert (result - known).norm() < 0.015 * known.norm()


def layer_and_weights(
    outputs: int, inputs: int, bias: Tensor | None = None, **options: Any
) -> tuple[IntegerLinear, Tensor]:
    """A layer of random weights in 4 bits, and the numbers that it should multiply by."""
    torch.manual_seed(5)
    weights = torch.randn(outputs, inputs) * torch.rand(outputs, 1)
    stored, state = functional.quantize_4bit(weights, quant_type="nf4", **options)
    untyped: Any = state
    codes = torch.stack([stored.view(-1) >> 4, stored.view(-1) & 15], dim=1).reshape(outputs, -1)
    table = (untyped.code.double() * STEPS).round() / STEPS
    scales = absmax(state).double().reshape(outputs, -1).repeat_interleave(state.blocksize, dim=1)
    numbers = table[codes.long()] * scales
    return IntegerLinear.of_codes(stored, state, bias), numbers


@pytest.mark.parametrize("options", [{}, {"compress_statistics": True}, {"blocksize": 128}])
@pytest.mark.parametrize(("outputs", "inputs"), [(16, 64), (32, 128), (96, 1408)])
def test_a_product_is_exact_but_for_the_rounding_of_rows_and_codes(
    outputs: int, inputs: int, options: dict[str, Any]
) -> None:
    """And for bfloat16's own, whatever the count of rows, with and without a bias."""
    if options.get("blocksize", 64) > inputs:
        options = {}
    bias = torch.randn(outputs)
    for added in (None, bias):
        layer, weights = layer_and_weights(outputs, inputs, added, **options)
        for count in ROWS:
            rows = torch.randn(count, inputs).bfloat16()
            expected = rounded(rows) @ weights.T + (0 if added is None else added.double())
            assert_near(layer(rows), expected)


def test_a_layer_of_8_bits_is_exact_but_for_the_rounding_too() -> None:
    """Also of a vocabulary that is no multiple of 16."""
    weights = torch.randn(83, 128)
    layer = IntegerLinear.of_weights(weights, None)
    scale = weights.double().abs().amax(1, keepdim=True) / 127
    numbers = (weights.double() / scale).round() * scale
    for count in ROWS:
        rows = torch.randn(count, 128).bfloat16()
        result = layer(rows)
        assert result.shape == (count, 83)
        assert_near(result, rounded(rows) @ numbers.T)


@pytest.mark.parametrize("bits", [4, 8])
def test_a_rows_result_does_not_depend_on_the_rows_beside_it(bits: int) -> None:
    """To the last bit: a step's other conversations do not change a reply here."""
    layer, weights = layer_and_weights(48, 192, torch.randn(48))
    if bits == 8:
        layer = IntegerLinear.of_weights(weights.float(), None)
    rows = torch.randn(40, 192).bfloat16()
    alone = torch.cat([layer(row) for row in torch.split(rows, 1)])
    for count in ROWS:
        assert torch.equal(layer(rows[:count]), alone[:count])


@pytest.mark.skipif(not has_tiles(), reason="needs a processor that multiplies tiles of bytes")
def test_tiles_give_what_rows_give(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit."""
    layer, _ = layer_and_weights(48, 320)
    rows = torch.randn(27, 320).bfloat16()
    by_tiles = layer(rows)
    monkeypatch.setattr(layer, "_fewest", dot_product.NEVER)
    assert torch.equal(layer(rows), by_tiles)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_what_is_no_number_does_not_become_one(wrong: float) -> None:
    """In its own row; a row of zeros gives the bias."""
    bias = torch.randn(16).bfloat16()
    layer, _ = layer_and_weights(16, 128, bias)
    rows = torch.randn(20, 128).bfloat16()
    rows[2], rows[17, 80] = 0, wrong
    result = layer(rows)
    assert not result[17].isfinite().any()
    assert torch.equal(result[2], bias)
    assert result[:17].isfinite().all() and result[18:].isfinite().all()


def test_shapes_types_and_rows_that_do_not_lie_side_by_side_are_taken() -> None:
    """As a linear layer takes them."""
    layer, _ = layer_and_weights(32, 128)
    wide = torch.randn(2, 3, 256)
    result = layer(wide[..., ::2])
    assert (result.shape, result.dtype) == ((2, 3, 32), torch.float32)
    dense = layer(wide[..., ::2].reshape(6, 128).bfloat16())
    assert torch.equal(result.reshape(6, 32), dense.float())


def test_two_threads_do_not_disturb_each_other() -> None:
    """Each has a room of its own."""
    layer, _ = layer_and_weights(64, 512)
    inputs = [torch.randn(count, 512).bfloat16() for count in ROWS * 4]
    expected = [layer(rows) for rows in inputs]
    with ThreadPoolExecutor(2) as pool:
        for result, known in zip(pool.map(layer, inputs), expected, strict=True):
            assert torch.equal(result, known)


def four_bits() -> nn.Module:
    """A model of one layer as bitsandbytes quantises it."""
    untyped: Any = Linear4bit
    model = nn.Sequential(untyped(128, 64, bias=False, quant_type="nf4"))
    return model.to("cpu")


@pytest.mark.parametrize("trouble", ["wrong", "broken"])
def test_kernels_that_are_wrong_or_cannot_be_compiled_are_not_used(
    trouble: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The model stays as it was, and a line says so."""

    def kernels() -> Any:
        if trouble == "broken":
            raise RuntimeError("no such instruction")
        return lambda *_: 0

    monkeypatch.setattr(integer_linear, "product", kernels)
    model = four_bits()
    assert not multiply_in_whole_numbers(model)
    assert isinstance(model[0], Linear4bit)  # type: ignore[index]  # a Sequential
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_model_with_no_such_layer_on_a_processor_compiles_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As one on a GPU has none: its start is not to wait for kernels that it does not use."""
    asked: list[object] = []
    monkeypatch.setattr(integer_linear, "product", lambda: asked.append(None))
    assert not multiply_in_whole_numbers(nn.Sequential(nn.Linear(64, 16)))
    assert not asked


def test_a_model_without_them_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """By bitsandbytes' kernel, or by its module."""
    monkeypatch.setattr(integer_linear, "has_byte_products", lambda: False)
    model = load_model(DEMO_FOLDER, quantization="nf4", device="cpu", dtype="bfloat16").model
    kinds = {type(module) for module in model.modules()}
    assert IntegerLinear not in kinds and kinds & {PackedLinear, Linear4bit}
