"""The rules of `bot/engine/cuda/put_off.py` and `bot/engine/cuda/sums.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from bot.engine.cuda.put_off import PutOff
from bot.engine.cuda.sums import Sum, mark

X = torch.arange(12.0).reshape(3, 4)
OTHER = torch.linspace(-1, 1, 12).reshape(3, 4)


class Counted(PutOff):
    """Notes how often it is computed."""

    times = 0

    def compute(self) -> Tensor:
        """See PutOff."""
        self.times += 1
        return X.clone()


Use = Callable[[Tensor], Any]
USES: dict[str, Use] = {
    "an operator": lambda x: x * 2,
    "an operator from the right": lambda x: 2 - x,
    "an argument of another's": lambda x: OTHER.matmul(x.T),
    "in a list": lambda x: torch.cat([x, OTHER]),
    "in a tuple of options": lambda x: torch.stack(tensors=(OTHER, x)),
    "a part": lambda x: x[1:, :2],
    "a function of torch.nn": lambda x: nn.functional.softmax(x, dim=-1),
    "an operator by its name": lambda x: torch.ops.aten.mul.Tensor(x, OTHER),
    "its layout": lambda x: torch.tensor([*x.stride(), x.is_contiguous()]),
    "numbers": lambda x: torch.tensor(x.tolist()),
    "copied into another": lambda x: torch.zeros(3, 4).copy_(x),
    "as places": lambda x: OTHER.flatten()[x.long()],
}


@torch.inference_mode()
@pytest.mark.parametrize("use", USES)
def test_whatever_is_done_with_it_is_done_with_its_numbers(use: str) -> None:
    """Computed once, and the results are plain tensors."""
    waiting = Counted(X)
    for _ in range(2):
        result = USES[use](waiting)
        assert type(result) is Tensor and torch.equal(result, USES[use](X))
    assert waiting.times == 1 and not waiting.is_open


@torch.inference_mode()
def test_what_is_known_without_its_numbers_does_not_compute_it() -> None:
    """Its shape, type and device; nor does what settles it."""
    waiting = Counted(X)
    assert waiting.shape == (3, 4) and waiting.size(1) == 4 and waiting.dim() == waiting.ndim == 2
    assert waiting.dtype == torch.float32 and waiting.device == X.device
    assert not waiting.is_meta and not waiting.is_cuda and isinstance(waiting, Tensor)
    assert waiting.is_open
    waiting.settle(OTHER)
    assert torch.equal(waiting + 0, OTHER) and waiting.times == 0


@torch.inference_mode()
def test_changed_in_place_it_is_what_it_was_changed_to() -> None:
    """Under each of its names, as any tensor is."""
    waiting = Counted(X)
    changed: Tensor = waiting
    changed += OTHER
    assert torch.equal(changed, X + OTHER) and torch.equal(waiting * 1, X + OTHER)


@torch.inference_mode()
def test_additions_of_what_is_marked_wait_and_round_one_by_one() -> None:
    """From both sides, up to three terms; further ones take the first three's sum."""
    torch.manual_seed(0)
    a, b, c, d = (torch.randn(5, 64).half() * 10**n for n in range(4))
    started = Sum(a, (a,))
    two = started + b
    assert isinstance(two, Sum) and two.is_open and two.parts == (a, b)
    for three in (two + c, c + two, torch.add(c, two)):
        assert isinstance(three, Sum) and three.parts == (a, b, c)
        four = three + d
        assert isinstance(four, Sum) and len(four.parts) == 2 and four.is_open
        assert torch.equal(four * 1, a + b + c + d)
    both = (started + c) + (Sum(b, (b,)) + d)
    assert isinstance(both, Sum) and torch.equal(both * 1, (a + c) + (b + d))
    two.settle(c)
    assert len(two.parts) == 1 and two.parts[0] is c and torch.equal((two + d) * 1, c + d)
    dropped = nn.Dropout(0.5).eval()(started)
    assert dropped is started


@torch.inference_mode()
@pytest.mark.parametrize(
    "add",
    [
        lambda x: x + 1,
        lambda x: x + OTHER[:1],
        lambda x: x + OTHER.double(),
        lambda x: torch.add(x, OTHER, alpha=2),
        lambda x: nn.functional.dropout(x, 0.0, training=True),
    ],
)
def test_other_additions_are_done_at_once(add: Use) -> None:
    """Of numbers, other shapes and types, with a factor; and what really drops."""
    result = add(Sum(X, (X,)))
    assert type(result) is Tensor and torch.equal(result, add(X))


@torch.inference_mode()
def test_sums_begin_behind_embeddings_and_dropouts_until_that_is_taken_back() -> None:
    """Not while training, when dropouts do something."""

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.dropout = nn.Embedding(5, 4), nn.Dropout(0.5)

        def get_input_embeddings(self) -> nn.Module:
            return self.embedding

    model = Model().eval()
    take_back = mark(model)
    ids = torch.tensor([1, 2])
    assert isinstance(model.embedding(ids), Sum) and isinstance(model.dropout(X), Sum)
    model.train()
    assert type(model.dropout(X)) is Tensor
    model.eval()
    take_back()
    assert type(model.embedding(ids)) is Tensor and model.dropout(X) is X
