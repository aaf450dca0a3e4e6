"""What is asked: tokens that are the same for every party."""

from __future__ import annotations

import pytest

from bot.bench.workload import UNKNOWN, Conversation, Workload
from bot.errors import BotError

WORK = Workload(preamble=5, history=7, question=3, reply=2, turns=2, vocabulary=1_000)


def test_channels_share_their_preamble_and_nothing_else() -> None:
    """And another seed, another round's, shares nothing."""
    first, second, other = (Conversation(WORK, c, s).tokens for c, s in ((0, 1), (1, 1), (0, 2)))
    assert first[:5] == second[:5] and first[5:] != second[5:]
    assert first[:5] != other[:5]
    assert len(first) == 15 and Conversation(WORK, 0, 1).tokens == first


def test_a_follow_up_adds_the_reply_and_a_question() -> None:
    """A token of which the server told no id is replaced by some token."""
    talk = Conversation(WORK, 0, 0)
    talk.follow_up([11, UNKNOWN])
    assert talk.tokens[15] == 11 and talk.tokens[16] >= 0 and len(talk.tokens) == 20


def test_conversations_that_grow_out_of_the_context_are_refused() -> None:
    """Before anything runs."""
    assert WORK.longest == 5 + 7 + 3 * 5
    assert WORK.within(27) is WORK
    with pytest.raises(BotError, match="grow to 27 tokens"):
        WORK.within(26)
