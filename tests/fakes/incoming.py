"""Makes incoming messages for tests: everything that a test does not speak of has a default."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.messages import ConversationKey, IncomingMessage

CHANNEL = ConversationKey("console", "home", "general")
SENT_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def incoming(
    id: str,
    text: str | None = None,
    *,
    conversation: ConversationKey = CHANNEL,
    addressed: bool = True,
    thread_root: str | None = None,
    sent_at: datetime = SENT_AT,
    to_others: bool = False,
    private: bool = False,
    reply_to: str | None = None,
    author: str = "u1",
    opens_thread: bool = False,
    by_bot: bool = False,
) -> IncomingMessage:
    """A message with this platform id; its text is the id unless another is given."""
    return IncomingMessage(
        conversation=conversation,
        id=id,
        author_id=author,
        author_name="田中",
        text=id if text is None else text,
        sent_at=sent_at,
        addressed=addressed,
        thread_root=thread_root,
        to_others=to_others,
        private=private,
        reply_to=reply_to,
        opens_thread=opens_thread,
        by_bot=by_bot,
    )
