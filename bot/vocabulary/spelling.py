"""How vocabularies spell bytes in their pieces: SentencePiece's way and GPT-2's. Pure functions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

from bot.vocabulary.marks import SPACE_MARK

BYTE_PIECE = re.compile("<0x[0-9A-F]{2}>")
BYTE_PIECE_LENGTH = 6
VOICED = re.compile("[\u304b-\u30fd][\u3099\u309a]")
VOICED_HALF_WIDTH = re.compile("[\uff66-\uff9d][\uff9e\uff9f]")


def text_of(parts: Iterable[bytes]) -> str:
    """The text of some bytes, without those that are no UTF-8."""
    return b"".join(parts).decode("utf-8", "ignore")


def byte_piece(byte: int) -> str:
    """How SentencePiece writes the token of a single byte."""
    return f"<0x{byte:02X}>"


def piece_bytes(piece: str) -> bytes:
    """The bytes of a piece in SentencePiece's spelling."""
    if BYTE_PIECE.fullmatch(piece):
        return bytes([int(piece[3:5], 16)])
    return piece.replace(SPACE_MARK, " ").encode()


def _byte_level_table() -> dict[str, int]:
    """GPT-2's alphabet: printable bytes stand for themselves, the others follow from U+0100."""
    printable = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
    others = (byte for byte in range(256) if byte not in printable)
    table = {chr(byte): byte for byte in printable}
    return table | {chr(0x100 + n): byte for n, byte in enumerate(others)}


BYTE_LEVEL = _byte_level_table()


def byte_level_bytes(piece: str) -> bytes:
    """The bytes of a piece in GPT-2's alphabet."""
    return bytes(BYTE_LEVEL[c] for c in piece) if set(piece) <= BYTE_LEVEL.keys() else b""


def composed(text: str) -> str:
    """`text` with voiced kana that were written in two code points in one: か and U+3099 is が.

    Hardly any vocabulary has the marks by themselves.
    """
    return VOICED.sub(lambda found: unicodedata.normalize("NFC", found[0]), text)


def composed_half_width(text: str) -> str:
    """`text` with voiced half-width kana in full width: what normalisation by NFKC must give."""
    return VOICED_HALF_WIDTH.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)


def encode_around(
    text: str, spelled: Mapping[str, list[int]], encode: Callable[[str], list[int]]
) -> list[int]:
    """`encode(text)`, save for the strings whose ids are given."""
    if not any(string in text for string in spelled):
        return encode(text)
    ids: list[int] = []
    longest_first = sorted(spelled, key=len, reverse=True)
    for part in re.split(f"({'|'.join(map(re.escape, longest_first))})", text):
        if part:
            ids += spelled[part] if part in spelled else encode(part)
    return ids
