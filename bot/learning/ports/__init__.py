"""What learning asks of a store, one file for each noun, with the values that it speaks in.

`platform` and `user_id` are whose it is, `group` as in `bot.study_commands.given.group`. Nothing is
kept of who opted out: what would keep something of them raises OptedOut.
"""

from __future__ import annotations

from typing import Protocol

from bot.learning.ports.days import DayStore
from bot.learning.ports.personal import PersonalStore
from bot.learning.ports.profiles import ProfileStore
from bot.learning.ports.quizzes import QuizStore
from bot.learning.ports.reviews import ReviewStore
from bot.learning.ports.sessions import SessionStore
from bot.learning.ports.words import WordStore


class LearningStore(
    WordStore,
    ReviewStore,
    QuizStore,
    DayStore,
    ProfileStore,
    SessionStore,
    PersonalStore,
    Protocol,
):
    """All of it, in one database."""
