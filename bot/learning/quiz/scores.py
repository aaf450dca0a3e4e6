"""Who did how well: in a quiz, and in a row. Pure."""

from __future__ import annotations

from bot.learning.ports.quizzes import Score, Standing
from bot.learning.quiz.game import answers_to

MOST_SHOWN = 20  # people in a table


def table(standing: Standing) -> list[Score]:
    """Everybody who answered, the best first."""
    found: dict[str, Score] = {}
    for each in standing.answers:
        before = found.get(each.user_id)
        found[each.user_id] = Score(
            each.user_id,
            each.name,
            each.points + (before.points if before else 0),
            (each.points > 0) + (before.right if before else 0),
        )
    return sorted(found.values(), key=lambda score: (-score.points, -score.right, score.name))


def streak(standing: Standing, position: int, user_id: str) -> int:
    """How many questions somebody got right in a row, up to this one."""
    length = 0
    while position >= 0:
        right = {each.user_id for each in answers_to(standing, position) if each.right}
        if user_id not in right:
            break
        length += 1
        position -= 1
    return length
