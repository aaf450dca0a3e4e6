"""Normalisations that add up what they are given in the same launch, and RMS norms in one.

A model's layer norms and RMS norms are replaced where the kernel gives what they give, weights
and all, on that very card, and is faster together with the addition before them.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from bot.engine.cuda.choice import WORTH, agrees
from bot.engine.cuda.clock import seconds_captured
from bot.engine.cuda.sums import Sum, mark

log = logging.getLogger(__name__)

ROWS = 5  # tokens that are tried
WIDEST = 1 << 14  # numbers of a row

Undo = Callable[[], None]
LAYER, RMS, GEMMA = "layer norm", "RMS norm", "RMS norm with 1 + weight"
Kind = tuple[str, bool, int, float]
"""Which, with a bias, numbers of a row, epsilon: what one measurement holds for."""


class FusedNorm(nn.Module):
    """What `theirs`, of that kind, computes of a plain tensor or of a sum that waits."""

    def __init__(self, theirs: nn.Module, kind: Kind) -> None:
        super().__init__()
        self.theirs = theirs
        self.which, self.has_bias, self.columns, self.epsilon = kind
        untyped: Any = theirs
        self.weight: nn.Parameter = untyped.weight
        self.bias: nn.Parameter | None = untyped.bias if self.has_bias else None

    def forward(self, x: Tensor) -> Tensor:
        """`[..., columns]`, in the type of `x`."""
        terms = x.parts if isinstance(x, Sum) else (x,)
        if not self._fits(terms):
            result: Tensor = self.theirs(x)
            return result
        total, out = _normalised(self, terms)
        if isinstance(x, Sum):
            x.settle(total)
        return out

    def _fits(self, terms: tuple[Tensor, ...]) -> bool:
        return terms[0].numel() > 0 and all(
            term.shape[-1] == self.columns
            and term.dtype == self.weight.dtype
            and term.device == self.weight.device
            and term.is_contiguous()
            for term in terms
        )


def _normalised(norm: FusedNorm, terms: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    """The sum of up to three tensors, and what the norm makes of it."""
    from bot.engine.cuda import layer_kernels

    first = terms[0]
    out = torch.empty_like(first)
    total = torch.empty_like(first) if len(terms) > 1 else first
    width = 1 << (norm.columns - 1).bit_length()
    layer_kernels.normalise[(first.numel() // norm.columns,)](
        *(terms[min(place, len(terms) - 1)] for place in range(3)),
        norm.weight,
        norm.weight if norm.bias is None else norm.bias,
        total,
        out,
        norm.columns,
        norm.epsilon,
        TERMS=len(terms),
        CENTRED=norm.which == LAYER,
        ONE_MORE=norm.which == GEMMA,
        HAS_BIAS=norm.has_bias,
        WIDTH=width,
        num_warps=max(1, min(8, width // 512)),
    )
    return total, out


def kinds_of(module: nn.Module) -> tuple[Kind, ...]:
    """What a normalisation that may be replaced can be; nothing where it is another module.

    Models' RMS norms are all called so: which it is, only its numbers tell.
    """
    untyped: Any = module
    epsilon: Any
    which: tuple[str, ...]
    named = {name for name, _ in module.named_parameters(recurse=False)}
    if isinstance(module, nn.LayerNorm) and len(module.normalized_shape) == 1:
        which, epsilon = (LAYER,), module.eps
    elif type(module).__name__.endswith("RMSNorm") and named == {"weight"}:
        which = (RMS, GEMMA)
        epsilon = getattr(untyped, "variance_epsilon", getattr(untyped, "eps", None))
    else:
        return ()
    if not isinstance(epsilon, float) or "weight" not in named or untyped.weight.ndim != 1:
        return ()
    columns = untyped.weight.shape[0]
    kinds = ((one, "bias" in named, columns, epsilon) for one in which)
    return tuple(kinds) if columns <= WIDEST else ()


def fuse_norms(
    model: nn.Module,
    dtype: torch.dtype,
    measure: Callable[[Callable[[], object]], float] = seconds_captured,
    device: str = "cuda",
) -> Undo | None:
    """Let a model's normalisations take the additions before them over, where that gives the
    same and is faster.

    What fails is told of in a line, and stays as it is. None where nothing is done.
    """
    groups: dict[tuple[Kind, ...], list[tuple[str, nn.Module]]] = defaultdict(list)
    for name, module in model.named_modules():
        if kinds := kinds_of(module):
            untyped: Any = module
            if untyped.weight.dtype == dtype and untyped.weight.device.type == device:
                groups[kinds].append((name, module))
    replaced: list[tuple[str, nn.Module]] = []
    for kinds, norms in groups.items():
        columns = kinds[0][2]
        try:
            with torch.inference_mode():
                kind = _agreeing([norm for _, norm in norms], kinds)
                times = [measure(run) for run in _tried(norms[0][1], kind)]
        except Exception as error:
            why = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
            log.warning("norms of %d with the addition before them are not used: %s", columns, why)
            continue
        log.info(
            "norms of %d: %.1f µs with the addition before them, %.1f µs otherwise",
            columns,
            *(seconds * 1e6 for seconds in times),
        )
        if times[0] < WORTH * times[1]:
            replaced += norms
            for name, norm in norms:
                model.set_submodule(name, FusedNorm(norm, kind))
    return partial(_take_back, model, replaced, mark(model)) if replaced else None


def _take_back(model: nn.Module, replaced: list[tuple[str, nn.Module]], unmark: Undo) -> None:
    unmark()
    for name, norm in replaced:
        model.set_submodule(name, norm)


def _agreeing(norms: Sequence[nn.Module], kinds: Sequence[Kind]) -> Kind:
    """The first kind that all of them are. Raises ArithmeticError where they are none."""
    for kind in kinds:
        try:
            for norm in norms:
                _must_agree(norm, kind)
        except ArithmeticError:
            if kind == kinds[-1]:
                raise
        else:
            return kind
    raise AssertionError("there is at least one kind")


def _must_agree(norm: nn.Module, kind: Kind) -> None:
    """Raises ArithmeticError where the kernel computes other numbers, of a sum or without one."""
    fused = FusedNorm(norm, kind)
    for count in (1, 3):
        terms = _example(norm, kind)[:count]
        waiting = Sum(terms[0], terms)
        got, plain = fused(waiting), sum(terms[1:], terms[0])
        if not agrees(waiting.value(), plain) or not agrees(got, norm(plain)):
            raise ArithmeticError("other numbers")


def _tried(norm: nn.Module, kind: Kind) -> tuple[Callable[[], object], Callable[[], object]]:
    """A sum of two and its normalisation, in one launch and otherwise."""
    fused, (a, b, _) = FusedNorm(norm, kind), _example(norm, kind)
    return lambda: fused(Sum(a, (a, b))), lambda: norm(a + b)


def _example(norm: nn.Module, kind: Kind) -> tuple[Tensor, ...]:
    """Three random tensors `[1, rows, columns]` of a norm's type."""
    untyped: Any = norm
    random = torch.Generator().manual_seed(kind[2])
    three = torch.randn(3, 1, ROWS, kind[2], generator=random)
    return three.to(untyped.weight.device, untyped.weight.dtype).unbind()
