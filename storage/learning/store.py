"""`SqlLearning`: all that is kept of those who learn (bot.learning.ports.LearningStore)."""

from __future__ import annotations

from storage.learning.days import SqlDays
from storage.learning.personal import SqlPersonal
from storage.learning.profiles import SqlProfiles
from storage.learning.quizzes import SqlQuizzes
from storage.learning.reviews import SqlReviews
from storage.learning.sessions import SqlSessions
from storage.learning.words import SqlWords


class SqlLearning(SqlWords, SqlReviews, SqlQuizzes, SqlDays, SqlProfiles, SqlSessions, SqlPersonal):
    """Words, reviews, quizzes, the group's day, members' settings, logins."""
