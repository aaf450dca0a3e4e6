"""The rules of `bot/engine/cuda/norms.py`, against the models' own."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from bot.engine.cuda.norms import GEMMA, RMS, FusedNorm, fuse_norms, kinds_of
from bot.engine.cuda.sums import Sum
from tests.bot.engine.cuda.layer_models import run, tiny_model

Measure = Callable[[Callable[[], object]], float]


def launched_together_is_faster() -> Measure:
    """Times of the kernel, and otherwise, for each kind of norm."""
    times = iter([1.0, 2.0] * 9)
    return lambda run: next(times)


class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts torch's own operations."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.counts: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Note it, and do it."""
        self.counts[func.overloadpacket.__name__] += 1
        return func(*args, **(kwargs or {}))


def norm_of(kind: str, columns: int, dtype: torch.dtype) -> nn.Module:
    """A model's normalisation with weights that differ."""
    made: nn.Module
    if kind == "layer":
        made = nn.LayerNorm(columns, eps=1e-5)
    elif kind == "layer, without a bias":
        made = nn.LayerNorm(columns, eps=1e-6, bias=False)
    else:
        name = "Gemma" if kind == "gemma" else "Llama"
        module = importlib.import_module(
            f"transformers.models.{name.lower()}.modeling_{name.lower()}"
        )
        made = getattr(module, f"{name}RMSNorm")(columns, eps=1e-5)
    for number, weights in enumerate(made.parameters()):
        weights.requires_grad_(False)
        weights.copy_(torch.linspace(number - 1, 2, columns))
    return made.to(dtype)


@torch.inference_mode()
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("kind", ["layer", "layer, without a bias", "rms", "gemma"])
def test_the_kernel_adds_and_normalises_as_the_models_do(
    kind: str, dtype: torch.dtype, device: str
) -> None:
    """One to three terms, rows that are no power of two; the sum to the last bit."""
    torch.manual_seed(5)
    norm = norm_of(kind, 88, dtype).to(device)
    fused = FusedNorm(norm, kinds_of(norm)[-1 if kind == "gemma" else 0])
    three = torch.randn(3, 1, 4, 88).to(device, dtype)
    three[:, :, 1] *= 300  # one row is large, one far from zero
    three[:, :, 2] += 20
    for terms in (three[:1], three[:2], three):
        waiting = Sum(three[0], tuple(terms))
        plain = terms[0]
        for other in terms[1:]:
            plain = plain + other
        got = fused(waiting)
        assert not waiting.is_open and torch.equal(waiting.value(), plain)
        exact = norm.double()(plain.double())
        norm.to(dtype)
        allowed = 2e-5 if dtype == torch.float32 else 4e-3  # two roundings of half precision
        torch.testing.assert_close(got.double(), exact, rtol=allowed, atol=allowed)
        torch.testing.assert_close(got, norm(plain), rtol=allowed, atol=allowed)
        torch.testing.assert_close(fused(plain), got)


@pytest.mark.parametrize("kind", ["neox", "neox, parallel", "llama", "qwen3", "gemma"])
def test_a_model_computes_the_same_with_additions_in_its_norms(kind: str, device: str) -> None:
    """No addition to what a layer was given is left, and no norm of torch's; until taken back."""
    model = tiny_model(kind, torch.float32, device)
    expected = run(model, torch.float32, device)
    undo = fuse_norms(model, torch.float32, launched_together_is_faster(), device)
    assert undo is not None
    with Operations() as left:
        got = run(model, torch.float32, device)
    assert left.counts["add"] == 4  # queries and keys of two layers, rotated
    assert left.counts["layer_norm"] == left.counts["rsqrt"] == 0
    for mine, theirs in zip(got, expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
    undo()
    with Operations() as again:
        got = run(model, torch.float32, device)
    assert again.counts["add"] > 4 and again.counts["layer_norm"] + again.counts["rsqrt"] > 0
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(got, expected, strict=True))


def test_other_numbers_or_a_failure_leave_a_models_norms_as_they_were(
    device: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With one line for each kind; what is not faster needs none."""
    model = tiny_model("neox", torch.float32, device)
    other = tiny_model("llama", torch.float32, device)
    for layer in other.model.layers:
        layer.input_layernorm.register_forward_hook(lambda norm, given, out: 2 * out)
    assert fuse_norms(other, torch.float32, launched_together_is_faster(), device) is None
    assert fuse_norms(model, torch.float32, lambda run: 1.0, device) is None
    assert fuse_norms(model, torch.float16, lambda run: 1.0, device) is None  # of another type

    def missing(*_: Any) -> Any:
        raise ModuleNotFoundError("No module named 'triton'")

    monkeypatch.setattr("bot.engine.cuda.norms._normalised", missing)
    assert fuse_norms(model, torch.float32, launched_together_is_faster(), device) is None
    begin = "norms of 64 with the addition before them are not used: "
    assert caplog.messages == [
        begin + "ArithmeticError: other numbers",
        begin + "ModuleNotFoundError: No module named 'triton'",
    ]
    assert not any(isinstance(m, FusedNorm) for each in (other, model) for m in each.modules())


def test_what_is_no_such_norm_is_left_alone() -> None:
    """Others, without weights, of several dimensions, or with more than a weight."""

    class OtherRMSNorm(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight, self.more = (nn.Parameter(torch.ones(4)) for _ in range(2))
            self.eps = 1e-6

    for module in (
        nn.Linear(4, 4),
        nn.LayerNorm(4, elementwise_affine=False),
        nn.LayerNorm([4, 4]),
        nn.RMSNorm(4),  # its epsilon is the type's
        OtherRMSNorm(),
    ):
        assert kinds_of(module) == ()
    assert kinds_of(nn.RMSNorm(4, eps=1e-5)) == ((RMS, False, 4, 1e-5), (GEMMA, False, 4, 1e-5))
