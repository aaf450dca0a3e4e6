"""Architectures with their own code for attending are computed as that code does."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from bot.engine.attention import IMPLEMENTATION, register
from bot.engine.batch import pack
from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.model_runner import ModelRunner
from bot.engine.own_attention import FORWARDS, SCALES, hand_over
from bot.engine.rule import UnsupportedModel
from bot.engine.sequence import Chunk, Sequence
from bot.engine.slot import Placement, Slot
from bot.messages import Sampling
from tests.model_sweep.compare import _scatter
from tests.model_sweep.tiny_configs import VARIANTS, Variant, configuration

CPU = torch.device("cpu")
KINDS = ("codegen", "falcon", "gpt_neo", "gpt_neox_japanese", "gptj", "xglm")
PROMPTS = (tuple(range(10, 33)), tuple(range(40, 49)))


def made(variant: Variant) -> Any:
    """A tiny random model in bfloat16, with transformers' plainest attention."""
    torch.manual_seed(7)
    make: Any = AutoModelForCausalLM
    model = make.from_config(configuration(variant), attn_implementation="eager")
    with torch.no_grad():
        for parameter in model.parameters():
            _scatter(parameter)
    return model.bfloat16().eval()


@torch.inference_mode()
def stepped(model: Any) -> torch.Tensor:
    """Handed over: the logits after each prompt, both in one step, `[prompts, vocabulary]`."""
    register()
    model.config._attn_implementation = IMPLEMENTATION
    hand_over(model)
    cache = KVCache(CacheShape.of(model.config), 64, torch.bfloat16, CPU)
    chunks = []
    for slot, ids in enumerate(PROMPTS):
        cache.prepare(Placement(slot, 30, 0, 0, None))
        sequence = Sequence(ids, Sampling(), "", 30)
        chunks.append(Chunk(sequence, Slot(slot, "", 30), 0, ids, True))
    logits = ModelRunner(model, cache).forward(pack(chunks, cache))
    assert logits is not None
    return logits.float()


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_is_handed_over_computes_what_it_did(kind: str) -> None:
    """Its class keeps its name, and nothing changes for other models of that class."""
    model, untouched = made(Variant(kind)), made(Variant(kind))
    with torch.inference_mode():
        expected = torch.stack(
            [model(torch.tensor([ids]), use_cache=False).logits[0, -1] for ids in PROMPTS]
        )
    classes = {type(module) for module in untouched.modules()}
    got = stepped(model)
    (ours,) = {type(module) for module in model.modules()} - classes
    assert ours.__name__ in SCALES.keys() | FORWARDS.keys() and ours.__base__ in classes
    assert float((got - expected).norm() / expected.norm()) < 0.02


def test_attention_that_distance_weakens_is_refused_by_name() -> None:
    """Falcon's older kind: the engine has no ALiBi."""
    (alibi,) = (v for v in VARIANTS if str(v) == "falcon, alibi")
    with pytest.raises(UnsupportedModel, match="ALiBi"):
        stepped(made(alibi))
