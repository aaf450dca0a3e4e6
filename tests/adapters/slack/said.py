"""Messages as Slack's Events API sends them, made of a few words, and what they say."""

from __future__ import annotations

from typing import Any

from adapters.slack.markup import Names
from adapters.slack.reading import read

ME, TS = "UKAIWA", "1767225600.000100"
NAMES = Names({"U1": "tanaka", "U2": "suzuki"}, {"C9": "日本語"})

Json = dict[str, Any]


def event(text: str = "こんにちは", **more: Any) -> Json:
    """A message of tanaka's in a channel."""
    said = {"type": "message", "user": "U1", "text": text, "ts": TS}
    return said | {"channel": "C1", "channel_type": "channel"} | more


def text_of(said: Json) -> str:
    """What it says."""
    return read(said, ME, NAMES).text


def word(text: str, **style: bool) -> Json:
    """A text element of rich text."""
    return {"type": "text", "text": text} | ({"style": style} if style else {})


def section(*elements: Json, kind: str = "section", **more: Any) -> Json:
    """A part of rich text."""
    return {"type": f"rich_text_{kind}", "elements": list(elements), **more}


def rich(*parts: Json) -> list[Json]:
    """A message's blocks, as Slack makes them of what somebody typed."""
    return [{"type": "rich_text", "block_id": "b", "elements": list(parts)}]
