"""What the core asks of the outside, as Protocols. Adapters, stores and engines implement them.

Longer than most files, so that all that the core asks for can be read in one.
"""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from bot.learning.ports import LearningStore
from bot.messages import (
    ConversationKey,
    FinishReason,
    GenerationEvent,
    GenerationRequest,
    IncomingMessage,
    Message,
)
from bot.notices import Notice


class TextGenerator(Protocol):
    """Turns a prompt into a stream of text. One serves all conversations at once."""

    @property
    def context_length(self) -> int:
        """The longest prompt plus reply, in tokens."""

    @property
    def remote(self) -> bool:
        """Whether prompts go to other servers, which the operator named."""

    def stream(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """Yield its place in the queue while it waits, then text, then one `GenerationEnd`.

        What the model thinks before is no text; `Thinking` says that it does.

        Closing the generator (`aclose`) or cancelling its task stops the model before its
        next step. Raises EngineBusy when the queue is full, GenerationFailed when the
        model's step failed.
        """

    def prefill_ahead(
        self, conversation: str, beginning: Callable[[], Awaitable[Sequence[int]]]
    ) -> None:
        """Note that the conversation has grown, and nobody asked for a reply yet.

        Once it has nothing else to do, the generator may ask for `beginning`, the token ids
        with which the conversation's next prompt will begin (none: leave it), and compute
        them. Returns at once and never raises; what becomes of it shows in `cached_tokens`
        alone. A later note of the same conversation, or a request, takes its place.
        """

    def chosen(self, conversation: str, candidate: int) -> None:
        """Of the candidates for a conversation's reply this one was shown: keep no other's tokens.

        Where it is not kept either, those of the request itself are. Returns at once and never
        raises.
        """

    def forget(self, conversations: Collection[str] | None = None) -> None:
        """Keep no tokens of these conversations' prompts, or of any: something was deleted.

        What a running request needs goes with its end. Returns at once and never raises; the
        next replies are the same, and take longer.
        """


class Leveller(Protocol):
    """Knows which words are above a level of Japanese (`bot.level.LEVELS`). Is called in threads,
    several at once, and may take its time."""

    def judge(self, level: str, text: str) -> float:
        """How far a reply is above the level: the less the better."""

    def footnote(self, level: str, text: str) -> str:
        """What is shown below a reply: lines of plain text, or nothing."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who gives a command, and where. `administrator`: may change a channel for everybody.

    `name`: as others see it. `japanese`: whether the platform is set to Japanese for them; None
    where that is not known. `home`: where they came from, if they give it elsewhere, as on the web
    page: what is theirs and their group's is looked for there. `given_at`: when they gave it, by
    the platform's clock, where it has one.
    """

    conversation: ConversationKey
    user_id: str
    administrator: bool = False
    name: str = ""
    japanese: bool | None = None
    home: ConversationKey | None = None
    given_at: datetime | None = None

    @property
    def place(self) -> ConversationKey:
        """Where they belong: there are their words, their group and their settings."""
        return self.home or self.conversation

    @property
    def platform(self) -> str:
        """The platform that knows them by their id."""
        return self.place.platform

    @property
    def known_here(self) -> str:
        """The id by which the conversation's own platform knows them."""
        return self.user_id if self.home is None else f"{self.home.platform}:{self.user_id}"


class Announcer(Protocol):
    """Says something in a conversation of its platform that nobody asked for just now."""

    async def announce(self, conversation: ConversationKey, notice: Notice) -> str:
        """Say it to everybody there; the platform's id of the message, of the last where it takes
        several. Raises BotError where it was certainly not said; where it raises anything else,
        nobody knows."""


class Platform(Protocol):
    """A place where people talk with the bot: Discord, Slack."""

    async def run(self) -> None:
        """Connect, and answer until closed. Raises BotError for what waiting does not mend."""

    async def close(self, grace: float) -> None:
        """Take no more messages; let replies end within `grace` seconds, stop those that do
        not, and disconnect. `run` then returns."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An incoming message in the store: its row, and whether it was stored just now.

    `conversation_id` is the store's id of the conversation, as `kaiwa prompt` takes it.
    `addressed` is what was stored of that, which a redelivery does not change.
    """

    conversation_id: int
    message_id: int
    is_new: bool
    addressed: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a message, its author and its channel before anything is kept.

    `stored`: it was delivered before; `answered`: and a reply to it has ended. `settings`: the
    channel's. `opted_out`: its author asked that nothing be kept. `forgotten`: what its author
    said up to then was deleted at their wish. `deleted`: its author took it back. `spoken`: it
    stands in a thread where the bot had begun to answer something else by then, or said the
    message where the thread began.
    """

    stored: Stored | None = None
    answered: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    opted_out: bool = False
    forgotten: bool = False
    deleted: bool = False
    spoken: bool = False


class HistoryStore(Protocol):
    """Conversations, kept. Every method is one transaction; what it returned is on disk."""

    async def add_message(self, message: IncomingMessage) -> Stored:
        """Store a user's message, once however often it is delivered."""

    async def known(self, message: IncomingMessage) -> Known:
        """What deciding upon a message needs, in one query. Its text is not looked at."""

    async def edit_message(self, message: IncomingMessage) -> int | None:
        """Replace a stored message's text, and whether it is addressed to the bot.

        Its id, or None when it is not stored here, or says that already.

        The new text of somebody of whom nothing may be kept is not stored either.
        """

    async def delete_message(
        self, conversation: ConversationKey, platform_id: str, *, for_good: bool = True
    ) -> int | None:
        """Forget what a message said; its id, or None when it is not stored here.

        `for_good`: it was taken back, and is `deleted` from now on. Otherwise it was edited, and
        may be taken in anew.

        A reply goes when the last of the platform's messages that show it does; one that is
        being written is then not stored.
        """

    async def history(
        self, conversation_id: int, *, limit: int, up_to: int | None = None, since: int = 0
    ) -> Sequence[Message]:
        """The newest `limit` messages that the bot remembers, oldest first, in one query.

        A thread's begin with its channel's up to where it branched off. Nothing from before
        the memory marker. `since` and `up_to` are the first and the last message id to include.
        """

    async def reset(self, conversation: ConversationKey) -> int:
        """Set the marker "memory starts here"; how many messages it put out of sight.

        Nothing is deleted. In a thread the marker also cuts off the channel's part.
        """

    async def settings(self, conversation: ConversationKey) -> Mapping[str, str]:
        """The settings of the conversation's channel (shared by its threads)."""

    async def set_setting(self, conversation: ConversationKey, key: str, value: str | None) -> None:
        """Set one of the channel's settings; None removes it."""

    def everything_in(self, conversation: ConversationKey) -> AsyncIterator[Mapping[str, Any]]:
        """All that is kept of a conversation: rows, each with the name of its `table`. A
        channel's settings are the channel's own, and not its threads'."""

    async def find(self, conversation: ConversationKey) -> int | None:
        """The id of a conversation, or None when nothing was stored for it yet."""

    async def beside(self, conversation: ConversationKey) -> Sequence[int]:
        """The ids of all conversations in the same channel: what stands in one of them may
        stand in the others' prompts."""

    async def latest(self, platform: str) -> Mapping[ConversationKey, datetime]:
        """When a user last said something in each conversation on a platform, aware UTC."""


@dataclass(frozen=True, slots=True)
class OpenReply:
    """A reply that is to be written, to the message with the platform id `trigger`.

    `platform_ids` are the platform's messages, in order, in which an earlier attempt was
    shown; they are to be edited, not sent again. `asker` is the platform's id of its author.
    `again`: it was opened before.
    """

    id: int
    trigger: str
    platform_ids: tuple[str, ...] = ()
    asker: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A message that was stored and addressed to the bot, and waits for its reply."""

    conversation: ConversationKey
    conversation_id: int
    message_id: int
    platform_id: str
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A reply that was stored and of which the platform may not have everything.

    `trigger` is the platform id of the message that it answers; `partial` as in `Message`.
    """

    conversation: ConversationKey
    reply_id: int
    trigger: str
    text: str
    partial: bool
    platform_ids: tuple[str, ...]
    ended_at: datetime


class WrittenElsewhere(Exception):
    """Another process of the bot writes a reply in the conversation: it is to be waited for."""


class TakenOver(Exception):
    """Another process of the bot writes or shows this reply now: this one is to be silent."""


class ReplyLedger(Protocol):
    """Which messages were answered, how far, and where the replies are shown.

    Several processes of the bot may share it. What a process has begun is its own as long as it
    lives; what it left is another's, who takes it up.
    """

    async def start_reply(self, conversation_id: int, trigger_id: int) -> OpenReply | None:
        """Open the ledger's entry for the reply to message `trigger_id`.

        None when that message has been answered already, so that nothing is answered twice.
        A reply that was open or failed when the process ended is opened again. Raises
        WrittenElsewhere.
        """

    async def record_sent(self, reply_id: int, platform_ids: Sequence[str]) -> None:
        """Note the platform's messages that show a reply: all of them, in order. Raises
        TakenOver."""

    async def holds(self, reply_id: int) -> bool:
        """Whether a reply that was opened here is still this process's to show."""

    async def written_elsewhere(
        self, conversation: ConversationKey, *, threads: bool = False
    ) -> Mapping[int, int]:
        """The replies that other processes of the bot write in a conversation, or with `threads`
        also in its channel's: by the id of the conversation, that of the reply."""

    async def abandon(self, conversation_id: int) -> bool:
        """Close as failed what this process is said to write in a conversation, and does not;
        whether there was anything."""

    async def claim_reply(self, reply_id: int) -> bool:
        """Show a finished reply that a process left; False where another process does, or it
        needs no showing any more."""

    async def finish_reply(self, reply_id: int, text: str, reason: FinishReason) -> int | None:
        """Store a reply's text as a message of the conversation and close its entry.

        Returns the message's id, or None where there was no text to store. The entry is closed
        all the same; with GONE and no text it is as if nothing had been answered. Raises
        TakenOver.
        """

    async def mark_delivered(self, reply_id: int) -> None:
        """Note that the platform has all of a finished reply."""

    async def fail_reply(self, reply_id: int) -> None:
        """Close the entry of a reply that failed; its trigger may be answered again."""

    async def discard_reply(self, conversation_id: int, reply_id: int | None = None) -> int | None:
        """Take back the newest reply, for /regenerate: its message and ratings are removed.

        Returns the trigger's message id, which may then be answered again; None when there
        is no reply since the memory marker, or when the newest is not `reply_id`. Raises
        WrittenElsewhere.
        """

    async def unanswered(self, platform: str) -> Sequence[Unanswered]:
        """Addressed messages that no finished reply answers, oldest first; not those that a
        living process has in hand."""

    async def undelivered(self, platform: str) -> Sequence[Undelivered]:
        """Finished replies of which the platform may not have everything, oldest first; not
        those that a living process shows."""

    async def reply_at(self, conversation: ConversationKey, platform_id: str) -> int | None:
        """The id of the reply that a platform's message shows."""

    async def exchange(self, conversation_id: int, platform_id: str) -> Sequence[Message]:
        """The question and the reply that a platform's message shows, where they are stored.

        A thread also finds its channel's.
        """

    async def rate(self, reply_id: int, user_id: str, value: int) -> None:
        """Keep what a user thought of a reply: 1 or -1; 0 takes it back."""


class RetentionStore(Protocol):
    """Messages that are older than they may be kept."""

    async def retentions(self, *, every: bool) -> Sequence[tuple[ConversationKey, str | None]]:
        """The channels that set how long they keep, and what; `every`: all others too, with
        None."""

    async def expire(self, channel: ConversationKey, before: datetime) -> int:
        """Delete what was sent before then in a channel and its threads, in small transactions;
        how many messages. What is just being answered stays until the next time."""

    async def scrub(self) -> None:
        """Leave nothing of what `expire` deleted in the database's files."""


class MemberStore(Protocol):
    """What is kept of a person, to be seen and deleted by that person."""

    async def opt_out(self, platform: str, user_id: str, out: bool) -> None:
        """Keep nothing of this person from now on, or begin again to."""

    async def opted_out(self, platform: str, user_id: str) -> bool:
        """Whether nothing of this person may be kept."""

    async def messages_of(
        self, platform: str, user_id: str
    ) -> Sequence[tuple[ConversationKey, Message]]:
        """Everything stored that a person said, and the replies to it.

        By conversation, and oldest first in each.
        """

    async def count_of(self, platform: str, user_id: str) -> int:
        """How many messages `messages_of` has."""

    async def ratings_of(
        self, platform: str, user_id: str
    ) -> Sequence[tuple[ConversationKey, int, datetime]]:
        """How a person rated replies, where and when, oldest first."""

    async def forget_member(self, platform: str, user_id: str) -> int:
        """Delete what a person said, the replies to it and their ratings; how many messages.

        A reply to them that is being written is not stored. What is delivered once more is
        known by when it was sent: see `Known.forgotten`. What they corrected stays with their
        group, without their name.
        """


@dataclass(frozen=True, slots=True)
class Correction:
    """How a group reads a word that is written `surface`.

    `user_id` is who set it; empty where that is not to be kept.
    """

    surface: str
    reading: str
    user_id: str
    created_at: datetime


class CorrectionStore(Protocol):
    """How groups read words that the analyser reads otherwise.

    `group`: the workspace, whose channels share them; where there is none (direct messages), the
    channel.
    """

    async def corrections(self, platform: str, group: str) -> Mapping[str, Correction]:
        """A group's, by what is written."""

    async def correct(
        self, platform: str, group: str, surface: str, reading: str, user_id: str
    ) -> None:
        """Keep a correction, in place of the group's earlier one of the same word.

        Of who asked that nothing of theirs be kept it is kept without the user id. Raises
        BotError where the group has too many.
        """

    async def undo_correction(self, platform: str, group: str, surface: str) -> bool:
        """Forget a correction; whether there was one."""

    async def corrections_of(self, platform: str, user_id: str) -> Sequence[tuple[str, Correction]]:
        """What a person corrected, with the group, oldest first."""


Tried = Mapping[str, float]  # settings of decoding by their names


class Choice(StrEnum):
    """What somebody found better of two replies."""

    FIRST = "a"
    SECOND = "b"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Compared:
    """Two settings that answered the same, the first as A, and how people voted."""

    first: Tried
    second: Tried
    votes: Mapping[Choice, int]


@dataclass(frozen=True, slots=True)
class Voted:
    """Somebody's vote as it counts; `is_new`: it was not there before."""

    compared: Compared
    choice: Choice
    is_new: bool


class ComparisonStore(Protocol):
    """Which settings were compared in channels, and how people voted."""

    async def add_comparison(
        self, conversation: ConversationKey, first: Tried, second: Tried
    ) -> int:
        """Keep that these were shown as A and B; the comparison's id."""

    async def vote(
        self,
        conversation: ConversationKey,
        comparison: int,
        platform: str,
        user_id: str,
        choice: Choice,
    ) -> Voted | None:
        """Keep a person's vote; their first one counts. None where there is no such comparison in
        the conversation's channel."""

    async def comparisons(self, conversation: ConversationKey, limit: int) -> Sequence[Compared]:
        """The newest in a channel and its threads."""


class InstallationStore(Protocol):
    """What the bot was given to speak in other people's workspaces, kept so that only it can
    read it. `workspace` is the platform's id of one."""

    async def save_installation(self, platform: str, workspace: str, secret: str) -> None:
        """Keep a workspace's secret, in place of the one before."""

    async def installation(self, platform: str, workspace: str) -> str | None:
        """A workspace's secret, or None. Raises WrongKey when it cannot be read any more."""

    async def remove_installation(self, platform: str, workspace: str) -> bool:
        """Forget a workspace's secret; whether there was one."""

    async def installations(self, platform: str) -> Sequence[str]:
        """The workspaces of which a secret is kept."""


class Store(
    HistoryStore,
    ReplyLedger,
    RetentionStore,
    MemberStore,
    CorrectionStore,
    ComparisonStore,
    LearningStore,
    Protocol,
):
    """All of it, in one database."""
