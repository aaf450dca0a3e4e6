"""One tiny checkpoint: what the engine makes of it, beside what `model.generate` does.

Several conversations at once, some of which share a beginning, in chunks of prompts; then each
goes on where it was. Greedy tokens and the logits they were chosen by must be transformers'.
"""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor

from bot.engine.errors import LoadError
from bot.engine.language_part import KINDS
from bot.engine.loader import load_model
from bot.engine.local import EngineOptions, LocalEngine
from bot.messages import Sampling
from tests.bot.engine.tiny import EOS, VOCABULARY, LetterTokenizer, reply, write_tokenizer
from tests.model_sweep.tiny_configs import Variant, configuration

NEW = 8  # tokens of a reply
STEP = 16  # tokens of prompts in a step
TOLERANCE = 1e-4  # of the logits' own size: float32, summed in another order
GREEDY = Sampling(max_new_tokens=NEW, temperature=0)


class Outcome(StrEnum):
    """What became of an architecture."""

    EQUAL = "equal"
    REFUSED = "refused"
    DIFFERENT = "different"
    TRACEBACK = "traceback"
    UNBUILT = "not built"  # transformers itself makes no such model, or cannot run it


@dataclass(frozen=True, slots=True)
class Result:
    """An outcome, with the line that was said or what went wrong."""

    variant: Variant
    outcome: Outcome
    line: str = ""


def prompts() -> list[list[int]]:
    """Of several lengths; the third begins as the second does."""
    chance = Random(5)
    drawn = [[chance.randrange(4, VOCABULARY) for _ in range(n)] for n in (3, 37, 9, 90)]
    drawn[2] = [*drawn[1][:20], *drawn[2]]
    return drawn


def auto_class(kind: str) -> Any:
    """What makes the whole model of a kind, eyes and all."""
    import transformers

    auto: Any = transformers
    return auto.AutoModelForImageTextToText if kind in KINDS else auto.AutoModelForCausalLM


def write(variant: Variant, folder: Path) -> None:
    """A tiny random checkpoint. Raises whatever transformers does where it cannot be made."""
    torch.manual_seed(7)
    config = configuration(variant)
    model = auto_class(variant.kind).from_config(config, attn_implementation="eager").float()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.is_floating_point():
                _scatter(parameter)
    model.save_pretrained(folder)
    write_tokenizer(folder)


def _scatter(parameter: Tensor) -> None:
    """No weight keeps the value that it begins with: what is left out must be seen."""
    if parameter.dim() > 1:
        parameter.normal_(std=1.5 * parameter.shape[-1] ** -0.5)
    else:
        parameter.add_(torch.randn_like(parameter), alpha=0.1)


@dataclass(frozen=True, slots=True)
class Written:
    """A reply: its tokens, and the logits of each, `[tokens, vocabulary]`."""

    tokens: list[int]
    logits: Tensor


class Reference:
    """transformers alone with one prompt, by its own attention.

    Where an architecture's `generate` fails, its plain forward over the whole text, again and
    again. Raises what that raises.
    """

    def __init__(self, folder: Path) -> None:
        kind = json.loads((folder / "config.json").read_text("utf-8"))["model_type"]
        make = auto_class(kind)
        self._model = make.from_pretrained(folder, attn_implementation="eager").float().eval()

    @torch.inference_mode()
    def __call__(self, prompt: Sequence[int]) -> Written:
        """Its greedy reply."""
        ids = torch.tensor([list(prompt)])
        try:
            got = self._model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=NEW,
                do_sample=False,
                pad_token_id=0,
                eos_token_id=EOS,
                output_logits=True,
                return_dict_in_generate=True,
            )
        except Exception:
            return self._plain(list(prompt))
        return Written(got.sequences[0, len(prompt) :].tolist(), torch.cat(got.logits).float())

    def _plain(self, prompt: list[int]) -> Written:
        tokens: list[int] = []
        rows: list[Tensor] = []
        while len(tokens) < NEW and EOS not in tokens:
            ids = torch.tensor([prompt + tokens])
            rows.append(self._model(ids, use_cache=False).logits[0, -1].float())
            tokens.append(int(rows[-1].argmax()))
        return Written(tokens, torch.stack(rows))


async def replies(engine: LocalEngine, asked: Sequence[list[int]]) -> list[Written]:
    """The engine's greedy replies to all prompts at once, each in a conversation of its own."""
    sampler: Any = engine._runner._sampler
    draw, rows = sampler.sample, dict[tuple[int, ...], list[Tensor]]()

    def noted(logits: Tensor, sequences: Sequence[Any]) -> list[int]:
        for row, sequence in zip(logits, sequences, strict=True):
            rows.setdefault(tuple(sequence.prompt), []).append(row.float().clone())
        tokens: list[int] = draw(logits, sequences)
        return tokens

    sampler.sample = noted
    got = await asyncio.gather(
        *(reply(engine, ids, f"{place}", GREEDY) for place, ids in enumerate(asked))
    )
    del sampler.sample
    written = []
    for ids, each in zip(asked, got, strict=True):
        logits = torch.stack(rows[tuple(ids)])
        ended = len(each.tokens) < len(logits)
        written.append(Written([*each.tokens, *[EOS] * ended], logits))
    return written


async def compared(folder: Path, source: Path | None = None) -> str:
    """What differs between the engine and transformers; nothing where all is equal. `source`: of
    what the engine is to load the model in place of the folder.

    Raises LoadError where the engine refuses the model.
    """
    loaded = load_model(source or folder, quantization="none", device="cpu", dtype="float32")
    loaded = replace(loaded, tokenizer=LetterTokenizer(), eos_ids=frozenset({EOS}))
    reference = Reference(folder)
    asked = [ids for ids in prompts() if len(ids) + 2 * NEW + 4 < loaded.context_length]
    async with LocalEngine.from_loaded(loaded, EngineOptions(max_step_tokens=STEP)) as engine:
        for turn in ("first turn", "second turn"):
            expected = [reference(ids) for ids in asked]
            for ids, got, want in zip(asked, await replies(engine, asked), expected, strict=True):
                if told := _difference(got, want):
                    return f"{turn} of {len(ids)} tokens: {told}"
            asked = [
                [*ids, *reply.tokens, 7, 8] for ids, reply in zip(asked, expected, strict=True)
            ]
    return ""


def _difference(got: Written, want: Written) -> str:
    count = min(len(got.logits), len(want.logits))
    ours, theirs = got.logits[:count], want.logits[:count]
    if ours.shape != theirs.shape:
        return f"logits of {ours.shape[1]} tokens, not {theirs.shape[1]}"
    off = float((ours - theirs).norm() / theirs.norm())
    if got.tokens != want.tokens:
        place = next(
            (i for i, (a, b) in enumerate(zip(got.tokens, want.tokens, strict=False)) if a != b),
            count,
        )
        return f"other tokens from place {place} on, logits {off:.1e} off"
    return "" if off < TOLERANCE else f"logits {off:.1e} off"


def outcome_of(variant: Variant, folder: Path) -> Result:
    """Write, load, compare: whatever happens is a result."""
    try:
        write(variant, folder)
        Reference(folder)(prompts()[0])
    except Exception as error:
        return Result(variant, Outcome.UNBUILT, f"{type(error).__name__}: {error}".split("\n")[0])
    try:
        told = asyncio.run(compared(folder))
    except LoadError as error:
        return Result(variant, Outcome.REFUSED, error.english)
    except Exception:
        return Result(variant, Outcome.TRACEBACK, traceback.format_exc())
    return Result(variant, Outcome.DIFFERENT if told else Outcome.EQUAL, told)
