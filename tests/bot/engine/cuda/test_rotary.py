"""The rules of `bot/engine/cuda/rotary.py`, against transformers' own function."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from transformers import GPTNeoXConfig, LlamaConfig

from bot.engine.cuda.rotary import FUNCTION, fits, fuse_rotary, fused

Measure = Callable[[Callable[[], object]], float]

NEOX: Any = importlib.import_module("transformers.models.gpt_neox.modeling_gpt_neox")
LLAMA: Any = importlib.import_module("transformers.models.llama.modeling_llama")


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """The vendor's functions are its own again afterwards."""
    before = [(module, getattr(module, FUNCTION)) for module in (NEOX, LLAMA)]
    yield
    for module, function in before:
        setattr(module, FUNCTION, function)


def given(
    heads: int, of_keys: int, dim: int, rotated: int, dtype: torch.dtype, device: str
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Queries and keys as they come out of one product, and angles."""
    torch.manual_seed(heads)
    both = torch.randn(1, 7, heads + of_keys, dim).to(device, dtype).transpose(1, 2)
    q, k = both[:, :heads], both[:, heads:]
    cos, sin = (torch.randn(1, 7, rotated).to(device, dtype) for _ in range(2))
    return q, k, cos, sin


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_the_kernel_turns_as_the_models_do(dtype: torch.dtype, device: str) -> None:
    """Whole heads and parts of them, fewer keys than queries; to the last bit in half precision."""
    for module, heads, of_keys, dim, rotated in (
        (NEOX, 4, 4, 32, 32),
        (NEOX, 2, 2, 96, 24),
        (LLAMA, 4, 2, 80, 80),
    ):
        arguments = given(heads, of_keys, dim, rotated, dtype, device)
        assert fits(*arguments, device=device)
        for got, expected in zip(
            fused(*arguments), getattr(module, FUNCTION)(*arguments), strict=True
        ):
            assert got.shape == expected.shape
            if dtype == torch.float16:
                assert torch.equal(got, expected)
            torch.testing.assert_close(got, expected)


def model(kind: str = "neox") -> Any:
    """A tiny model."""
    if kind == "neox":
        neox = GPTNeoXConfig(
            hidden_size=64,
            num_attention_heads=2,
            intermediate_size=64,
            num_hidden_layers=1,
            vocab_size=50,
        )
        return NEOX.GPTNeoXForCausalLM(neox)
    config = LlamaConfig(
        hidden_size=64,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=64,
        num_hidden_layers=1,
        vocab_size=50,
    )
    return LLAMA.LlamaForCausalLM(config)


def one_launch_is_faster() -> Measure:
    """Times of a model's own way, of one launch, and of one with the cache's writes."""
    times = iter([2.0, 1.0, 3.0])
    return lambda run: next(times)


@pytest.mark.parametrize("kind", ["neox", "llama"])
def test_a_model_computes_the_same_with_it(kind: str, device: str) -> None:
    """Its layers find the new function where they look for theirs; twice is once, and undone."""
    untrained = model(kind).to(device).eval()
    tokens = torch.arange(9, device=device)[None]
    with torch.inference_mode():
        expected = untrained(tokens).logits
        undo = fuse_rotary(untrained, torch.float32, one_launch_is_faster(), device)
        assert undo is not None
        module = NEOX if kind == "neox" else LLAMA
        assert getattr(module, FUNCTION).of_kaiwa
        torch.testing.assert_close(untrained(tokens).logits, expected)
        assert fuse_rotary(untrained, torch.float32, one_launch_is_faster(), device) is None
        assert getattr(module, FUNCTION).of_kaiwa
        undo()
        assert not hasattr(getattr(module, FUNCTION), "of_kaiwa")


def test_what_it_is_not_made_for_goes_to_the_models_own(device: str) -> None:
    """Several sequences, another order of dimensions."""
    theirs = getattr(NEOX, FUNCTION)
    assert fuse_rotary(model().to(device), torch.float32, one_launch_is_faster(), device)
    q, k, cos, sin = given(2, 2, 32, 32, torch.float32, device)
    several = [each.expand(3, *each.shape[1:]) for each in (q, k, cos, sin)]
    turned = [each.transpose(1, 2) for each in (q, k)]
    for arguments, options in ((several, {}), ([*turned, cos, sin], {"unsqueeze_dim": 2})):
        for got, expected in zip(
            getattr(NEOX, FUNCTION)(*arguments, **options),
            theirs(*arguments, **options),
            strict=True,
        ):
            assert torch.equal(got, expected)
    assert not fits(several[0], several[1], several[2], several[3], device)
    assert not fits(q[..., ::2], k[..., ::2], cos, sin, device)
    assert not fits(q, k, cos[:, :3], sin[:, :3], device)


def test_other_numbers_or_a_failure_leave_everything_as_it_was(
    device: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With a line that says why; what is not faster needs none."""
    theirs = getattr(NEOX, FUNCTION)
    assert not fuse_rotary(model().to(device), torch.float32, lambda run: 1.0, device)
    assert caplog.messages == []

    def other(q: Any, k: Any, cos: Any, sin: Any) -> Any:
        return theirs(q, k, sin, cos)

    monkeypatch.setattr("bot.engine.cuda.rotary.fused", other)
    assert not fuse_rotary(model().to(device), torch.float32, lambda run: 0.0, device)

    def missing(*_: Any) -> Any:
        raise ModuleNotFoundError("No module named 'triton'")

    monkeypatch.setattr("bot.engine.cuda.rotary.fused", missing)
    assert not fuse_rotary(model().to(device), torch.float32, lambda run: 0.0, device)
    begin = "rotary embeddings in one launch are not used: "
    assert caplog.messages == [
        begin + "ArithmeticError: other numbers",
        begin + "ModuleNotFoundError: No module named 'triton'",
    ]
    assert getattr(NEOX, FUNCTION) is theirs
    assert not fuse_rotary(torch.nn.Linear(2, 2), torch.float32)  # has no such function
