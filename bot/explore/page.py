"""Results as one HTML page that asks for nothing else: no script, no font, no picture.

What the replies say is text, whatever it looks like.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.explore import table
from bot.explore.choice import lines
from bot.explore.grid import NAMES
from bot.explore.measures import is_japanese
from bot.explore.running import Asked, Ran
from bot.explore.summary import HOLDS, LOOPS, Summary


def page(
    ran: Ran, asked: Sequence[Asked], ranking: Sequence[Summary], *, model: str, level: str | None
) -> str:
    """The page, the best cell first."""
    environment = Environment(
        loader=PackageLoader("bot.explore", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        ran=ran,
        asked=asked,
        ranking=ranking,
        model=model,
        level=level,
        names=NAMES,
        at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        loops=f"{LOOPS:.0%}",
        holds=f"{HOLDS:.0%}",
        share=ran.cached_tokens / ran.prompt_tokens if ran.prompt_tokens else 0.0,
        language=lambda text: "ja" if is_japanese(text) else "en",
        most=max(reply.number for reply in ran.replies),
        table=table,
        lines=lines,
    )
