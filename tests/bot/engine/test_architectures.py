"""A model attends through the engine's own function, or is refused by name: no wrong answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from bot.engine.errors import LoadError
from bot.engine.loader import load_model
from bot.engine.local import LocalEngine
from tests.bot.engine.tiny import (
    CONTEXT,
    EOS,
    VOCABULARY,
    LetterTokenizer,
    reference_of,
    reply,
    without_end,
    write_tokenizer,
)

PROMPT = [5, 17, 230, 44, 101, 9, 9, 73]

# What each configuration calls the same sizes.
COMMON = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "max_position_embeddings": CONTEXT,
}
GPT = {
    "vocab_size": VOCABULARY,
    "n_embd": 64,
    "n_layer": 3,
    "n_head": 4,
    "n_positions": CONTEXT,
}
GROUPED = COMMON | {"num_key_value_heads": 2}
SIZES: dict[str, dict[str, Any]] = {
    "gpt_neox": COMMON,
    "llama": GROUPED,
    "qwen2": GROUPED,
    "mistral": GROUPED | {"sliding_window": None},
    "phi": COMMON,
    "gpt2": GPT,
    "stablelm": COMMON,
    "olmo2": GROUPED,
    "granite": GROUPED,
    "opt": COMMON | {"ffn_dim": 96, "word_embed_proj_dim": 64},
    "gptj": GPT | {"rotary_dim": 8},
    "codegen": GPT | {"rotary_dim": 8},
    "gpt_neox_japanese": COMMON,
    "xglm": COMMON | {"d_model": 64, "num_layers": 3, "attention_heads": 4, "ffn_dim": 96},
    "bloom": {"vocab_size": VOCABULARY, "hidden_size": 64, "n_layer": 3, "n_head": 4},
    "biogpt": COMMON,
    "falcon": COMMON,
}
RIGHT = ("gpt_neox", "llama", "qwen2", "mistral")
REFUSED = ("gpt_neox_japanese", "codegen")


def write(kind: str, folder: Path) -> None:
    """A tiny random checkpoint of an architecture."""
    torch.manual_seed(7)
    vendor: Any = transformers
    options = SIZES[kind] | {"bos_token_id": 1, "eos_token_id": EOS, "pad_token_id": 0}
    config = vendor.AutoConfig.for_model(
        kind, **options, initializer_range=0.25, tie_word_embeddings=False
    )
    vendor.AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    write_tokenizer(folder)


async def outcome(kind: str, folder: Path) -> list[int] | str:
    """The engine's tokens after PROMPT, or the line with which the model is refused."""
    write(kind, folder)
    try:
        model = load_model(folder, quantization="none", device="cpu", dtype="float32")
    except LoadError as error:
        return error.english
    async with LocalEngine.from_loaded(model) as engine:
        engine._tokenizer = LetterTokenizer()
        # The second runs token by token on what the first has left in the cache.
        first = await reply(engine, PROMPT)
        assert (await reply(engine, PROMPT)).tokens == first.tokens
        return first.tokens


@pytest.mark.parametrize("kind", RIGHT)
async def test_these_architectures_equal_generate(kind: str, tmp_path: Path) -> None:
    """Token for token what `model.generate` writes."""
    got = await outcome(kind, tmp_path)
    assert got == without_end(reference_of(tmp_path)(PROMPT, 12))


@pytest.mark.parametrize("kind", REFUSED)
async def test_a_model_that_attends_by_itself_is_refused_by_name(kind: str, tmp_path: Path) -> None:
    """One line that names the architecture and says what to do."""
    got = await outcome(kind, tmp_path)
    assert isinstance(got, str) and len(got.splitlines()) == 1
    assert kind in got and "Choose another model." in got


@pytest.mark.parametrize("kind", sorted(SIZES.keys() - {*RIGHT, *REFUSED}))
async def test_any_other_architecture_is_right_or_refused(kind: str, tmp_path: Path) -> None:
    """Which of the two is the architecture's and its release's affair."""
    got = await outcome(kind, tmp_path)
    if isinstance(got, str):
        assert kind in got and len(got.splitlines()) == 1
    else:
        assert got == without_end(reference_of(tmp_path)(PROMPT, 12))


FAULTS: dict[str, Callable[[Any, Any], Any]] = {
    "attends with a mask": lambda attend, given: attend(
        *given[:4], torch.zeros(1, 1, len(PROMPT), len(PROMPT)), **given[5]
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
