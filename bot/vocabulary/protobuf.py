"""Protobuf messages, read and written as far as files of vocabularies need it.

Google's library would do it, but two packages that bring the description of a SentencePiece model
cannot be imported into one process.
"""

from __future__ import annotations

from collections.abc import Iterator

Value = int | bytes


def fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """The fields of a message: number and value; a fixed one's is its bytes.

    Raises ValueError where it is none.
    """
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == 2:
            size, at = _varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError("a field is of another form")
        if at + size > len(data):
            raise ValueError("the file is cut")
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A whole number in groups of seven bits, and where it ends."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("a number has no end")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def text_field(number: int, value: bytes) -> bytes:
    """A field of bytes: a text, or a message."""
    return _grouped(number << 3 | 2) + _grouped(len(value)) + value


def number_field(number: int, value: int) -> bytes:
    """A field of a whole number."""
    return _grouped(number << 3) + _grouped(value % 2**64)


def _grouped(value: int) -> bytes:
    """A whole number in groups of seven bits."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
