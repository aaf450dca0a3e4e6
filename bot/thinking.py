"""What a model thinks before it answers: `<think>…</think>`. Knows text, not its source."""

from __future__ import annotations

OPEN, CLOSE = "<think>", "</think>"


def without_thoughts(text: str) -> str:
    """An answer without what was thought before it, as far as that stands in it."""
    return text.rpartition(CLOSE)[2].lstrip("\n") if text.lstrip().startswith(OPEN) else text


def opens(prompt: str) -> bool:
    """Whether a prompt ends in the beginning of a thought, so that the model goes on thinking."""
    return prompt.rstrip().endswith(OPEN)


class Thoughts:
    """Takes thoughts out of a reply's text while it comes; `opened`: it begins within one.

    They stand before the answer: later on the same marks are text. Nothing is held back but
    white space before the first word, and what may still become a mark.
    """

    def __init__(self, opened: bool = False) -> None:
        self.thinking = opened
        self._answering = False
        self._held = ""
        self._thought = False  # there was one before

    def push(self, text: str) -> str:
        """Take the next text; return what of it is the answer's."""
        if self._answering:
            return text
        self._held += text
        while True:
            if self.thinking:
                thought, closed, rest = self._held.partition(CLOSE)
                if not closed:
                    self._held = thought[-len(CLOSE) + 1 :]
                    return ""
                self.thinking, self._thought, self._held = False, True, rest
            begins = self._held.lstrip()
            if begins.startswith(OPEN):
                self.thinking, self._held = True, begins[len(OPEN) :]
            elif OPEN.startswith(begins):
                return ""
            else:
                self._answering = True
                return self.finish()

    def finish(self) -> str:
        """The reply has ended, or its answer begins: what was held back and is the answer's."""
        held, self._held = self._held, ""
        if self.thinking:
            return ""
        return held.lstrip() if self._thought else held
