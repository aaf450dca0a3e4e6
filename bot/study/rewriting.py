"""Asking the model for a rewrite of a learner's sentence, and getting it out of the reply."""

from __future__ import annotations

from enum import StrEnum

from bot.messages import Turn


class Preset(StrEnum):
    """What a rewrite is to be."""

    CORRECT = "correct"
    POLITE = "polite"
    CASUAL = "casual"


def turns(text: str, preset: Preset = Preset.CORRECT) -> tuple[Turn, ...]:
    """The turns of a prompt whose reply is the rewrite. Raises BotError for a text without
    Japanese, or one that is too long."""
    raise NotImplementedError


def cleaned(reply: str, original: str) -> str | None:
    """The rewrite in the model's reply; None where the reply is none."""
    raise NotImplementedError
