"""Which messages the bot keeps and answers. Knows no platform.

The bot answers what is certainly for it (a DM, a mention, a reply to it), what is said to
nobody else in a thread in which it has spoken, and in a channel whose mode is `always` all
that is said to nobody else. It keeps what it answers; in `always` also the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.bounded import Bounded
from bot.errors import OptedOut
from bot.limits import RateLimiter, TooFast
from bot.messages import ConversationKey, IncomingMessage
from bot.ports import Known

MODE = "mode"  # the channel's setting
MOST_OF_BOTS = 5  # messages of bots that are answered in a row, with no person among them
MOST_PLACES = 10_000  # in which they are counted


class Mode(StrEnum):
    """When the bot answers in a channel."""

    MENTION = "mention"
    ALWAYS = "always"
    OFF = "off"


def _no_limit() -> RateLimiter:
    return RateLimiter(0)


@dataclass(slots=True)
class Policy:
    """The operator's defaults: a channel's first mode, and how often one may ask. They may be
    changed while the bot runs."""

    mode: Mode = Mode.MENTION
    per_user: RateLimiter = field(default_factory=_no_limit)
    per_channel: RateLimiter = field(default_factory=_no_limit)
    # How often bots were answered in a place since a person last spoke there.
    _bots: Bounded[ConversationKey, int] = field(
        default_factory=lambda: Bounded(MOST_PLACES), init=False, repr=False, compare=False
    )

    def mode_in(self, settings: Mapping[str, str]) -> Mode:
        """The mode of a channel with these settings."""
        return Mode(settings.get(MODE, self.mode))

    def keeps_all(self, settings: Mapping[str, str]) -> bool:
        """Whether in such a channel also what is not for the bot is kept."""
        return self.mode_in(settings) is Mode.ALWAYS

    def is_meant(self, message: IncomingMessage, known: Known) -> bool:
        """Whether a message is for the bot: said to it, or to nobody else where it takes part."""
        if message.addressed or message.to_others:
            return message.addressed
        return known.spoken or self.keeps_all(known.settings)

    def decide(self, message: IncomingMessage, known: Known) -> bool | None:
        """Whether a message is to be answered.

        None: it is not the bot's to keep, or was deleted at its author's wish before. Raises
        OptedOut and TooFast for what its author should be told; in `always` mode too much talk
        is kept without an answer. A bot is told nothing: it might answer that.
        """
        if not message.by_bot:
            self._bots.pop(_place(message), None)
        if self.mode_in(known.settings) is Mode.OFF and not message.private:
            return None
        keeps_all, meant = self.keeps_all(known.settings), self.is_meant(message, known)
        if not (meant or keeps_all) or known.forgotten:
            return None
        if known.opted_out:
            if message.addressed and not message.by_bot:
                raise OptedOut
            return None
        try:
            answer = meant and self._may_ask(message)
        except TooFast:
            if message.addressed or not keeps_all:
                raise
            answer = False
        return answer if answer or keeps_all else None

    def _may_ask(self, message: IncomingMessage) -> bool:
        """Count a question, if it may be answered; of a person's, TooFast says why not."""
        place = _place(message)
        said = self._bots.get(place, 0) + message.by_bot
        if said > MOST_OF_BOTS:
            return False
        try:
            self.count(message.conversation, message.author_id)
        except TooFast:
            if message.by_bot:
                return False
            raise
        if said:
            self._bots[place] = said
        return True

    def count(self, key: ConversationKey, person: str) -> None:
        """Count a question of a person in a channel. Raises TooFast where it is one too many."""
        channel = (key.platform, key.workspace, key.channel)
        self.per_channel.check(channel)
        self.per_user.use((key.platform, person))
        self.per_channel.use(channel)


def _place(message: IncomingMessage) -> ConversationKey:
    """Where a message stands, whatever thread it opens."""
    here = message.conversation.parent() if message.opens_thread else None
    return here or message.conversation
