"""From Slack's events to what the core speaks in. Pure: it asks nobody and sends nothing.

An event is a dict as Slack's Events API delivers it. Names of people and channels are the
caller's to find out: `references` says of whom.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.messages import ConversationKey, IncomingMessage

Event = Mapping[str, Any]

PLATFORM = "slack"
LONGEST_QUOTE = 600  # characters
# What people say comes as a message without a subtype, or with one of these.
SAID = {None, "file_share", "thread_broadcast", "me_message"}

# https://docs.slack.dev/messaging/formatting-message-text#advanced
_MARKUP = re.compile(r"<(?P<kind>[@#!]?)(?P<what>[^<>|\n]+)(?:\|(?P<label>[^<>\n]*))?>")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
_ENTITY = re.compile("|".join(_ENTITIES))


@dataclass(frozen=True, slots=True)
class Names:
    """Readable names by id: of people, and of channels."""

    people: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)


def is_said(event: Event) -> bool:
    """Whether a message event is somebody's own message: no bot's, and no notice of Slack's."""
    if event.get("subtype") not in SAID or event.get("hidden"):
        return False
    by_app = event.get("bot_id") or event.get("app_id") or event.get("user") == "USLACKBOT"
    return bool(event.get("user") and event.get("ts") and not by_app)


def is_direct(event: Event) -> bool:
    """Whether it happened in direct messages with the bot; app_mention names no channel_type."""
    channel = str(event.get("channel", ""))
    return event.get("channel_type") == "im" or channel.startswith("D")


def place(team: str, channel: str, event: Event, *, threads: bool) -> tuple[ConversationKey, bool]:
    """Where a message's conversation is kept, and whether it opens a thread.

    `threads`: a message that stands in the channel is answered in a thread of its own.
    """
    ts, thread = str(event["ts"]), str(event.get("thread_ts") or "")
    if thread and thread != ts:
        return ConversationKey(PLATFORM, team, channel, thread), False
    if threads:
        return ConversationKey(PLATFORM, team, channel, ts), True
    return ConversationKey(PLATFORM, team, channel), False


def references(event: Event) -> tuple[set[str], set[str]]:
    """The ids of the people and of the channels that an event's text names."""
    people = {str(event["user"])} if event.get("user") else set()
    channels = set()
    for found in _MARKUP.finditer(_all_text(event)):
        if found["kind"] == "@":
            people.add(found["what"])
        elif found["kind"] == "#" and not found["label"]:
            channels.add(found["what"])
    return people, channels


def to_incoming(
    event: Event, team: str, me: str, names: Names, *, threads: bool = True
) -> IncomingMessage | None:
    """A user's message as the core takes it; None where it is nobody's to answer.

    `me` is the bot's user id; `threads` as in `place`.
    """
    if not is_said(event) or not event.get("channel"):
        return None
    key, opens = place(team, str(event["channel"]), event, threads=threads)
    # Whom a message mentions that is shared into this one, this one does not speak to.
    said = _MARKUP.finditer(str(event.get("text") or ""))
    mentioned = {found["what"] for found in said if _is_mention(found)}
    direct = is_direct(event)
    to_me = direct or me in mentioned
    text = text_of(event, me, names)
    if not text and not to_me:
        return None
    user = str(event["user"])
    return IncomingMessage(
        conversation=key,
        id=str(event["ts"]),
        author_id=user,
        author_name=names.people.get(user, user),
        text=text,
        sent_at=moment(str(event["ts"])),
        addressed=to_me,
        thread_root=None if opens else key.thread or None,
        to_others=bool(mentioned - {me}) and not to_me,
        private=direct,
        opens_thread=opens,
    )


def _is_mention(found: re.Match[str]) -> bool:
    """Whether markup speaks to somebody: a person, a group, or everybody who is there."""
    return found["kind"] == "@" or (found["kind"] == "!" and "date^" not in found["what"])


def moment(ts: str) -> datetime:
    """When a message with this ts was sent; the epoch for what is none."""
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def text_of(event: Event, me: str, names: Names) -> str:
    """What a message says, with names in place of Slack's ids, and its files named.

    The bot's own mention is left out.
    """
    own = re.compile(rf"[ \t]*<@{re.escape(me)}(?:\|[^<>]*)?>[ \t]*")
    lines = [readable(own.sub(" ", str(event.get("text") or "")), names).strip()]
    for part in shared(event):
        text = readable(own.sub(" ", str(part["text"])), names).strip()
        lines += [f"> {line}" for line in text.split("\n")]
    for file in _parts(event, "files"):
        lines.append(f"（添付ファイル：{file.get('name') or file.get('title') or 'file'}）")
    return "\n".join(filter(None, lines))


def readable(text: str, names: Names) -> str:
    """Slack's markup as people read it; entities decoded last, so that nothing is read twice."""

    def spoken(found: re.Match[str]) -> str:
        kind, what, label = found["kind"], found["what"], found["label"]
        if kind == "@":
            return f"@{names.people.get(what) or label or 'unknown'}"
        if kind == "#":
            return f"#{label or names.channels.get(what) or 'unknown'}"
        if kind == "!":
            if what in ("here", "channel", "everyone"):
                return f"@{what}"
            if what.startswith("subteam^"):
                return f"@{(label or 'group').removeprefix('@')}"
            return label or what  # a date comes with its text
        address = what.removeprefix("mailto:").removeprefix("tel:")
        if not label or label in (what, address) or what.endswith(f"//{label}"):
            return address
        return f"{label} ({address})"

    return unescaped(_MARKUP.sub(spoken, text))


def unescaped(text: str) -> str:
    """A text with Slack's three entities as the characters that people typed."""
    return _ENTITY.sub(lambda found: _ENTITIES[found[0]], text)


def quoted(event: Event, me: str, names: Names) -> str:
    """A message as a quotation, with its author's name."""
    text = text_of(event, me, names)
    if len(text) > LONGEST_QUOTE:
        text = text[:LONGEST_QUOTE] + "…"
    profile = event.get("bot_profile") or {}
    author = names.people.get(str(event.get("user"))) or event.get("username")
    author = author or profile.get("name") or "app"
    return "\n".join(f"> {line}" for line in f"{author}: {text}".split("\n"))


def shared(event: Event) -> list[Mapping[str, Any]]:
    """The messages that were shared into this one, as attachments."""
    parts = _parts(event, "attachments")
    return [
        part
        for part in parts
        if part.get("text") and (part.get("is_share") or part.get("is_msg_unfurl"))
    ]


def _parts(event: Event, name: str) -> Iterator[Mapping[str, Any]]:
    return (part for part in event.get(name) or () if isinstance(part, Mapping))


def _all_text(event: Event) -> str:
    return "\n".join([str(event.get("text") or ""), *(str(part["text"]) for part in shared(event))])
