"""What Block Kit refuses although its types are right: lengths, numbers, and doubled ids.

The limits are those of docs.slack.dev/reference/block-kit. Two are not there: a message's blocks
fail together from about 13,200 characters on (slackapi/bolt-js#2509), and what more than 12,000
characters of `markdown` blocks, "cumulative", are answered with; here, as blocks that are too long.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.fakes.slack_api.messages import block_texts
from tests.fakes.slack_api.objects import Json

MOST_IN_MESSAGE, MOST_IN_VIEW = 50, 100
MARKDOWN, SECTION, FIELD, HEADER, TOGETHER = 12_000, 3_000, 2_000, 150, 13_200
COLUMNS = 20  # of a table, which is what a table block takes


def refusal(blocks: list[Json], most: int = MOST_IN_MESSAGE) -> tuple[str, list[str]] | None:
    """Slack's error and what it says of it, or None if the blocks are accepted."""
    complaints = list(_complaints(blocks, most))
    if complaints:
        return "invalid_blocks", complaints
    markdown = sum(len(each["text"]) for each in blocks if each["type"] == "markdown")
    if most == MOST_IN_MESSAGE and (
        markdown > MARKDOWN or sum(map(len, block_texts(blocks))) > TOGETHER
    ):
        return "msg_blocks_too_long", []
    return None


def _complaints(blocks: list[Json], most: int) -> Iterator[str]:
    if len(blocks) > most:
        yield f"no more than {most} items allowed [json-pointer:/blocks]"
    ids = [each["block_id"] for each in blocks if "block_id" in each]
    if len(set(ids)) < len(ids):
        yield "block_id is not unique [json-pointer:/blocks]"
    for index, block in enumerate(blocks):
        for complaint in _block(block):
            yield f"{complaint} [json-pointer:/blocks/{index}]"


def _block(block: Json) -> Iterator[str]:
    kind = block["type"]
    elements = [each for each in block.get("elements", ()) if isinstance(each, dict)]
    if len(block.get("block_id", "")) > 255:
        yield "must be less than 256 characters (block_id)"
    if kind == "markdown" and not block["text"]:
        yield "must be more than 0 characters"
    if kind == "markdown" and any(
        line.startswith("|") and line.count("|") > COLUMNS + 1 for line in block["text"].split("\n")
    ):
        yield f"no more than {COLUMNS} cells in a row (markdown)"
    if kind == "section":
        fields = block.get("fields", [])
        if not block.get("text") and not fields:
            yield "a section needs text or fields"
        yield from _text(block.get("text"), SECTION)
        if len(fields) > 10:
            yield "no more than 10 items allowed (fields)"
        for each in fields:
            yield from _text(each, FIELD)
    if kind == "header":
        yield from _text(block["text"], HEADER)
    if kind in ("actions", "context", "context_actions"):
        most = {"actions": 25, "context": 10, "context_actions": 5}[kind]
        if not 1 <= len(elements) <= most:
            yield f"must have 1 to {most} items (elements)"
    for each in elements:
        if kind == "context" and each["type"] in ("mrkdwn", "plain_text"):
            yield from _text(each, SECTION)
    actions = [each for each in [*elements, block.get("accessory")] if each]
    ids = [each["action_id"] for each in actions if "action_id" in each]
    if len(set(ids)) < len(ids):
        yield "action_id is not unique"
    for each in actions:
        yield from _action(each)


def _action(element: Json) -> Iterator[str]:
    if len(element.get("action_id", "")) > 255:
        yield "must be less than 256 characters (action_id)"
    if element["type"] == "button":
        yield from _text(element["text"], 75)
        if len(element.get("value", "")) > 2000:
            yield "must be less than 2001 characters (value)"
    for option in element.get("options", ()):
        yield from _text(option["text"], 75)
        if len(option.get("value", "")) > 150:
            yield "must be less than 151 characters (value)"
    if len(element.get("options", ())) > 100:
        yield "no more than 100 items allowed (options)"
    if element["type"] == "overflow" and len(element["options"]) > 5:
        yield "no more than 5 items allowed (options)"


def _text(text: Any, most: int) -> Iterator[str]:
    if text is None:
        return
    if not text["text"]:
        yield "must be more than 0 characters"
    if len(text["text"]) > most:
        yield f"must be less than {most + 1} characters"


def view_complaints(view: Json) -> list[str]:
    """What is wrong with a modal or a home view."""
    found = list(_complaints(view["blocks"], MOST_IN_VIEW))
    for name in ("title", "submit", "close"):
        if name in view:
            found += [f"{each} (view/{name})" for each in _text(view[name], 24)]
    if len(view.get("private_metadata", "")) > 3000:
        found.append("must be less than 3001 characters (private_metadata)")
    if len(view.get("callback_id", "")) > 255:
        found.append("must be less than 256 characters (callback_id)")
    inputs = any(block["type"] == "input" for block in view["blocks"])
    if view["type"] == "modal" and inputs and "submit" not in view:
        found.append("a view with an input block needs submit")
    return found
