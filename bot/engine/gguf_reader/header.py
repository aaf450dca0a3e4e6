"""A GGUF file's header: what it says of its model, and where its tensors lie.

Knows the form of the file, and no model; reads no weights and loads no torch. gguf-py's reader
takes 4 seconds for the header of a vocabulary of 49,152 tokens, and makes an object of each; this
takes 0.2. Version 2 and 3, little-endian: what all files of the last years are.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from bot.engine.gguf_reader.kinds import BLOCKS, unknown_kind
from bot.engine.gguf_reader.refused import cut_off, not_gguf, not_understood, split_up

MAGIC, VERSIONS = b"GGUF", (2, 3)
ALIGNMENT = 32  # of the tensors, where the file says nothing else
TEXT, LIST = 8, 9
NUMBERS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
MOST_DIMENSIONS = 4


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor: its shape as torch has it, its kind (see kinds.py), and where in the file."""

    shape: tuple[int, ...]
    kind: int
    begins: int
    size: int


@dataclass(frozen=True, slots=True)
class Header:
    """`told` is what the file says, by llama.cpp's names; `tensors` what it holds, by its names."""

    file: Path
    told: Mapping[str, Any]
    tensors: Mapping[str, Stored]

    @property
    def architecture(self) -> str:
        """What kind of model it is, as llama.cpp calls it."""
        named = self.told.get("general.architecture")
        return named if isinstance(named, str) else ""


def read_header(file: Path) -> Header:
    """Read the header. Raises LoadError where the file cannot be what it should be."""
    try:
        with file.open("rb") as opened:
            size = file.stat().st_size
            if opened.read(4) != MAGIC:
                raise not_gguf(file)
            return _read(_Reader(file, opened, size))
    except OSError as error:
        raise cut_off(file) from error


class _Reader:
    """Values one after the other. Raises LoadError at the end of the file."""

    def __init__(self, file: Path, opened: BinaryIO, size: int) -> None:
        self.file, self.size = file, size
        self._opened = opened

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count > self.size:
            raise cut_off(self.file)
        read = self._opened.read(count)
        if len(read) < count:
            raise cut_off(self.file)
        return read

    def numbers(self, form: str, count: int = 1) -> tuple[Any, ...]:
        """The next numbers of one type."""
        return struct.unpack(f"<{count}{form}", self.take(count * struct.calcsize(f"<{form}")))

    def text(self) -> str:
        """A length and a text; some vocabularies have pieces that are no UTF-8."""
        return self.take(*self.numbers("Q")).decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        """A value of a kind: a number, a text, or a list of them."""
        if kind in NUMBERS:
            return self.numbers(NUMBERS[kind])[0]
        if kind == TEXT:
            return self.text()
        if kind != LIST:
            raise cut_off(self.file)
        of, count = *self.numbers("I"), *self.numbers("Q")
        if of in NUMBERS:
            return list(self.numbers(NUMBERS[of], count))
        if of == LIST or count > self.size:  # llama.cpp has no lists of lists either
            raise cut_off(self.file)
        return [self.value(of) for _ in range(count)]

    def at(self) -> int:
        """How far it has been read."""
        return self._opened.tell()


def _read(reader: _Reader) -> Header:
    version, tensors, values = *reader.numbers("I"), *reader.numbers("Q", 2)
    if version not in VERSIONS:
        raise not_gguf(reader.file)
    told: dict[str, Any] = {}
    for _ in range(min(values, reader.size)):
        name = reader.text()
        told[name] = reader.value(*reader.numbers("I"))
    _refuse_parts(reader.file, told)
    listed = [_tensor(reader) for _ in range(min(tensors, reader.size))]
    alignment = told.get("general.alignment", ALIGNMENT)
    if not isinstance(alignment, int) or alignment < 1:
        raise cut_off(reader.file)
    data = -(-reader.at() // alignment) * alignment
    held = {}
    for name, shape, kind, offset in listed:
        if kind not in BLOCKS:
            raise not_understood(reader.file, unknown_kind(kind))
        values_of_block, bytes_of_block = BLOCKS[kind]
        if shape[-1] % values_of_block:
            raise cut_off(reader.file)
        size = prod(shape) // values_of_block * bytes_of_block
        if data + offset + size > reader.size:
            raise cut_off(reader.file)
        held[name] = Stored(shape, kind, data + offset, size)
    return Header(reader.file, told, held)


def _tensor(reader: _Reader) -> tuple[str, tuple[int, ...], int, int]:
    name, (dimensions,) = reader.text(), reader.numbers("I")
    if not 1 <= dimensions <= MOST_DIMENSIONS:
        raise cut_off(reader.file)
    shape = tuple(reversed(reader.numbers("Q", dimensions)))  # the fastest comes first there
    kind, offset = *reader.numbers("I"), *reader.numbers("Q")
    return name, shape, kind, offset


def _refuse_parts(file: Path, told: Mapping[str, Any]) -> None:
    named = re.search(r"-\d{5}-of-(\d{5})\.gguf$", file.name)
    if told.get("split.count", 1) not in (0, 1) or (named and int(named[1]) > 1):
        raise split_up(file)
