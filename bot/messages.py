"""Value types that every part of Kaiwa speaks in. They know no platform, database or model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """Who said a turn. rinna's prompt knows exactly these two."""

    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class ConversationKey:
    """Where a conversation takes place.

    `workspace` is a Discord guild or a Slack team; `thread` is empty for the channel itself.
    """

    platform: str
    workspace: str
    channel: str
    thread: str = ""

    def parent(self) -> ConversationKey | None:
        """The channel that a thread continues; None for a channel."""
        if not self.thread:
            return None
        return ConversationKey(self.platform, self.workspace, self.channel)


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A user's message as a platform delivered it, perhaps more than once.

    `id` is the platform's own id, unique within `conversation.platform` and workspace.
    `addressed`: it is certainly for the bot (a DM, a mention, a reply to the bot); `to_others`:
    it mentions or answers somebody else. What is neither is for whoever is there; see
    `Chat.respond`. `private`: a DM, where no channel's mode holds. `reply_to` is the platform
    id of the message that it answers by the platform's own means. `sent_at` is aware UTC.
    `thread_root` is, for the first message of a thread, the platform id of the channel's
    message where the thread began (None elsewhere, or where that is not known).
    `opens_thread`: it stands in the channel and is answered in a thread of its own, which is
    what `conversation` names; with its first answer it belongs to the channel's history too.
    `by_bot`: a bot or an app said it, one to which the operator lets this bot listen.
    """

    conversation: ConversationKey
    id: str
    author_id: str
    author_name: str
    text: str
    sent_at: datetime
    addressed: bool = True
    thread_root: str | None = None
    to_others: bool = False
    private: bool = False
    reply_to: str | None = None
    opens_thread: bool = False
    by_bot: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A stored utterance. `id` is the store's and grows in the order of the conversation.

    `partial` marks a reply that was stopped, and stored as far as it went.
    """

    id: int
    role: Role
    text: str
    author_id: str
    author_name: str
    created_at: datetime
    platform_id: str | None = None
    partial: bool = False
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance of a prompt. `name` is the speaker's display name, or empty."""

    role: Role
    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """An exact prompt: its text, its token ids, and the turns it was made of.

    `turns` begins with the `pinned` turns of the preamble; `dropped` counts the older turns
    that did not fit.
    """

    text: str
    ids: tuple[int, ...]
    turns: tuple[Turn, ...]
    pinned: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen. The defaults are those of rinna's model card.

    `temperature` 0 is greedy; `top_k` 0 and `repetition_penalty` 1 are off; without a `seed`
    every reply is drawn anew. `stop` holds further strings that end a reply (not part of it).
    """

    max_new_tokens: int = 512
    temperature: float = 1.0
    top_p: float = 0.85
    top_k: int = 0
    repetition_penalty: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What a text generator is asked for.

    `conversation` names the conversation, so that a cache of its earlier turns can be reused.
    `stop` are the prompt format's own markers of a next speaker; they come on top of
    `sampling.stop`. `candidate` 0 is the request itself; the others are further tries at the same
    reply: they run beside it as long as nobody waits for their place, and otherwise end with
    EngineBusy. `person` is who asks, the same on all of a platform: people take turns where
    requests wait. It is empty where nobody in particular asks.
    """

    prompt: Prompt
    sampling: Sampling
    conversation: str
    stop: tuple[str, ...] = ()
    candidate: int = 0
    person: str = ""


def person_of(platform: str, user_id: str) -> str:
    """A `GenerationRequest`'s person; empty where it is not known who asks."""
    return user_id and f"{platform}:{user_id}"


class FinishReason(StrEnum):
    """Why a reply ended."""

    END = "end"  # the model said so (its end-of-sequence token)
    STOP = "stop"  # a stop string, or the start of another speaker's turn
    LENGTH = "length"  # max_new_tokens, or the context's end
    STOPPED = "stopped"  # a user stopped it
    GONE = "gone"  # its question was deleted, or is no longer for the bot

    @property
    def cut_off(self) -> bool:
        """Whether somebody ended the reply before the model did."""
        return self in (FinishReason.STOPPED, FinishReason.GONE)


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of a reply's text, never empty and never half a character."""

    text: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """The model has begun to think before it answers; nothing of that is shown, or kept."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A request waits for its turn: at `place` (1 is the next), about `seconds` from starting.

    `seconds` comes from how long the last requests took; None where none was measured yet.
    """

    place: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class GenerationEnd:
    """The end of a generation. Counts are tokens; `cached_tokens` were not prefilled again."""

    reason: FinishReason
    prompt_tokens: int
    cached_tokens: int
    generated_tokens: int


GenerationEvent = Queued | Thinking | TextDelta | GenerationEnd


@dataclass(frozen=True, slots=True)
class ReplyStart:
    """A reply begins: to the message with the platform id `trigger`.

    `platform_ids` are the platform's messages in which an earlier attempt is shown: they are
    to be edited, in this order, before new ones are sent. `again`: it was begun before, by a
    process that may have sent more of it than it could note.
    """

    reply_id: int
    trigger: str
    platform_ids: tuple[str, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class ReplyRestart:
    """The question was edited: what was written so far does not count, the reply begins anew."""


@dataclass(frozen=True, slots=True)
class ReplyEnd:
    """The end of a reply, after it was stored: its whole text and why it ended.

    `footnote`: plain text that is shown below it, and neither stored nor part of a prompt.
    """

    text: str
    reason: FinishReason
    footnote: str = ""


ReplyEvent = ReplyStart | ReplyRestart | Queued | Thinking | TextDelta | ReplyEnd
