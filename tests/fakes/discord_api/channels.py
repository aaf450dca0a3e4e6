"""The channels that messages lie in, and how the API pages through them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from tests.fakes.discord_api.messages import Message
from tests.fakes.discord_api.objects import GROUP_DM, PERMISSIONS, USUAL, Guild, Json, User


@dataclass(eq=False, slots=True)
class Channel:
    """A text channel, a thread with its parent, or a direct-message channel.

    `denied` are the permissions that the bot lacks here; a thread lacks its parent's too. A
    thread may be `archived`, until somebody writes in it, and `locked`, where only moderators
    write.
    """

    id: int
    type: int
    name: str
    guild: Guild | None = None
    parent: Channel | None = None
    recipients: list[User] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    archived: bool = False
    locked: bool = False
    typing: int = 0
    _messages: dict[int, Message] = field(default_factory=dict)
    _ids: list[int] = field(default_factory=list)

    @property
    def context(self) -> int:
        """Where interactions here happen: 0 a guild, 1 with the bot alone, 2 among users."""
        return 0 if self.guild else 2 if self.type == GROUP_DM else 1

    @property
    def user_installed(self) -> bool:
        """Whether the bot is not here, but only its application, installed by a user."""
        return not self.guild.has_bot if self.guild else self.type == GROUP_DM

    def lacks(self, permission: str) -> bool:
        """Whether the bot may not do this here."""
        return permission in self.denied or (
            self.parent is not None and self.parent.lacks(permission)
        )

    def permissions(self) -> int:
        """The bot's permissions here, as bits."""
        return USUAL & ~sum(bit for name, bit in PERMISSIONS.items() if self.lacks(name))

    def add(self, message: Message, limit: int | None) -> None:
        """Keep a new message; beyond `limit` the oldest are forgotten."""
        self._messages[message.id] = message
        self._ids.append(message.id)
        if limit is not None and len(self._ids) > limit:
            del self._messages[self._ids.pop(0)]

    def remove(self, message: Message) -> None:
        """Drop a message for good."""
        message.deleted = True
        if self._messages.pop(message.id, None):
            del self._ids[bisect_left(self._ids, message.id)]

    def get(self, message_id: int) -> Message | None:
        """The message with this id."""
        return self._messages.get(message_id)

    def messages(self) -> list[Message]:
        """All its messages, oldest first."""
        return [self._messages[id] for id in self._ids]

    def page(self, query: dict[str, str], limit: int) -> list[Message]:
        """The messages before, after or around an id, newest first, as the API pages them."""
        ids = self._ids
        if "around" in query:
            middle = bisect_left(ids, int(query["around"]))
            start = max(0, middle - limit // 2)
        elif "after" in query:
            start = bisect_right(ids, int(query["after"]))
        else:
            end = bisect_left(ids, int(query["before"])) if "before" in query else len(ids)
            start, limit = max(0, end - limit), min(limit, end)
        return [self._messages[id] for id in reversed(ids[start : start + limit])]

    def payload(self) -> Json:
        """A channel object."""
        payload: Json = {
            "id": str(self.id),
            "type": self.type,
            "name": self.name,
            "flags": 0,
            "last_message_id": str(self._ids[-1]) if self._ids else None,
            "permissions": str(self.permissions()),
        }
        if self.guild is None:
            recipients = [user.payload() for user in self.recipients]
            return payload | {"recipients": recipients, "owner_id": str(self.recipients[0].id)}
        payload |= {
            "guild_id": str(self.guild.id),
            "parent_id": str(self.parent.id) if self.parent else None,
            "rate_limit_per_user": 0,
        }
        if self.parent is not None:
            return payload | {
                "owner_id": str(self.guild.owner_id),
                "message_count": len(self._ids),
                "member_count": 1,
                "total_message_sent": len(self._ids),
                "thread_metadata": {
                    "archived": self.archived,
                    "auto_archive_duration": 1440,
                    "archive_timestamp": "2021-05-04T00:00:00+00:00",
                    "locked": self.locked,
                },
            }
        denied = sum(PERMISSIONS[name] for name in self.denied)
        everyone = {"id": str(self.guild.id), "type": 0, "allow": "0", "deny": str(denied)}
        return payload | {
            "position": 0,
            "nsfw": False,
            "topic": None,
            "permission_overwrites": [everyone] if denied else [],
        }
