"""What is asked for in a measurement: conversations of token ids. Knows no model and no clock.

Every channel has a conversation: a preamble that all share, a history and a question of its
own. The first turn is cold; each further turn adds the reply that was written and a new question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from bot.errors import BotError
from bot.messages import Sampling

UNKNOWN = -1  # a reply's token of which a server does not tell the id
SPECIAL = 300  # the lowest ids are control tokens and bytes in the vocabularies that we know


@dataclass(frozen=True, slots=True)
class Workload:
    """Sizes in tokens; `turns` are the follow-up turns, after the cold one."""

    channels: int = 1
    preamble: int = 48
    history: int = 256
    question: int = 24
    reply: int = 24
    turns: int = 2
    vocabulary: int = 65_536

    @property
    def longest(self) -> int:
        """The tokens of a conversation at its end."""
        cold = self.preamble + self.history + self.question + self.reply
        return cold + self.turns * (self.question + self.reply)

    def within(self, context_length: int) -> Workload:
        """This workload. Raises BotError where a conversation grows out of the context."""
        if self.longest > context_length:
            raise BotError(
                f"These conversations grow to {self.longest:,} tokens and the model reads "
                f"{context_length:,}. Give a smaller --history, --turns or --reply.",
                f"会話が{self.longest:,}トークンになり、モデルの上限{context_length:,}を超えます。"
                "--history、--turns、--reply のどれかを小さくしてください。",
            )
        return self

    def sampling(self, channel: int) -> Sampling:
        """How every party draws its tokens: as rinna's model card does."""
        return replace(Sampling(), max_new_tokens=self.reply, seed=channel)


class Conversation:
    """A channel's tokens. Two with the same `seed` share their preamble and nothing else."""

    def __init__(self, work: Workload, channel: int, seed: int) -> None:
        self._work = work
        self._random = Random(f"{seed} {channel}")
        shared = Random(f"{seed}")
        self.tokens = _draw(shared, work.preamble, work.vocabulary)
        self.tokens += self._new(work.history + work.question)

    def follow_up(self, reply: Sequence[int]) -> None:
        """Add a reply, any unknown token of it replaced, and the next question."""
        known = (self._new(1)[0] if token == UNKNOWN else token for token in reply)
        self.tokens += [*known, *self._new(self._work.question)]

    def _new(self, count: int) -> list[int]:
        return _draw(self._random, count, self._work.vocabulary)


def _draw(random: Random, count: int, vocabulary: int) -> list[int]:
    lowest = min(SPECIAL, vocabulary // 2)
    return [random.randrange(lowest, vocabulary) for _ in range(count)]
