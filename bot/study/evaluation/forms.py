"""Forms measured: paradigms that analysers lead back to their word, chains against gold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.study.conjugation import chain

CHAINS = Path(__file__).parents[3] / "tests" / "bot" / "study" / "chains.tsv"


@dataclass(frozen=True, slots=True)
class Gold:
    """A form and what it is, written by hand: see tests/bot/study/chains.tsv."""

    form: str
    plain: str
    word_class: str
    parts: tuple[str, ...]
    names: tuple[str, ...]


def gold() -> tuple[Gold, ...]:
    """The set written by hand; a form of several words counts by its first."""
    lines = CHAINS.read_text("utf-8").splitlines()[1:]
    rows = (line.split("\t") for line in lines if line)
    return tuple(
        Gold(form, plain, kind, tuple(parts.split("・")), tuple(names.split(" + ")))
        for form, plain, kind, parts, names in rows
    )


def wrong(row: Gold) -> str:
    """What the chain of a form says otherwise; empty where it is right."""
    found = chain(row.form)
    if not found:
        return f"{row.form}: nothing"
    first = found[0]
    said = (
        first.plain,
        first.word_class.value,
        tuple(part.text for part in first.parts),
        tuple(part.name_english for part in first.parts),
    )
    if said == (row.plain, row.word_class, row.parts, row.names):
        return ""
    return f"{row.form}: {said[0]} {said[1]} " + " ".join(
        f"{text}={name}" for text, name in zip(said[2], said[3], strict=True)
    )


def report() -> list[str]:
    """The figures, a line each."""
    rows = gold()
    mistakes = [mistake for row in rows if (mistake := wrong(row))]
    return [f"Chains: {len(rows) - len(mistakes)} of {len(rows)} forms right", *mistakes]
