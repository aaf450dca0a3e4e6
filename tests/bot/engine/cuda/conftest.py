"""Triton for tests without a GPU: its interpreter, which runs kernels with NumPy on a CPU.

Triton is no package of Kaiwa's: builds of torch for GPUs bring it. `pip install --no-deps
--target build/triton triton` gives it to these tests alone, whatever torch is installed.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from bitsandbytes import functional

from bot.engine.cuda.product import Matrix

FOLDER = Path(__file__).parents[4] / "build" / "triton"
THEIRS: Any = functional
OLDEST = (3, 9)

MakeMatrix = Callable[..., Matrix]


@pytest.fixture(scope="session")
def device() -> str:
    """Where kernels run: a GPU, or else the interpreter on the CPU."""
    if torch.cuda.is_available():
        return "cuda"
    os.environ["TRITON_INTERPRET"] = "1"  # which Triton reads when a kernel is defined
    if importlib.util.find_spec("triton") is None:
        if not FOLDER.is_dir():
            pytest.skip("needs Triton: pip install --no-deps --target build/triton triton")
        sys.path.append(str(FOLDER))
    import triton

    if tuple(map(int, triton.__version__.split(".")[:2])) < OLDEST:
        pytest.skip("needs Triton 3.9 or newer: an older interpreter does not know this NumPy")
    from triton.runtime.interpreter import InterpretedFunction

    if not isinstance(triton.language.cdiv, InterpretedFunction):
        pytest.skip("Triton was imported before its interpreter was asked for")
    return "cpu"


@pytest.fixture
def matrix() -> MakeMatrix:
    """Makes a random NF4 matrix, with a bias or without."""

    def make(
        rows: int = 96,
        columns: int = 256,
        dtype: torch.dtype = torch.float32,
        *,
        bias: bool = True,
        nested: bool = False,
        block: int = 64,
        device: str = "cpu",
    ) -> Matrix:
        random = torch.Generator().manual_seed(rows * columns)
        weights = torch.randn(rows, columns, generator=random).to(device)
        weight, state = THEIRS.quantize_4bit(
            weights, quant_type="nf4", compress_statistics=nested, blocksize=block
        )
        added = torch.randn(rows, generator=random).to(device) if bias else None
        return Matrix.of(weight, state, added, dtype)

    return make


def exactly(x: torch.Tensor, matrix: Matrix) -> torch.Tensor:
    """The product in float64, of weights that bitsandbytes unpacks."""
    shape = (matrix.rows, matrix.columns)
    whole = torch.ops.bitsandbytes.dequantize_4bit.default(
        matrix.packed, matrix.scales, matrix.block, "nf4", shape, torch.float32
    )
    product: torch.Tensor = x.double() @ whole.double().T
    return product if matrix.bias is None else product + matrix.bias.double()
