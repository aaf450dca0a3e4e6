"""The channels that messages lie in, and how the API pages through them."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.objects import Json, Team, User

CHANNEL, GROUP, IM, MPIM = "channel", "group", "im", "mpim"


@dataclass(eq=False)
class Channel:
    """A public or private channel, or a direct message between two or several people.

    type: as events call it: "channel", "group" (private), "im", "mpim"
    """

    id: str
    team: Team
    type: str
    name: str
    members: list[User] = field(default_factory=list)
    archived: bool = False
    ephemerals: list[Message] = field(default_factory=list)
    _messages: dict[str, Message] = field(default_factory=dict)
    _replies: dict[str, list[Message]] = field(default_factory=dict)

    @property
    def is_dm(self) -> bool:
        """Whether it is a direct message with one person."""
        return self.type == IM

    @property
    def has_bot(self) -> bool:
        """Whether the app is in it."""
        return self.team.bot in self.members

    @property
    def is_shared(self) -> bool:
        """Whether people of another team are in it."""
        return any(member.team is not self.team for member in self.members)

    def add(self, message: Message) -> None:
        """Keep a new message."""
        self._messages[message.ts] = message
        if message.in_thread:
            self._replies.setdefault(message.thread_ts or "", []).append(message)

    def remove(self, message: Message) -> None:
        """Drop a message for good."""
        message.deleted = True
        self._messages.pop(message.ts, None)
        if message.in_thread:
            self._replies[message.thread_ts or ""].remove(message)

    def get(self, ts: str) -> Message | None:
        """The message with this ts."""
        return self._messages.get(ts)

    def messages(self) -> list[Message]:
        """All its messages, oldest first, replies among them."""
        return list(self._messages.values())

    def thread(self, ts: str) -> list[Message]:
        """A thread's first message and its replies, oldest first."""
        first = self._messages.get(ts)
        return ([first] if first else []) + self._replies.get(ts, [])

    def shown(self) -> list[str]:
        """What people read of each message, oldest first."""
        return [message.shown for message in self._messages.values()]

    def message_payload(self, message: Message, files_url: str) -> Json:
        """A message object, with what a thread's first message says of its replies."""
        payload = message.payload(files_url)
        replies = self._replies.get(message.ts, [])
        if message.in_thread and (root := self.get(message.thread_ts or "")):
            payload["parent_user_id"] = root.user.id
        if replies and not message.in_thread:
            payload |= {
                "thread_ts": message.ts,
                "reply_count": len(replies),
                "reply_users": list(dict.fromkeys(each.user.id for each in replies)),
                "reply_users_count": len({each.user.id for each in replies}),
                "latest_reply": replies[-1].ts,
                "is_locked": False,
                "subscribed": True,
            }
        return payload

    def payload(self) -> Json:
        """A channel object, as conversations.info shows it."""
        payload: Json = {
            "id": self.id,
            "created": 1_700_000_000,
            "is_archived": self.archived,
            "is_channel": self.type == CHANNEL,
            "is_group": self.type == GROUP,
            "is_im": self.type == IM,
            "is_mpim": self.type == MPIM,
            "is_private": self.type != CHANNEL,
            "is_org_shared": False,
            "is_ext_shared": self.is_shared,
            "context_team_id": self.team.id,
        }
        if self.is_dm:
            others = [each for each in self.members if each is not self.team.bot]
            return payload | {"user": others[0].id, "is_open": True}
        return payload | {
            "name": self.name,
            "name_normalized": self.name,
            "is_general": False,
            "is_member": self.has_bot,
            "creator": self.members[0].id if self.members else "",
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "num_members": len(self.members),
        }
