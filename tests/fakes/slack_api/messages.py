"""A message of the fake Slack: what is stored of it, what the API tells, and what people see.

It knows nothing of who may change it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.fakes.slack_api.objects import File, Json, User

_PING = re.compile(r"<(?:![^>]+|@[UW][^>]+)>")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
_ENTITY = re.compile("|".join(_ENTITIES))


# Where Markdown is not decoded again: an address, and a mark of a quotation.
_ADDRESS = r"(?:\]\(|https?://)(?:(?!&[lg]t;)[^\s<>()]|\((?:(?!&[lg]t;)[^\s<>()])*\)?)*"
_UNDECODED = re.compile(rf"{_ADDRESS}|^[ \t]*>[> \t]*", re.MULTILINE)


def unescaped(text: str) -> str:
    """A text with its three entities as the characters that people see."""
    return _ENTITY.sub(lambda found: _ENTITIES[found[0]], text)


def read(markdown: str) -> str:
    """What people see of Markdown, in which links and quotations are left as they are written."""
    pieces, end = [], 0
    for found in _UNDECODED.finditer(markdown):
        pieces += [unescaped(markdown[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*pieces, unescaped(markdown[end:])])


def pings(text: str) -> list[str]:
    """What would notify people: <!channel>, <!here>, a group, a person."""
    return [each for each in _PING.findall(text) if not each.startswith("<!date")]


def block_texts(blocks: list[Json]) -> list[str]:
    """What blocks say, one text a block, without the labels of buttons and menus."""
    return [text for block in blocks if (text := _block_text(block))]


def _block_text(block: Json) -> str:
    if block["type"] == "context":
        return " ".join(each["text"] for each in block["elements"] if "text" in each)
    if block["type"] == "rich_text":
        return "\n".join(_rich_text(each) for each in block["elements"])
    texts = [block.get("text"), block.get("title"), *block.get("fields", ())]
    return "\n".join(
        each["text"] if isinstance(each, dict) else each for each in texts if each is not None
    )


def _rich_text(element: Json) -> str:
    if "elements" in element:
        return "".join(_rich_text(each) for each in element["elements"])
    text = element.get("text") or element.get("url") or element.get("name")
    return str(text or f"<@{element.get('user_id')}>")


@dataclass(eq=False)
class Stream:
    """A message that is being written by chat.appendStream.

    mode: "text" or "chunks", as it was begun; None while nothing was sent
    deadline: when Slack ends it by itself, in seconds of the world's clock
    ended: what ended it: "stop", "user" or "time"
    """

    deadline: float
    recipient: str | None = None
    mode: str | None = None
    text: str = ""
    tasks: dict[str, Json] = field(default_factory=dict)
    plan: str = ""
    appends: int = 0
    ended: str | None = None


@dataclass(eq=False)
class Message:
    """A message, or an ephemeral one, which is in no channel's history.

    earlier: what was shown before each edit, oldest first
    only_for: the one who sees it, if it is ephemeral
    changed_at: when it changed, in seconds of time.monotonic()
    reactions: who reacted, and the name of what with
    """

    ts: str
    channel_id: str
    user: User
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    files: list[File] = field(default_factory=list)
    subtype: str | None = None
    username: str | None = None
    broadcast: bool = False
    client_msg_id: str | None = None
    stream: Stream | None = None
    edited: str | None = None
    deleted: bool = False
    only_for: User | None = None
    earlier: list[str] = field(default_factory=list)
    changed_at: list[float] = field(default_factory=list)
    reactions: list[tuple[str, str]] = field(default_factory=list)

    @property
    def shown(self) -> str:
        """What people read: the blocks, or the text where there are none; a stream's text first."""
        texts = [read(self.stream.text)] if self.stream and self.stream.text else []
        for block in self.blocks:
            decoded = read if block["type"] == "markdown" else unescaped
            texts += map(decoded, block_texts([block]))
        return "\n".join(texts) if texts or self.blocks else unescaped(self.text)

    @property
    def streaming(self) -> bool:
        """Whether more can be appended."""
        return self.stream is not None and self.stream.ended is None

    @property
    def in_thread(self) -> bool:
        """Whether it is a reply, and not a thread's first message."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    def actions(self) -> list[Json]:
        """Its buttons, menus and feedback buttons, each with the `block_id` it is in."""
        found = []
        for block in self.blocks:
            elements = [*block.get("elements", ()), block.get("accessory")]
            found += [
                each | {"block_id": block.get("block_id", "")}
                for each in elements
                if isinstance(each, dict) and "action_id" in each
            ]
        return found

    def payload(self, files_url: str = "") -> Json:
        """A message object, without its channel."""
        payload: Json = {"type": "message", "user": self.user.id, "ts": self.ts}
        payload |= {"text": self.text or (self.stream.text if self.stream else "")}
        payload |= {"team": self.user.team.id}
        blocks = self.blocks
        if self.stream and self.stream.text:
            # Slack itself answers with rich text here; nothing is to depend on its exact form.
            blocks = [{"type": "markdown", "text": self.stream.text}, *blocks]
        optional: Json = {
            "subtype": self.subtype,
            "client_msg_id": self.client_msg_id,
            "thread_ts": self.thread_ts,
            "blocks": blocks,
            "attachments": self.attachments,
            "metadata": self.metadata,
            "username": self.username,
            "files": [file.payload(f"{files_url}{file.id}") for file in self.files],
            "edited": {"user": self.user.id, "ts": self.edited} if self.edited else None,
        }
        payload |= {name: value for name, value in optional.items() if value}
        if self.user.bot_id:
            payload |= {"bot_id": self.user.bot_id, "app_id": self.user.app_id}
            payload |= {"bot_profile": self.user.bot_profile()}
        if self.subtype == "bot_message":
            del payload["user"]
        if self.streaming:
            payload["streaming_state"] = "in_progress"
        return payload
