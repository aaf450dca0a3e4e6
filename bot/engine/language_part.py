"""Models that also see or hear: their language model, which is all that is loaded of them.

Such a checkpoint names a configuration within its own, and its tensors lie under a name of their
own beside those of the other parts. Text alone goes through the language model alone, so it
answers as the whole does; of which kinds that has been shown stands in `KINDS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PretrainedConfig

# Language models to whose logits no whole adds anything, or leaves something out (Aya Vision does).
_PLAIN = {kind: kind for kind in ("llama", "mistral", "ministral3", "qwen2", "qwen3")}
# By the whole's kind and that of its language model, the kind that the latter is loaded as.
KINDS: dict[str, dict[str, str]] = {
    "gemma3": {"gemma3_text": "gemma3_text"},
    "idefics2": _PLAIN,
    "idefics3": _PLAIN,
    "internvl": _PLAIN,
    "llava": _PLAIN,
    "llava_next": _PLAIN,
    "llava_onevision": _PLAIN,
    "mistral3": _PLAIN,
    "qwen2_5_vl": {"qwen2_5_vl_text": "qwen2"},
    "qwen2_vl": {"qwen2_vl_text": "qwen2"},
    "qwen3_vl": {"qwen3_vl_text": "qwen3"},
    "smolvlm": _PLAIN,
}
PART = re.compile(r"(?:model\.)?(?:language_model|text_model)\.(?:model\.)?")
OTHERS = re.compile(r"(?:model\.)?(?:connector|image|multi_modal|vision|visual)")
OF_IMAGES = ("mrope_section", "mrope_interleaved")  # where in an image: of text they are all one


def language_config(config: PretrainedConfig) -> PretrainedConfig:
    """A model's configuration; of one that also sees, that of its language model."""
    whole: Any = config
    if whole.model_type not in KINDS:
        return config
    part = whole.text_config
    kind = KINDS[whole.model_type].get(part.model_type)
    if kind is None:
        return config  # which names no length of a text, and is refused for that
    if kind != part.model_type:
        from bot.engine.vendors import transformers

        told = {k: v for k, v in part.to_dict().items() if k not in ("model_type", "dtype")}
        rope = {k: v for k, v in (told.get("rope_parameters") or {}).items() if k not in OF_IMAGES}
        told["rope_parameters"] = rope | ({"rope_type": "default"} if _is_plain(rope) else {})
        auto: Any = transformers().models.auto.configuration_auto
        part = auto.AutoConfig.for_model(kind, **told, dtype=part.dtype)
    part.tie_word_embeddings = whole.tie_word_embeddings
    part.dtype = part.dtype or whole.dtype
    quantization = getattr(whole, "quantization_config", None)
    if quantization is not None:
        stored = quantization if isinstance(quantization, dict) else quantization.to_dict()
        left_out = [language_name(f"{n}.") for n in stored.get("llm_int8_skip_modules") or ()]
        names = [name.removesuffix(".") for name in left_out if name]
        part.quantization_config = stored | {"llm_int8_skip_modules": names or None}
    language: PretrainedConfig = part
    return language


def _is_plain(rope: dict[str, Any]) -> bool:
    return rope.get("rope_type", "default") in ("default", "mrope")


def sees(folder: Path) -> bool:
    """Whether a checkpoint's model has more parts than the language model that is loaded of it."""
    try:
        told = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False  # whoever reads the configuration says so
    return isinstance(told, dict) and told.get("model_type") in KINDS


def names_of(folder: Path) -> Callable[[str], str | None]:
    """What a tensor of a checkpoint's files is called in its language model; None: not in it."""
    return language_name if sees(folder) else str


def language_name(name: str) -> str | None:
    """The same of a model that also sees, however its release has called its parts."""
    if OTHERS.match(name):
        return None
    rest = PART.sub("", name, count=1) if PART.match(name) else name.removeprefix("model.")
    return rest if rest.startswith("lm_head.") else f"model.{rest}"
