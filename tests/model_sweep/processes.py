"""Many architectures, each tried in one of a few processes."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.model_sweep.compare import Result, outcome_of
from tests.model_sweep.tiny_configs import Variant

PROCESSES = 2


def _prepare() -> None:
    """A process of its own: one thread, and no advice."""
    import torch
    import transformers

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.disable()
    quietly: Any = transformers.utils.logging
    quietly.disable_progress_bar()


def _tried(variant: Variant) -> Result:
    with TemporaryDirectory() as folder:
        return outcome_of(variant, Path(folder))


def tried(variants: Sequence[Variant]) -> Iterator[Result]:
    """Their results, in their order."""
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), _prepare) as pool:
        yield from pool.map(_tried, variants)
