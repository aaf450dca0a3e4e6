"""Quizzes, their questions and answers, and mistakes."""

from __future__ import annotations

from typing import Protocol


class QuizStore(Protocol):
    """Quizzes, their questions and answers, and mistakes."""
