"""What the core asks of the outside, as Protocols. Adapters, stores and engines implement them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.messages import (
    ConversationKey,
    FinishReason,
    GenerationEnd,
    GenerationRequest,
    IncomingMessage,
    Message,
    TextDelta,
)


class TextGenerator(Protocol):
    """Turns a prompt into a stream of text. One serves all conversations at once."""

    @property
    def context_length(self) -> int:
        """The longest prompt plus reply, in tokens."""

    def stream(self, request: GenerationRequest) -> AsyncGenerator[TextDelta | GenerationEnd, None]:
        """Yield text as it is written, then one `GenerationEnd`.

        Closing the generator (`aclose`) or cancelling its task stops the model before its
        next step. Raises EngineBusy when the queue is full, GenerationFailed when the
        model's step failed.
        """


@dataclass(frozen=True, slots=True)
class Stored:
    """The outcome of storing an incoming message: its row, and whether it is new.

    `conversation_id` is the store's id of the conversation, as `kaiwa prompt` takes it.
    """

    conversation_id: int
    message_id: int
    is_new: bool


class HistoryStore(Protocol):
    """Conversations, kept. Every method is one transaction; what it returned is on disk."""

    async def add_message(self, message: IncomingMessage) -> Stored:
        """Store a user's message, once however often it is delivered."""

    async def edit_message(
        self, conversation: ConversationKey, platform_id: str, text: str
    ) -> bool:
        """Replace a message's text; False when it is not stored here."""

    async def delete_message(self, conversation: ConversationKey, platform_id: str) -> bool:
        """Forget a message for good; False when it is not stored here."""

    async def history(
        self, conversation_id: int, *, limit: int, up_to: int | None = None
    ) -> Sequence[Message]:
        """The newest `limit` messages that the bot remembers, oldest first, in one query.

        A thread's begin with its channel's up to where it branched off. Nothing from before
        the memory marker. `up_to` is the last message id to include.
        """

    async def start_reply(self, conversation_id: int, trigger_id: int) -> int | None:
        """Open the ledger's entry for the reply to message `trigger_id`; its id.

        None when that message has been answered already, so that nothing is answered twice.
        A reply that was open or failed when the process ended is opened again.
        """

    async def finish_reply(
        self, reply_id: int, text: str, reason: FinishReason, platform_ids: Sequence[str] = ()
    ) -> int | None:
        """Store a reply's text as a message of the conversation and close its entry.

        Returns the message's id, or None where there was no text to store (the entry is
        closed all the same).
        """

    async def fail_reply(self, reply_id: int) -> None:
        """Close the entry of a reply that failed; its trigger may be answered again."""

    async def discard_reply(self, conversation_id: int) -> int | None:
        """Take back the newest reply, for /regenerate: its message is removed.

        Returns the trigger's message id, which may then be answered again; None when there
        is no reply since the memory marker.
        """

    async def unanswered(self, platform: str) -> Sequence[Unanswered]:
        """Conversations whose newest addressed message has no finished reply, oldest first."""

    async def reset(self, conversation: ConversationKey) -> int:
        """Set the marker "memory starts here"; how many messages it put out of sight.

        Nothing is deleted. In a thread the marker also cuts off the channel's part.
        """

    async def settings(self, conversation: ConversationKey) -> Mapping[str, str]:
        """The settings of the conversation's channel (shared by its threads)."""

    async def set_setting(self, conversation: ConversationKey, key: str, value: str | None) -> None:
        """Set one of the channel's settings; None removes it."""

    async def find(self, conversation: ConversationKey) -> int | None:
        """The id of a conversation, or None when nothing was stored for it yet."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A message that was stored and addressed to the bot, and waits for its reply."""

    conversation: ConversationKey
    conversation_id: int
    message_id: int
    platform_id: str
    text: str
    created_at: datetime
