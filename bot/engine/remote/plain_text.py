"""Prompts for servers that take text: no text of a user is a mark there, such as `</s>`.

A server makes its special tokens of whatever spells them. Knows their spellings and how a prompt
is written; not which server takes what.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from bot.messages import Prompt, Turn
from bot.prompt import clean


class PlainText:
    """`marks`: how the model's special and added tokens are spelled; `render`: a prompt's text."""

    def __init__(
        self, marks: Iterable[str] = (), render: Callable[[Sequence[Turn]], str] | None = None
    ) -> None:
        spelled = sorted({mark for mark in marks if mark.strip()}, key=len, reverse=True)
        self._marks = re.compile("|".join(map(re.escape, spelled))) if spelled else None
        self._render = render

    def prompt(self, prompt: Prompt) -> str:
        """A prompt's text: as it is, but for marks in what somebody said."""
        turns = tuple(map(self._turn, prompt.turns))
        if self._render is None or turns == prompt.turns:
            return prompt.text
        return self._render(turns)

    def broken(self, text: str) -> str:
        """`text` (cleaned) with a space in each mark; of one character alone nothing is left."""
        while self._marks is not None and self._marks.search(text):
            text = self._marks.sub(_with_space, text)
        return text

    def _turn(self, turn: Turn) -> Turn:
        """As it is where it has no mark, since a prompt's text must stay exact."""
        text, name = self.broken(clean(turn.text)), self.broken(clean(turn.name))
        if text == clean(turn.text) and name == clean(turn.name):
            return turn
        return replace(turn, text=text, name=name)


def _with_space(mark: re.Match[str]) -> str:
    return f"{mark[0][0]} {mark[0][1:]}" if len(mark[0]) > 1 else ""
