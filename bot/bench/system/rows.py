"""The rows of a large database, made up: years of talk in thousands of conversations.

Its shape is that of a busy bot's: exchanges of all conversations come one after the other as they
were said, so that those of one conversation lie far apart; one channel has a twentieth of all;
two in ten are threads that continue another channel; in one of ten everything is read, and every
second message is said to others. Of the last exchanges some are left as a process that was killed
leaves them. It knows the tables' columns, and no database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

PLATFORM = "bench"
WORKSPACE = "workspace"
BUSY_SHARE = 20  # the first conversation has this part of all exchanges
LEFT = 20  # questions without a reply, and as many replies without the mark of their delivery
SPREAD = 7_919  # a prime: neighbours in time are in other conversations
AUTHORS = 5_000
PERIOD = timedelta(days=365)

_ID = ["id", "conversation_id"]
_MESSAGE = ["role", "author_id", "author_name", "text", "platform_id", "addressed", "partial"]
MESSAGES = [*_ID, *_MESSAGE, "created_at", "also_in_id"]
_REPLY = ["trigger_message_id", "message_id", "asker_id", "status"]
REPLIES = [*_ID, *_REPLY, "started_at", "ended_at", "delivered_at"]
SENT = ["conversation_id", "platform_id", "reply_id", "position"]
_KEY = ["platform", "workspace", "channel", "thread"]
CONVERSATIONS = ["id", *_KEY, "parent_id", "branch_message_id", "memory_from"]

Row = tuple[object, ...]

_ASKED = (
    "今日は何をしましたか。",
    "VRについて教えてください。",
    "「食べさせられた」はどういう意味ですか？",
    "How do I say that more politely?",
    "もう少し詳しく説明してもらえますか。",
    "Thanks!",
    "その漢字の読み方は何ですか。",
)
_SAID = (
    "それはいいですね。",
    "「食べさせられた」は「食べる」の使役受身形で、食べたくないのに食べることになったという意味です。",
    "You could say 「教えていただけますか」, which is more polite.",
    "はい、もちろんです。どんなことが知りたいですか？",
    "VRは「仮想現実」のことで、コンピューターで作られた世界を体験できる技術です。",
    "これは音読みと訓読みで意味が少し変わります。例を見てみましょう。",
)


def _texts(sentences: tuple[str, ...], count: int, longest: int) -> list[str]:
    """`count` texts of 1 to `longest` sentences."""
    return [
        "".join(sentences[(n * 31 + k * 17) % len(sentences)] for k in range(1 + n % longest))
        for n in range(count)
    ]


QUESTIONS = _texts(_ASKED, 997, 2)
ANSWERS = _texts(_SAID, 1_009, 2)


@dataclass(frozen=True)
class Past:
    """What was said in `conversations` until `now`, some `messages` of them. `text_times`: moments
    as SQLite keeps them."""

    conversations: int
    messages: int
    now: datetime
    text_times: bool = False

    @cached_property
    def exchanges(self) -> int:
        """A question with its reply each."""
        return self.messages // 2

    def conversation(self, exchange: int) -> int:
        """In which an exchange took place: 0 is the busy one."""
        if exchange % BUSY_SHARE == 0 or self.conversations == 1:
            return 0
        return 1 + exchange * SPREAD % (self.conversations - 1)

    def place(self, conversation: int) -> tuple[str, str]:
        """The channel and the thread of a conversation."""
        parent = self.parent(conversation)
        if parent is None:
            return f"C{conversation:06}", ""
        return f"C{parent:06}", f"{conversation:06}.000100"

    def parent(self, conversation: int) -> int | None:
        """The channel that a thread continues."""
        return conversation - 4 if conversation % 10 in (7, 8) else None

    def moment(self, exchange: int, seconds: float = 0) -> object:
        """When it was said, as the database takes it."""
        ago = PERIOD * ((self.exchanges - exchange) / self.exchanges)
        when = (self.now - ago + timedelta(seconds=seconds)).astimezone(UTC)
        return when.replace(tzinfo=None).isoformat(" ", "microseconds") if self.text_times else when

    def rows(self, first: int, last: int, begun: dict[int, int]) -> Iterator[tuple[list[Row], ...]]:
        """The rows of an exchange each: of messages, of replies, of what was sent. `begun` is
        given the first message of each conversation."""
        for n in range(first, min(last, self.exchanges)):
            c = self.conversation(n)
            asked, answered = 2 * n + 1, 2 * n + 2
            parent = self.parent(c)
            new = begun.setdefault(c, asked) == asked
            also_in = parent + 1 if new and parent is not None else None
            author = f"U{n * 13 % AUTHORS:07}"
            at, then = self.moment(n), self.moment(n, 3)
            question = QUESTIONS[n % len(QUESTIONS)]
            chatter = c % 10 == 9 and n % 2 == 1
            open_for = self.exchanges - n  # how many exchanges from the end
            name = f"Aiko {author[-3:]}"
            asking = (asked, c + 1, "user", author, name, question, f"1{asked:017}", not chatter)
            said: list[Row] = [(*asking, False, at, also_in)]
            if chatter:
                other = (answered, c + 1, "user", "U0000001", "Ken", question, f"1{answered:017}")
                said.append((*other, False, False, then, None))
            if chatter or open_for <= LEFT:
                yield said, [], []
                continue
            text = ANSWERS[n % len(ANSWERS)]
            said.append(
                (answered, c + 1, "assistant", "", "", text, None, False, False, then, None)
            )
            delivered = None if open_for <= 2 * LEFT else then
            reply = (n + 1, c + 1, asked, answered, author, "done", at, then, delivered)
            yield said, [reply], [(c + 1, f"1{answered:017}", n + 1, 0)]

    def conversation_rows(self, begun: dict[int, int]) -> Iterator[Row]:
        """The conversations, where `begun` says which message was the first of each."""
        for c in range(self.conversations):
            channel, thread = self.place(c)
            parent = self.parent(c)
            branch = 0 if parent is None else begun.get(c, 1) - 1
            parent_id = None if parent is None else parent + 1
            yield c + 1, PLATFORM, WORKSPACE, channel, thread, parent_id, branch, 0
