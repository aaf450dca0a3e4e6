"""`SqlQuizzes`: the port QuizStore."""

from __future__ import annotations

from storage.database import Database


class SqlQuizzes:
    """See bot.learning.ports.quizzes for what the methods promise."""

    def __init__(self, database: Database) -> None:
        self._database = database
