"""Who is where a quiz takes place, or a word is looked up."""

from __future__ import annotations

import pytest

from bot.learning.quiz.place import is_private_of_group, one_alone
from bot.messages import ConversationKey


@pytest.mark.parametrize(
    ("key", "alone", "private_of_group"),
    [
        (ConversationKey("discord", "1", "2"), False, False),
        (ConversationKey("discord", "@me", "2"), True, False),
        (ConversationKey("slack", "T1", "C1", "1.0"), False, False),
        (ConversationKey("slack", "T1", "D1"), True, True),
        (ConversationKey("web", "@web", "discord:1"), True, True),
        (ConversationKey("console", "local", "default"), True, False),
    ],
)
def test_where_one_person_is_alone_and_whether_a_group_is_told_of_it(
    key: ConversationKey, alone: bool, private_of_group: bool
) -> None:
    """Slack's direct messages and the web page belong to a group that does not see them."""
    assert one_alone(key) == alone
    assert is_private_of_group(key) == private_of_group
