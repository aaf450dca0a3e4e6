"""The rich text that Slack makes of what a person typed, and what it makes of a forward.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block. Bold and the like stay text.
"""

from __future__ import annotations

import re

import emoji

from tests.fakes.slack_api.messages import unescaped
from tests.fakes.slack_api.objects import Json

_CODE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_INLINE = re.compile(
    r"<(?P<kind>[@#!]?)(?P<what>[^<>|\n]+)(?:\|(?P<label>[^<>\n]*))?>"
    r"|:(?P<emoji>[a-z0-9_+-]+)(?:::skin-tone-(?P<tone>[2-6]))?:"
)


def rich_text(text: str) -> list[Json]:
    """The blocks of a message, of its text as events have it."""
    parts: list[Json] = []
    for number, piece in enumerate(_CODE.split(text)):
        if number % 2:
            code = {"type": "text", "text": unescaped(piece)}
            parts.append({"type": "rich_text_preformatted", "elements": [code], "border": 0})
        elif piece:
            parts += _paragraphs(piece)
    return [{"type": "rich_text", "block_id": "typed", "elements": parts}]


def _paragraphs(text: str) -> list[Json]:
    parts: list[Json] = []
    for quote, lines in _runs(text):
        kind = "rich_text_quote" if quote else "rich_text_section"
        parts.append({"type": kind, "elements": _elements("\n".join(lines))})
    return parts


def _runs(text: str) -> list[tuple[bool, list[str]]]:
    runs: list[tuple[bool, list[str]]] = []
    for line in text.split("\n"):
        quote = line.startswith("&gt; ")
        if not runs or runs[-1][0] is not quote:
            runs.append((quote, []))
        runs[-1][1].append(line.removeprefix("&gt; ") if quote else line)
    return runs


def _elements(text: str) -> list[Json]:
    elements, end = [], 0
    for found in _INLINE.finditer(text):
        elements += _text(text[end : found.start()])
        elements.append(_element(found))
        end = found.end()
    return elements + _text(text[end:])


def _text(text: str) -> list[Json]:
    return [{"type": "text", "text": unescaped(text)}] if text else []


def _element(found: re.Match[str]) -> Json:
    kind, what, label = found["kind"], found["what"], found["label"]
    if name := found["emoji"]:
        character = emoji.emojize(f":{name}:", language="alias")
        known = {} if character.startswith(":") else {"unicode": _codes(character)}
        toned = f"{name}::skin-tone-{found['tone']}" if found["tone"] else name
        return {"type": "emoji", "name": toned, **({} if found["tone"] else known)}
    if kind == "@":
        return {"type": "user", "user_id": what}
    if kind == "#":
        return {"type": "channel", "channel_id": what}
    if kind == "!" and what.startswith("subteam^"):
        return {"type": "usergroup", "usergroup_id": what.removeprefix("subteam^")}
    if kind == "!" and what.startswith("date^"):
        return {"type": "date", "timestamp": int(what.split("^")[1]), "fallback": label or ""}
    if kind == "!":
        return {"type": "broadcast", "range": what}
    link: Json = {"type": "link", "url": unescaped(what)}
    return link | ({"text": unescaped(label)} if label else {})


def _codes(character: str) -> str:
    return "-".join(f"{ord(each):04x}" for each in character)


def forwarded(payload: Json, channel: str) -> Json:
    """The attachment by which a message is shared into another; `payload` is the first one."""
    block: Json = {"team": payload["team"], "channel": channel, "ts": payload["ts"]}
    inner = {"blocks": payload.get("blocks", [])}
    share: Json = {
        "id": 1,
        "ts": payload["ts"],
        "is_share": True,
        "is_msg_unfurl": True,
        "channel_id": channel,
        "channel_team": payload["team"],
        "author_id": payload.get("user"),
        "from_url": f"https://team.slack.com/archives/{channel}/p1",
        "text": payload["text"],
        "fallback": f"[date] {payload['text']}",
        "message_blocks": [block | {"message": inner}],
        "mrkdwn_in": ["text"],
    }
    return share | {name: payload[name] for name in ("files",) if name in payload}
