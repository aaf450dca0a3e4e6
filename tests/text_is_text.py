"""Random texts through four kinds of vocabularies: no special or added token may come out.

    python -m tests.text_is_text --count 100000

The texts are made of whatever might become such a token: every token's spelling, whole, cut, in
full width or put together with others, among kana, emoji, white space and any characters at all.
White space and single characters that were added as tokens are text (`bot/vocabulary/marks.py`).
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.tokenizer import HuggingFaceTokenizer, SentencePieceTokenizer, load_tokenizer
from bot.vocabulary.spelling import byte_piece, composed
from tests.fakes.vocabularies import (
    write_added,
    write_byte_level,
    write_pieces,
    write_unigram,
)

KINDS = {
    "BPE of bytes": write_byte_level,
    "Unigram with byte fallback": write_unigram,
    "BPE with added tokens": write_added,
    "SentencePiece": write_pieces,
}
ORDINARY = ("猫", "か\u3099", "ｶﾞ", "ー", "😀", "𠮷", "a", "Hello", "<", ">", "|", "/", "0x", "▁")
SPACES = (" ", "  ", "\n", "\n\n", "\t", "\u3000", "\r\n")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the texts in one vocabulary. `lost`: texts that do not come back."""

    texts: int
    ids: int
    marks: int  # that the vocabulary has
    came_out: int
    lost: int


def texts(spellings: Sequence[str], count: int, seed: int) -> Iterator[str]:
    """Every spelling, then texts of several parts, `count` in all at least."""
    yield from spellings
    draw = random.Random(seed)
    for _ in range(count - len(spellings)):
        yield "".join(_part(draw, spellings) for _ in range(draw.randint(1, 6)))


def _part(draw: random.Random, spellings: Sequence[str]) -> str:
    kind = draw.random()
    if kind < 0.4:
        spelling = draw.choice(spellings)
        if kind < 0.1:
            spelling = spelling[draw.randint(0, 2) : len(spelling) - draw.randint(0, 2)]
        elif kind < 0.15:
            wide = {c: chr(ord(c) + 0xFEE0) for c in spelling if "!" <= c <= "~"}
            spelling = "".join(wide.get(c, c) for c in spelling)
        return spelling
    if kind < 0.6:
        return draw.choice(SPACES)
    if kind < 0.9:
        return draw.choice(ORDINARY)
    character = draw.choice((draw.randrange(0x250), draw.randrange(0x110000)))
    return "" if 0xD800 <= character < 0xE000 else chr(character)


def try_out(folder: Path, count: int, seed: int = 1) -> Outcome:
    """The outcome for the vocabulary in `folder`."""
    tokenizer = load_tokenizer(folder)
    assert isinstance(tokenizer, HuggingFaceTokenizer | SentencePieceTokenizer)
    marks = tokenizer.marks
    written = [
        tokenizer.token_bytes(token_id).decode("utf-8", "ignore")
        for token_id in range(tokenizer.vocab_size)
    ]
    pieces = [byte_piece(byte) for byte in range(256)]
    spellings = [spelling for spelling in (*marks.values(), *pieces, *written) if spelling]
    tried = ids = came_out = lost = 0
    for text in texts(spellings, count, seed):
        encoded = tokenizer.encode(text)
        tried += 1
        ids += len(encoded)
        came_out += sum(token_id in marks for token_id in encoded)
        kept = composed(text)
        lost += tokenizer.decode(encoded) not in (kept, unicodedata.normalize("NFKC", kept))
    return Outcome(tried, ids, len(marks), came_out, lost)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each kind of vocabulary; 1 where a token came out or a text was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000, help="texts for each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("folders", nargs="*", type=Path, help="checkpoints to try besides")
    given = parser.parse_args(arguments)
    failed = False
    with tempfile.TemporaryDirectory() as made:
        folders = {}
        for kind, write in KINDS.items():
            folders[kind] = Path(made, kind)
            write(folders[kind])
        for name, folder in (folders | {str(f): f for f in given.folders}).items():
            outcome = try_out(folder, given.count, given.seed)
            failed |= bool(outcome.came_out or outcome.lost)
            print(
                f"{name:28} {outcome.texts:8,} texts, {outcome.ids:10,} ids: "
                f"{outcome.came_out} of {outcome.marks} special or added tokens came out, "
                f"{outcome.lost} texts were lost",
                flush=True,
            )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
