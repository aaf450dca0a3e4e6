"""A model's first step: it brings weights into the form that is computed with, and proves that
the model is one that this engine runs rightly.

Some architectures have kept their own code for what others share. Such a model would run, and
answer as if each token stood alone, or as if all conversations of a step were one. So a step is
looked at: what each layer does (`watched.py`), and whether the same token after the same past
gives the same wherever it stands in a step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from bot.engine.batch import Batch, pack
from bot.engine.errors import computes_no_numbers, unsupported
from bot.engine.kv_cache import CacheShape, KVCache
from bot.engine.model_runner import ModelRunner
from bot.engine.rule import UnsupportedModel, named_windows
from bot.engine.sequence import Chunk, Sequence
from bot.engine.slot import Placement, Slot
from bot.engine.watched import WatchedStep
from bot.messages import Sampling

if TYPE_CHECKING:
    from transformers import PreTrainedModel

PAST = 3  # tokens before the one that is looked at
AGREEING = 0.02  # of the logits' size: what 16-bit numbers may differ by, and positions do not


def warm_up(
    model: PreTrainedModel, dtype: torch.dtype, device: torch.device, tokens: int = 2
) -> None:
    """One step: a token with a past, some `tokens` of another text, the first token once more.

    Raises LoadError where the model cannot be run, or not rightly.
    """
    kind = model.config.model_type
    try:
        logits = first_step(model, dtype, device, tokens)
    except (torch.OutOfMemoryError, MemoryError):
        raise
    except UnsupportedModel as error:
        raise unsupported(f"{kind}: {error}", writes=not error.reads) from error
    except Exception as error:  # its own code, called as no other model is
        why = f"{kind}: its code asks for what this engine does not have ({type(error).__name__})"
        raise unsupported(why) from error
    if device.type == "meta":
        return
    if not logits.isfinite().all():
        raise computes_no_numbers(kind)
    first, last = logits.float()[[0, -1]]
    if float((first - last).norm()) > AGREEING * float(first.norm()):
        raise unsupported(
            f"{kind}: what it computes depends on what else is in a step: it counts positions"
        )


@torch.inference_mode()
def first_step(
    model: PreTrainedModel, dtype: torch.dtype, device: torch.device, tokens: int
) -> Tensor:
    """The logits of the three chunks' last tokens, `[3, vocabulary]`."""
    cache = KVCache(CacheShape.of(model.config), 2 * (PAST + 1) + tokens, dtype, device)
    known = known_tokens(model)
    looked_at, other = known // 2, known // 3  # neither is padding, which some do not compute
    chunks = []
    texts = ((PAST, (looked_at,)), (0, (other,) * tokens), (PAST, (looked_at,)))
    for slot, (begin, text) in enumerate(texts):
        capacity = begin + len(text)
        cache.prepare(Placement(slot, capacity, 0, 0, None))
        sequence = Sequence(text, Sampling(temperature=0), "", capacity)
        chunks.append(Chunk(sequence, Slot(slot, "", capacity), begin, text, True))
    first, last = (cache.region(slot).begin for slot in (0, 2))
    chance = None if device.type == "meta" else torch.Generator(device).manual_seed(0)
    for block in (cache.keys, cache.values):
        block.normal_(generator=chance)
        block[..., last : last + PAST, :] = block[..., first : first + PAST, :]
    steps: list[WatchedStep] = []

    def watched(cache: KVCache, batch: Batch) -> WatchedStep:
        steps.append(WatchedStep(cache, batch))
        return steps[-1]

    logits = ModelRunner(model, cache, watched).forward(pack(chunks, cache))
    for step in steps:
        step.check(named_windows(model.config))
    assert logits is not None  # every chunk samples
    return logits


def known_tokens(model: PreTrainedModel) -> int:
    """How many tokens a model knows, whatever its tokenizer says."""
    embedding: Any = model.get_input_embeddings()
    count: int = embedding.weight.shape[0]
    return count
