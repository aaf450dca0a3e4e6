"""Messages that people shared into others, which Slack has among their attachments.

https://docs.slack.dev/messaging/formatting-message-text#linking: so is a message that is linked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from adapters.slack.rich_text import dicts

Event = Mapping[str, Any]

DEEPEST = 3  # messages within messages that are looked at


def is_share(part: Event) -> bool:
    """Whether an attachment is a message of somebody's."""
    return bool(part.get("is_share") or part.get("is_msg_unfurl"))


def shares(event: Event) -> list[Event]:
    """The messages that were shared into this one, themselves as events."""
    return [_as_event(part) for part in dicts(event.get("attachments")) if is_share(part)]


def share_authors(event: Event, depth: int = 0) -> set[str]:
    """Whose messages are shared into this one, however deep."""
    found = set[str]()
    for share in shares(event) if depth < DEEPEST else ():
        found |= {str(share["user"])} if share["user"] else set()
        found |= share_authors(share, depth + 1)
    return found


def without_shares_of(event: Event, authors: Collection[str], depth: int = 0) -> Event:
    """A message without what it shares of some people, however deep."""
    if not authors or depth > DEEPEST:
        return event

    def kept(said: Event) -> Event:
        parts = dicts(said.get("attachments"))
        left = [part for part in parts if not _is_by(part, authors)]
        return {**said, "attachments": [without_shares_of(p, authors, depth + 1) for p in left]}

    found = kept(event)
    if "message_blocks" not in event:
        return found
    # What stands in these is shared by the same message: see _as_event.
    blocks = dicts(event["message_blocks"])
    inner = [{**b, "message": kept(b["message"])} if _has_message(b) else b for b in blocks]
    return {**found, "message_blocks": inner}


def _is_by(part: Event, authors: Collection[str]) -> bool:
    return is_share(part) and str(part.get("author_id")) in authors


def _as_event(part: Event) -> Event:
    """A share's text stands in it, or in blocks of messages within it."""
    inner = [each["message"] for each in dicts(part.get("message_blocks")) if _has_message(each)]
    blocks, attachments, files = ([*dicts(part.get(name))] for name in _PARTS)
    for message in inner:
        blocks += dicts(message.get("blocks"))
        attachments += dicts(message.get("attachments"))
        files += dicts(message.get("files"))
    user, username = part.get("author_id"), part.get("author_name")
    return {
        **{"user": user, "username": username, "text": part.get("text")},
        **{"blocks": blocks, "attachments": attachments, "files": files},
    }


_PARTS = ("blocks", "attachments", "files")


def _has_message(part: Event) -> bool:
    return isinstance(part.get("message"), Mapping)
