"""A model attends through the engine's own function, or is refused by name: no wrong answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from bot.engine.errors import LoadError
from bot.engine.loader import load_model
from tests.model_sweep.compare import Outcome, outcome_of
from tests.model_sweep.page import PAGE, told
from tests.model_sweep.tiny_configs import all_variants

# What docs/models.md says of these is tried at every run; `python -m tests.model_sweep` tries all.
TWENTY = (
    "bart",
    "bert",
    "bert, as a decoder",
    "biogpt",
    "codegen",
    "falcon",
    "falcon, alibi",
    "gemma2",
    "gemma3",
    "gemma3_text",
    "gpt2",
    "gpt_neox",
    "gpt_neox_japanese",
    "gpt_oss",
    "granite",
    "llama",
    "mistral",
    "opt",
    "phi",
    "phi3, longrope",
    "qwen2",
    "qwen2, with a window",
    "qwen2_5_vl",
    "stablelm",
    "xglm",
)


@pytest.mark.parametrize("name", TWENTY)
def test_a_model_is_as_the_page_says(name: str, tmp_path: Path) -> None:
    """Equal to `model.generate`, tokens and logits, or refused in one line that names it."""
    (variant,) = (each for each in all_variants() if str(each) == name)
    got = outcome_of(variant, tmp_path)
    assert got.outcome == told(PAGE.read_text("utf-8"))[name], got.line
    if got.outcome == Outcome.REFUSED:
        assert variant.kind in got.line and "Choose another model" in got.line
        assert len(got.line.splitlines()) == 1


def test_the_page_names_every_architecture_and_none_that_is_different() -> None:
    """Those of the installed transformers; what is new there is to be tried first."""
    outcomes = told(PAGE.read_text("utf-8"))
    assert {str(each) for each in all_variants()} <= outcomes.keys()
    assert not {Outcome.DIFFERENT, Outcome.TRACEBACK} & set(outcomes.values())


FAULTS: dict[str, Callable[[Any, Any], Any]] = {
    "attends with a mask": lambda attend, given: attend(
        *given[:4], torch.zeros(1, 1, 4, 4), **given[5]
    ),
    "attends to other keys": lambda attend, given: attend(
        *given[:2], given[2] + 1, *given[3:5], **given[5]
    ),
    "attends twice": lambda attend, given: (
        attend(*given[:5], **given[5]),
        attend(*given[:5], **given[5]),
    )[0],
    "attends in a way of its own": lambda attend, given: (given[1].transpose(1, 2), None),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_way_to_attend_otherwise_is_refused(
    fault: str, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mask, other keys than the cache returned, a layer twice, a layer not at all."""
    from bot.engine import attention

    attend = attention.packed_attention

    def otherwise(*given: Any, **options: Any) -> Any:
        return FAULTS[fault](attend, (*given, options))

    monkeypatch.setattr(attention, "packed_attention", otherwise)
    try:
        with pytest.raises(LoadError, match=fault):
            load_model(tiny_folder, quantization="none", device="cpu", dtype="float32")
    finally:
        monkeypatch.undo()
        attention.register()
