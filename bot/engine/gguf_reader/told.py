"""What a GGUF file says of its model's shape, each thing taken once; the rest is refused."""

from __future__ import annotations

import struct
from typing import Any

from bot.engine.gguf_reader.header import Header, Stored
from bot.engine.gguf_reader.kinds import F32
from bot.engine.gguf_reader.refused import cut_off, not_understood

MUST = object()
SAYS_NOTHING = ("vocab_size", "rope.scaling.finetuned")  # that is not known otherwise


class Told:
    """What a file says under the name of its architecture."""

    def __init__(self, header: Header) -> None:
        self._file = header.file
        prefix = f"{header.architecture}."
        self._told = {
            name.removeprefix(prefix): value
            for name, value in header.told.items()
            if name.startswith(prefix)
        }
        for name in SAYS_NOTHING:
            self._told.pop(name, None)

    def take(self, name: str, default: Any = MUST) -> Any:
        """A number or text; of a list that has it for each layer, if it is the same for all.

        Raises LoadError where it is missing and has no default, or is a size that cannot be.
        """
        value = self._told.pop(name, default)
        if value is MUST:
            raise not_understood(self._file, f"it does not tell {name}")
        if isinstance(value, list):
            if not value or any(each != value[0] for each in value):
                raise not_understood(self._file, f"its layers differ in {name}")
            value = value[0]
        if type(value) is int and value < 1:  # not a truth
            raise not_understood(self._file, f"{name} is {value}")
        return value

    def must_be(self, name: str, value: Any) -> None:
        """Raises LoadError where something is told that is other than `value`."""
        if self.take(name, value) != value:
            raise not_understood(self._file, f"{name} is not {value}")

    def refuse_rest(self) -> None:
        """Raises LoadError where something has not been taken."""
        if self._told:
            raise not_understood(self._file, f"it tells {min(self._told)}, which is not known")


def rotary(header: Header, told: Told, frequencies: str, context: int) -> dict[str, Any]:
    """How positions are rotated, in transformers' words.

    Llama 3 divides each frequency by a number of its own; the file has these numbers as a tensor
    and not what they were made from. transformers has that as well, under another name: for long
    texts and for short ones, here the same.
    """
    theta = told.take("rope.freq_base", 10_000.0)
    kind = told.take("rope.scaling.type", "none")
    factor = told.take("rope.scaling.factor", None)
    original = told.take("rope.scaling.original_context_length", None)
    divisors = header.tensors.get(frequencies)
    if divisors is not None and kind == "none":
        numbers = _numbers(header, divisors)
        return {
            "rope_type": "longrope",
            "rope_theta": theta,
            "short_factor": numbers,
            "long_factor": numbers,
            "attention_factor": 1.0,
            "original_max_position_embeddings": context,
        }
    if divisors is None and kind == "none":
        return {"rope_type": "default", "rope_theta": theta}
    if divisors is None and kind == "linear" and factor:
        return {"rope_type": "linear", "rope_theta": theta, "factor": factor}
    if divisors is None and kind == "yarn" and factor and original:
        scaled = {"factor": factor, "original_max_position_embeddings": original}
        return {"rope_type": "yarn", "rope_theta": theta} | scaled
    raise not_understood(header.file, f"its positions are scaled in a way of its own ({kind})")


def _numbers(header: Header, stored: Stored) -> list[float]:
    """A vector of the file."""
    if stored.kind != F32 or len(stored.shape) != 1:
        raise cut_off(header.file)
    with header.file.open("rb") as opened:
        opened.seek(stored.begins)
        return list(struct.unpack(f"<{stored.shape[0]}f", opened.read(stored.size)))
