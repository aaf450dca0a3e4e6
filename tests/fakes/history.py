"""`FakeHistory`: the port HistoryStore in memory, for tests of what stands above it.

It keeps whole lists and looks through them; that it behaves as a database does is held by the
contract suite in tests/storage/test_history_contract.py, which runs on both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.messages import ConversationKey, FinishReason, IncomingMessage, Message, Role
from bot.ports import Stored, Unanswered

_ANSWERED = ("done", "stopped")


def _storable(text: str) -> str:
    """What a database keeps of `text`: U+FFFD for NUL and lone surrogates."""
    return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)


@dataclass
class _Conversation:
    id: int
    key: ConversationKey
    parent: _Conversation | None = None
    branch: int = 0
    memory_from: int = 0
    messages: dict[int, Message] = field(default_factory=dict)
    addressed: set[int] = field(default_factory=set)

    def at(self, platform_id: str | None) -> int | None:
        """The id of the message with this platform id."""
        if platform_id is None:
            return None
        return next((m.id for m in self.messages.values() if m.platform_id == platform_id), None)

    def remembered(self) -> list[Message]:
        """What the prompt may use, oldest first."""
        own = [m for m in self.messages.values() if m.id > self.memory_from]
        if self.parent is None:
            return own
        since = max(self.memory_from, self.parent.memory_from)
        return [m for m in self.parent.messages.values() if since < m.id <= self.branch] + own


@dataclass
class _Reply:
    conversation: _Conversation
    trigger: int
    status: str = "writing"
    message: int | None = None
    platform_ids: tuple[str, ...] = ()


class FakeHistory:
    """Conversations in memory. `replies` is the ledger, by its ids."""

    def __init__(self) -> None:
        self.replies: dict[int, _Reply] = {}
        self._conversations: dict[ConversationKey, _Conversation] = {}
        self._settings: dict[ConversationKey, dict[str, str]] = {}
        self._last_message = 0
        self._last_conversation = 0

    async def add_message(self, message: IncomingMessage) -> Stored:
        """See the port."""
        here = self._open(message.conversation, message.thread_root)
        known = here.at(message.id)
        if known is not None:
            return Stored(here.id, known, is_new=False)
        stored = self._append(
            here,
            Role.USER,
            message.text,
            message.author_id,
            message.author_name,
            message.sent_at.astimezone(UTC),
            message.id,
        )
        if message.addressed:
            here.addressed.add(stored)
        return Stored(here.id, stored, is_new=True)

    async def edit_message(
        self, conversation: ConversationKey, platform_id: str, text: str
    ) -> bool:
        """See the port."""
        here = self._conversations.get(conversation)
        known = here.at(platform_id) if here else None
        if here is None or known is None:
            return False
        here.messages[known] = replace(here.messages[known], text=_storable(text))
        return True

    async def delete_message(self, conversation: ConversationKey, platform_id: str) -> bool:
        """See the port."""
        here = self._conversations.get(conversation)
        known = here.at(platform_id) if here else None
        if here is None or known is None:
            return False
        self._remove(here, known)
        return True

    async def history(
        self, conversation_id: int, *, limit: int, up_to: int | None = None
    ) -> Sequence[Message]:
        """See the port."""
        here = self._by_id(conversation_id)
        visible = [] if here is None else here.remembered()
        kept = [message for message in visible if up_to is None or message.id <= up_to]
        return kept[-limit:] if limit > 0 else []

    async def start_reply(self, conversation_id: int, trigger_id: int) -> int | None:
        """See the port."""
        here = self._by_id(conversation_id)
        if here is None or trigger_id not in here.messages or self._answered(here, trigger_id):
            return None
        for number, reply in self.replies.items():
            if reply.trigger == trigger_id:
                self.replies[number] = _Reply(here, trigger_id)
                return number
        number = len(self.replies) + 1
        self.replies[number] = _Reply(here, trigger_id)
        return number

    async def finish_reply(
        self, reply_id: int, text: str, reason: FinishReason, platform_ids: Sequence[str] = ()
    ) -> int | None:
        """See the port."""
        reply = self.replies.get(reply_id)
        if reply is None or reply.status != "writing":
            return None if reply is None else reply.message
        stopped = reason is FinishReason.STOPPED
        reply.status = "stopped" if stopped else "done"
        reply.platform_ids = tuple(platform_ids)
        if not text.strip():
            return None
        here = reply.conversation
        hidden = (
            here.memory_from >= reply.trigger and max(here.messages, default=0) <= here.memory_from
        )
        reply.message = self._append(
            here,
            Role.ASSISTANT,
            text,
            "",
            "",
            datetime.now(UTC),
            next(iter(platform_ids), None),
            partial=stopped,
        )
        if hidden:
            here.memory_from = reply.message
        return reply.message

    async def fail_reply(self, reply_id: int) -> None:
        """See the port."""
        reply = self.replies.get(reply_id)
        if reply is not None and reply.status == "writing":
            reply.status = "failed"

    async def discard_reply(self, conversation_id: int) -> int | None:
        """See the port."""
        here = self._by_id(conversation_id)
        finished = [
            reply
            for reply in self.replies.values()
            if here is reply.conversation
            and reply.status in _ANSWERED
            and reply.trigger > here.memory_from
        ]
        newest = max(finished, key=lambda reply: reply.trigger, default=None)
        if here is None or newest is None or newest.trigger not in here.messages:
            return None
        newest.status = "discarded"
        if newest.message is not None:
            self._remove(here, newest.message)
        return newest.trigger

    async def unanswered(self, platform: str) -> Sequence[Unanswered]:
        """See the port."""
        waiting = []
        for here in self._conversations.values():
            remembered = {number for number in here.addressed if number > here.memory_from}
            if here.key.platform != platform or not remembered:
                continue
            newest = here.messages[max(remembered)]
            if not self._answered(here, newest.id):
                waiting.append(
                    Unanswered(
                        here.key,
                        here.id,
                        newest.id,
                        newest.platform_id or "",
                        newest.text,
                        newest.created_at,
                    )
                )
        return sorted(waiting, key=lambda entry: entry.message_id)

    async def reset(self, conversation: ConversationKey) -> int:
        """See the port."""
        here = self._open(conversation)
        visible = here.remembered()
        if visible:
            here.memory_from = visible[-1].id
        return len(visible)

    async def settings(self, conversation: ConversationKey) -> Mapping[str, str]:
        """See the port."""
        return dict(self._settings.get(replace(conversation, thread=""), {}))

    async def set_setting(self, conversation: ConversationKey, key: str, value: str | None) -> None:
        """See the port."""
        channel = self._settings.setdefault(replace(conversation, thread=""), {})
        if value is None:
            channel.pop(key, None)
        else:
            channel[key] = _storable(value)

    async def find(self, conversation: ConversationKey) -> int | None:
        """See the port."""
        here = self._conversations.get(conversation)
        return None if here is None else here.id

    async def conversations(self) -> Sequence[tuple[int, ConversationKey, int]]:
        """Every conversation: its id, its key, and how many messages of its own it has."""
        return [(here.id, here.key, len(here.messages)) for here in self._conversations.values()]

    async def key_of(self, conversation_id: int) -> ConversationKey | None:
        """Where the conversation with this id takes place."""
        here = self._by_id(conversation_id)
        return None if here is None else here.key

    async def forget(self, conversation_id: int) -> int | None:
        """Delete a conversation; how many messages it had, None when there is none."""
        here = self._by_id(conversation_id)
        if here is None:
            return None
        del self._conversations[here.key]
        for other in self._conversations.values():
            other.parent = None if other.parent is here else other.parent
        self.replies = {n: r for n, r in self.replies.items() if r.conversation is not here}
        return len(here.messages)

    def _by_id(self, number: int) -> _Conversation | None:
        return next((here for here in self._conversations.values() if here.id == number), None)

    def _open(self, key: ConversationKey, root: str | None = None) -> _Conversation:
        here = self._conversations.get(key)
        if here is None:
            self._last_conversation += 1
            here = _Conversation(self._last_conversation, key)
            channel = key.parent()
            here.parent = self._conversations.get(channel) if channel else None
            if here.parent is not None:
                here.branch = here.parent.at(root) or max(here.parent.messages, default=0)
            self._conversations[key] = here
        return here

    def _append(
        self,
        here: _Conversation,
        role: Role,
        text: str,
        author_id: str,
        author_name: str,
        created_at: datetime,
        platform_id: str | None,
        *,
        partial: bool = False,
    ) -> int:
        self._last_message += 1
        here.messages[self._last_message] = Message(
            self._last_message,
            role,
            _storable(text),
            author_id,
            _storable(author_name),
            created_at,
            platform_id,
            partial,
        )
        return self._last_message

    def _remove(self, here: _Conversation, number: int) -> None:
        del here.messages[number]
        here.addressed.discard(number)
        for reply in self.replies.values():
            if reply.message == number:
                reply.message = None

    def _answered(self, here: _Conversation, trigger: int) -> bool:
        return any(
            reply.conversation is here and reply.trigger >= trigger and reply.status in _ANSWERED
            for reply in self.replies.values()
        )
