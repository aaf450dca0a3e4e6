"""What a random sequence consists of: what people do, one step after the other, and the ends of
the bot's process meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hypothesis import strategies as st

SEQUENCES = 20  # played at once, each in places of its own
MOST_STEPS = 10


class Where(Enum):
    """Where something is said."""

    CHANNEL = "channel"
    THREAD = "thread"
    DIRECT = "direct"


class To(Enum):
    """To whom."""

    BOT = "bot"
    NOBODY = "nobody"
    SOMEBODY = "somebody else"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Say:
    """Somebody says something."""

    where: Where
    to: To


@dataclass(frozen=True, slots=True)
class Swap:
    """Two questions, of which the second one arrives first."""

    where: Where


@dataclass(frozen=True, slots=True)
class Forward:
    """Somebody passes on what was said elsewhere, to the bot."""

    where: Where


@dataclass(frozen=True, slots=True)
class Reply:
    """Somebody answers an answer of the bot, which need not be mentioned. `which`: of those that
    there are by then, as below."""

    which: int


@dataclass(frozen=True, slots=True)
class Edit:
    """A message gets another text, and speaks to somebody else perhaps."""

    which: int
    to: To


@dataclass(frozen=True, slots=True)
class Delete:
    """A message is taken back."""

    which: int


@dataclass(frozen=True, slots=True)
class Again:
    """A message is delivered once more, in one of its shapes."""

    which: int
    shape: int


@dataclass(frozen=True, slots=True)
class Echo:
    """A message of the bot's own is delivered once more."""

    which: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Nobody does anything until all that is to be answered is."""


Step = Say | Swap | Forward | Reply | Edit | Delete | Again | Echo | Wait


@dataclass(frozen=True, slots=True)
class Restart:
    """The bot ends, in order or cut off, when so many steps were done, and is started again."""

    after: int
    killed: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """Sequences that are played at once, with one bot."""

    sequences: tuple[tuple[Step, ...], ...]
    restarts: tuple[Restart, ...]

    def __repr__(self) -> str:
        lines = [f"  {restart}" for restart in self.restarts]
        for number, steps in enumerate(self.sequences):
            if steps:
                lines += [f"  sequence {number}:", *(f"    {step}" for step in steps)]
        return "\n".join(["Batch", *lines])


_which = st.integers(0, 5)
_where = st.sampled_from(Where)
_step: st.SearchStrategy[Step] = st.one_of(
    st.builds(Say, _where, st.sampled_from(To)),
    st.builds(Say, _where, st.just(To.BOT)),
    st.builds(Edit, _which, st.sampled_from(To)),
    st.builds(Again, _which, st.integers(0, 1)),
    st.builds(Reply, _which),
    st.just(Wait()),
    st.builds(Delete, _which),
    st.builds(Forward, _where),
    st.builds(Swap, _where),
    st.builds(Echo, _which),
)
_sequence = st.lists(_step, min_size=0, max_size=MOST_STEPS).map(tuple)
_restart = st.builds(Restart, st.integers(0, SEQUENCES * MOST_STEPS // 2), st.booleans())
batches: st.SearchStrategy[Batch] = st.builds(
    Batch,
    st.lists(_sequence, min_size=SEQUENCES, max_size=SEQUENCES).map(tuple),
    st.lists(_restart, max_size=2).map(tuple),
)
