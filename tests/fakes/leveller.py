"""A leveller for tests: every 難 is a word above the level."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class FakeLeveller:
    """Implements bot.ports.Leveller. `judged` is what was judged, and for which level; `problem`
    is raised by both methods."""

    judged: list[tuple[str, str]] = field(default_factory=list)
    problem: Exception | None = None

    def judge(self, level: str, text: str) -> float:
        """See Leveller."""
        self.judged.append((level, text))
        if self.problem is not None:
            raise self.problem
        return text.count("難")

    def footnote(self, level: str, text: str) -> str:
        """See Leveller. Two lines with signs that would be markup."""
        if self.problem is not None:
            raise self.problem
        return f"{level}: {text.count('難')} *above*\n難 = hard"
