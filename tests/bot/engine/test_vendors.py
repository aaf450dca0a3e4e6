"""transformers as the engine imports it has all that transformers has."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from bot.engine.in_pieces import QuantizingInPieces

ROOT = Path(__file__).parents[3]


def told(program: str) -> str:
    """What a program in a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, timeout=300, check=True
    )
    return done.stdout.decode()


def test_every_name_of_transformers_is_found_when_it_is_asked_for() -> None:
    """The list of its models' names is read then, and is the list that it would have had."""
    names = (
        "print(json.dumps([sorted(vars(v)['_class_to_module'].items()) for v in (t, t.models)]))"
    )
    usual = told(f"import json, transformers as t; {names}")
    ours = told(
        "import json; from bot.engine.vendors import transformers; t = transformers();"
        "assert 'LlamaConfig' not in t._class_to_module;"
        "from transformers import LlamaConfig; from transformers.models import GPTNeoXConfig;"
        f"assert not hasattr(t, 'Nonsense') and not hasattr(t.models, 'Nonsense'); {names}"
    )
    assert json.loads(ours) == json.loads(usual)


def test_torch_that_was_imported_by_name_only_becomes_the_real_one() -> None:
    """For the modules that did so, and for everybody later."""
    said = told(
        "import sys; from bot.engine.vendors import transformers; transformers();"
        "assert 'torch' not in sys.modules;"
        "import transformers.modeling_rope_utils as rope; named = rope.torch;"
        "assert 'torch' not in sys.modules; made = named.zeros(2); import torch;"
        "assert isinstance(made, torch.Tensor) and named.Tensor is torch.Tensor; print('same')"
    )
    assert said.strip() == "same"


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int64])
def test_shapes_without_memory_are_those_of_torch(dtype: torch.dtype) -> None:
    """Each operation that has a short way, by device and by number type."""

    def made() -> list[torch.Tensor]:
        with torch.device("meta"):
            steps = torch.arange(0, 63, 2, dtype=dtype)
        return [
            steps,
            torch.arange(1, 9, 3, device="meta"),
            steps / 64,
            steps / steps,
            10000.0**steps,
            1.0 / steps,
            steps * 2,
            steps[:, None] * steps,
            torch.empty_like(steps, device="cpu"),
            torch.empty_like(steps, dtype=torch.float16),
            torch.empty(3, 5, device="meta").T.mul(2),
            torch.nn.init.normal_(torch.empty(3, 5, device="meta")),
        ]

    def said(tensors: list[torch.Tensor]) -> list[tuple[object, ...]]:
        return [(each.shape, each.dtype, each.device, each.stride()) for each in tensors]

    usual = said(made())
    with QuantizingInPieces():
        assert said(made()) == usual
