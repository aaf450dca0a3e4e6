"""Replies held to a level of Japanese, where a channel asks for one.

Of several candidates the one is shown that is the least above the level, with a footnote on what
of it still is. Knows the channel's setting; what is above a level, and what is said of it, is the
`Leveller`'s.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from functools import partial

from bot.candidates import best_of
from bot.errors import BotError
from bot.messages import GenerationEvent, GenerationRequest
from bot.ports import Leveller, TextGenerator

log = logging.getLogger(__name__)

LEVEL = "level"  # the channel's setting
LEVELS = ("n5", "n4", "n3", "n2", "n1")  # from the easiest on


def level_in(settings: Mapping[str, str]) -> str | None:
    """The level of a channel with these settings; None where replies are as they come."""
    level = settings.get(LEVEL)
    return level if level in LEVELS else None


@dataclass(frozen=True, slots=True)
class Held:
    """Holds replies to a level: `candidates` are written of each, at most."""

    leveller: Leveller
    candidates: int = 4

    def stream(
        self, generator: TextGenerator, request: GenerationRequest, level: str
    ) -> AsyncGenerator[GenerationEvent, None]:
        """As `TextGenerator.stream`, of the candidate that is the least above the level."""
        return best_of(generator, request, self.candidates, partial(self.leveller.judge, level))

    async def footnote(self, level: str, text: str) -> str:
        """What is shown below a reply; nothing where that fails, since the reply matters."""
        try:
            return await asyncio.to_thread(self.leveller.footnote, level, text)
        except BotError as error:
            log.warning("a reply has no footnote: %s", error)
            return ""
        except Exception:
            log.exception("a reply has no footnote")
            return ""
