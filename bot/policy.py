"""Which messages the bot keeps and answers. Knows no platform.

The bot answers what is certainly for it (a DM, a mention, a reply to it), what is said to
nobody else in a thread in which it has spoken, and in a channel whose mode is `always` all
that is said to nobody else. It keeps what it answers; in `always` also the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.errors import OptedOut
from bot.limits import RateLimiter, TooFast
from bot.messages import ConversationKey, IncomingMessage
from bot.ports import Store

MODE = "mode"  # the channel's setting


class Mode(StrEnum):
    """When the bot answers in a channel."""

    MENTION = "mention"
    ALWAYS = "always"
    OFF = "off"


def _no_limit() -> RateLimiter:
    return RateLimiter(0)


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's defaults: a channel's first mode, and how often one may ask."""

    mode: Mode = Mode.MENTION
    per_user: RateLimiter = field(default_factory=_no_limit)
    per_channel: RateLimiter = field(default_factory=_no_limit)

    def mode_in(self, settings: Mapping[str, str]) -> Mode:
        """The mode of a channel with these settings."""
        return Mode(settings.get(MODE, self.mode))

    async def decide(
        self, store: Store, message: IncomingMessage, settings: Mapping[str, str]
    ) -> IncomingMessage | None:
        """The message as it is to be stored, `addressed` set to whether it is to be answered.

        None: it is not the bot's to keep, or was deleted at its author's wish before. Raises
        OptedOut and TooFast for what its author should be told; in `always` mode too much talk
        is kept without an answer.
        """
        mode = self.mode_in(settings)
        key = message.conversation
        if mode is Mode.OFF and not message.private:
            return None
        answer = message.addressed
        if not answer and not message.to_others:
            answer = mode is Mode.ALWAYS or await self._has_spoken(store, message)
        if not answer and mode is not Mode.ALWAYS:
            return None
        if await store.was_forgotten(key.platform, message.author_id, message.sent_at):
            return None
        if await store.opted_out(key.platform, message.author_id):
            if message.addressed:
                raise OptedOut
            return None
        if answer:
            try:
                self.count(key, message.author_id)
            except TooFast:
                if message.addressed or mode is not Mode.ALWAYS:
                    raise
                answer = False
        return replace(message, addressed=answer)

    def count(self, key: ConversationKey, person: str) -> None:
        """Count a question of a person in a channel. Raises TooFast where it is one too many."""
        self.per_user.use((key.platform, person))
        self.per_channel.use((key.platform, key.workspace, key.channel))

    async def _has_spoken(self, store: Store, message: IncomingMessage) -> bool:
        """Whether a message was said in a thread in which the bot took part by then.

        One that comes in late, after the bot was asked, was said to others.
        """
        key, root = message.conversation, message.thread_root or message.conversation.thread
        return bool(key.thread) and await store.has_spoken(key, message.sent_at, root)
