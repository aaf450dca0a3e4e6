"""What Slack's blocks say, in the markup of its texts, so that both are read alike.

https://docs.slack.dev/reference/block-kit/blocks. Of blocks that are not known here, what they
hold in the usual fields is taken. Buttons, menus and pictures say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from adapters.slack.blocks import escape
from adapters.slack.emoji import emoji, with_emoji

Json = Mapping[str, Any]

CELLS = " | "  # between the cells of a table's row
DEEPEST = 8  # blocks within blocks
_SILENT = {"actions", "context_actions", "image", "input", "divider", "file", "call"}
_TEXTS = ("title", "text", "subtitle", "body", "description")


def dicts(value: object) -> Iterator[Json]:
    """The objects of a list, whatever else Slack may send in its place."""
    return (each for each in _list_of(value) if isinstance(each, Mapping))


def blocks_text(blocks: object, depth: int = 0) -> str:
    """All that blocks say, one below the other."""
    if depth > DEEPEST:
        return ""
    return _lines(_block(block, depth) for block in dicts(blocks))


def marked(text: object) -> str:
    """A text in Slack's own markup, with its emoji."""
    return with_emoji(text) if isinstance(text, str) else ""


def plain(text: object) -> str:
    """A text without markup, but with Slack's entities."""
    bare = text.replace("<", "&lt;").replace(">", "&gt;") if isinstance(text, str) else ""
    return with_emoji(bare)


def quoted(text: str) -> str:
    """Each line as a quotation."""
    return "\n".join(f"&gt; {line}" for line in text.split("\n"))


def _block(block: Json, depth: int) -> str:
    kind = str(block.get("type"))
    if kind in _SILENT:
        return ""
    if kind == "rich_text":
        return _lines(_part(part, depth + 1) for part in dicts(block.get("elements")))
    if kind == "table":
        return _lines(_row(row, depth) for row in _list_of(block.get("rows")))
    if kind == "context":
        return " ".join(filter(None, map(_object, dicts(block.get("elements")))))
    if kind == "markdown":
        return marked(block.get("text"))
    texts = [_object(block.get(name)) for name in _TEXTS]
    fields = [_object(each) for each in dicts(block.get("fields"))]
    inner = [blocks_text(block.get(name), depth + 1) for name in ("elements", "blocks", "rows")]
    return _lines([*texts, *fields, *inner])


def _object(text: object) -> str:
    """A text object of Block Kit, or what stands for one."""
    if isinstance(text, Mapping):
        if text.get("type") == "rich_text":
            return blocks_text([text])
        return (plain if text.get("type") == "plain_text" else marked)(text.get("text"))
    return plain(text)


def _row(row: object, depth: int) -> str:
    """A table's row; each cell is text, a number, or rich text."""
    cells = []
    for cell in dicts(row):
        if cell.get("type") == "rich_text":
            text = blocks_text([cell], depth + 1)
        else:
            raw = cell.get("text", cell.get("value", ""))
            text = escape(str(raw if raw is not None else ""))
        cells.append(" ".join(text.split()))
    return CELLS.join(cells)


def _part(part: Json, depth: int) -> str:
    """What stands on lines of its own in rich text: a paragraph, a list, a quotation, code."""
    kind, elements = part.get("type"), part.get("elements")
    if kind == "rich_text_list":
        return _list(part, depth)
    inline = "".join(_inline(each, depth) for each in dicts(elements))
    if kind == "rich_text_quote":
        return quoted(inline.strip("\n"))
    if kind == "rich_text_preformatted":
        return f"```\n{inline.strip(chr(10))}\n```"
    return inline.removesuffix("\n")  # which leads over to the next part


def _list(part: Json, depth: int) -> str:
    indent, offset = _number(part.get("indent")), _number(part.get("offset"))
    lines = []
    for number, item in enumerate(dicts(part.get("elements")), 1 + offset):
        mark = f"{number}." if part.get("style") == "ordered" else "•"
        lines.append(f"{'    ' * min(indent, DEEPEST)}{mark} {_part(item, depth)}")
    return "\n".join(lines)


def _inline(element: Json, depth: int) -> str:
    kind, text = element.get("type"), element.get("text")
    said = escape(text) if isinstance(text, str) else ""
    match kind:
        case "user":
            return _reference("@", element.get("user_id"))
        case "channel":
            return _reference("#", element.get("channel_id"))
        case "usergroup":
            return _reference("!subteam^", element.get("usergroup_id"))
        case "broadcast":
            return _reference("!", element.get("range"))
        case "link":
            return _link(str(element.get("url") or ""), said)
        case "emoji":
            return _emoji(element)
        case "date":
            return escape(str(element.get("fallback") or element.get("timestamp") or ""))
        case "color":
            return escape(str(element.get("value") or ""))
    if not said and depth < DEEPEST:
        return "".join(_inline(each, depth + 1) for each in dicts(element.get("elements")))
    style = element.get("style")
    code = isinstance(style, Mapping) and style.get("code") and "`" not in said and said.strip()
    return f"`{said}`" if code else said


def _reference(kind: str, what: object) -> str:
    return f"<{kind}{escape(str(what)).replace('|', '')}>" if what else ""


def _link(url: str, label: str) -> str:
    """In angle brackets where a reader of markup sees where it ends."""
    url = escape(url)
    if not url or "|" in url or "\n" in url or "\n" in label:
        return f"{label} {url}".strip()
    return f"<{url}|{label}>" if label else f"<{url}>"


def _emoji(element: Json) -> str:
    """By its own characters, by its name, or by the name of one that a workspace has made."""
    try:
        codes = [int(code, 16) for code in str(element.get("unicode") or "").split("-") if code]
        if codes:
            return "".join(map(chr, codes))
    except (ValueError, OverflowError):
        pass
    name, _, tone = str(element.get("name") or "").partition("::skin-tone-")
    skin = _number(element.get("skin_tone") or tone)
    return emoji(name, skin if 2 <= skin <= 6 else 0) or (f":{escape(name)}:" if name else "")


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(text for text in texts if text.strip())


def _number(value: object) -> int:
    if isinstance(value, str) and value.isdecimal():
        return int(value[:4])
    return value if isinstance(value, int) else 0


def _list_of(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()
