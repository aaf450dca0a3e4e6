"""Messages, as Discord's API writes them down.

Knows nobody who is to be told of a change: that is World's.
"""

from __future__ import annotations

import mimetypes
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.fakes.discord_api.objects import DM, Json, Role, User

if TYPE_CHECKING:
    from tests.fakes.discord_api.channels import Channel

EPHEMERAL, LOADING, VOICE, FORWARDED = 1 << 6, 1 << 7, 1 << 13, 1 << 14  # message flags
# What only an application that sees the content of a message is told of it.
HIDDEN = ("embeds", "components", "poll", "message_snapshots")
# What a forward has of a message.
SNAPSHOT = (
    *("type", "content", "embeds", "attachments", "timestamp", "edited_timestamp", "flags"),
    *("mentions", "mention_roles", "sticker_items", "components", "poll"),
)


@dataclass(eq=False, slots=True)
class Attachment:
    """A file in a message; `fields` are further parts of Discord's attachment object."""

    id: int
    name: str
    content: bytes
    url: str
    fields: Json = field(default_factory=dict)

    def payload(self) -> Json:
        """An attachment object; its type goes by its name, as Discord's does."""
        kind = mimetypes.guess_type(self.name)[0]
        if kind is not None and kind.startswith("text/"):
            kind += "; charset=utf-8"
        return {
            "id": str(self.id),
            "filename": self.name,
            "size": len(self.content),
            "url": self.url,
            "proxy_url": self.url,
            **({"content_type": kind} if kind is not None else {}),
            **self.fields,
        }


@dataclass(eq=False, slots=True)
class Message:
    """A message, and what became of it.

    `text` is as it stands now; `history` has the texts that edits replaced, oldest first, the
    newest `keep` of them; `edits` counts all. `fields` are further parts of Discord's message
    object that the server itself does not interpret.
    """

    id: int
    channel: Channel
    author: User
    text: str
    sent: float
    type: int = 0
    edited: float | None = None
    mentions: list[User] = field(default_factory=list)
    role_mentions: list[Role] = field(default_factory=list)
    mentions_everyone: bool = False
    attachments: list[Attachment] = field(default_factory=list)
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    reply_to: Message | None = None
    nonce: str | None = None
    flags: int = 0
    webhook_id: int | None = None
    deleted: bool = False
    edits: int = 0
    history: deque[str] = field(default_factory=deque)
    fields: Json = field(default_factory=dict)

    @property
    def ephemeral(self) -> bool:
        """Whether only the user who asked can see it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """Whether it still says that the bot is thinking."""
        return bool(self.flags & LOADING)

    @property
    def custom_ids(self) -> list[str]:
        """The ids of its buttons and menus that can be used."""
        return [part["custom_id"] for part in walk(self.components) if not part.get("disabled")]

    def payload(self, bot: User, *, sees_content: bool, nested: bool = True) -> Json:
        """A message object, as an application with or without the content intent gets it."""
        shown = (
            sees_content or self.channel.type == DM or self.author is bot or bot in self.mentions
        )
        guild = self.channel.guild
        members = guild.members if guild else {}
        mentions = [
            user.payload()
            | ({"member": members[user.id].payload(user=False)} if user.id in members else {})
            for user in self.mentions
        ]
        payload: Json = {
            "id": str(self.id),
            "channel_id": str(self.channel.id),
            "author": self.author.payload(),
            "content": self.text if shown else "",
            "timestamp": iso(self.sent),
            "edited_timestamp": None if self.edited is None else iso(self.edited),
            "type": self.type,
            "tts": False,
            "pinned": False,
            "flags": self.flags,
            "mention_everyone": self.mentions_everyone,
            "mentions": mentions,
            "mention_roles": [str(role.id) for role in self.role_mentions],
            "attachments": [each.payload() for each in self.attachments] if shown else [],
            "embeds": self.embeds if shown else [],
            "components": self.components if shown else [],
            **{name: value for name, value in self.fields.items() if shown or name not in HIDDEN},
        }
        if guild:
            payload["guild_id"] = str(guild.id)
            if self.author.id in members:
                payload["member"] = members[self.author.id].payload(user=False)
        if self.nonce is not None:
            payload["nonce"] = self.nonce
        if self.webhook_id is not None:
            payload["webhook_id"] = str(self.webhook_id)
        if (to := self.reply_to) is not None:
            payload["message_reference"] = {
                "type": 0,
                "message_id": str(to.id),
                "channel_id": str(to.channel.id),
                **({"guild_id": str(guild.id)} if guild else {}),
            }
            if nested:
                inner = to.payload(bot, sees_content=sees_content, nested=False)
                payload["referenced_message"] = None if to.deleted else inner
        return payload

    def snapshot(self, bot: User) -> Json:
        """What a forward of it holds."""
        payload = self.payload(bot, sees_content=True)
        return {"message": {name: payload[name] for name in SNAPSHOT if name in payload}}


def iso(at: float) -> str:
    """A time as Discord writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def walk(components: Iterable[Json]) -> Iterator[Json]:
    """The buttons, menus and inputs among components, however deep they lie."""
    for part in components:
        if "custom_id" in part:
            yield part
        yield from walk(part.get("components", ()))
        if "component" in part:
            yield from walk([part["component"]])


def mentioned(text: str) -> tuple[list[int], list[int], bool]:
    """The ids of users and of roles that a text mentions, and whether it mentions everyone."""
    users = [int(id) for id in re.findall(r"<@!?(\d+)>", text)]
    roles = [int(id) for id in re.findall(r"<@&(\d+)>", text)]
    return users, roles, bool(re.search(r"@(everyone|here)\b", text))
