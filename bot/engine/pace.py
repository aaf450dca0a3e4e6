"""How much prompt a step may prefill, so that the others' tokens keep coming.

A processor prefills some dozen tokens a second and a large GPU ten thousand, so a number of
tokens says nothing about how long a step takes. It is found by running: a step is to take about
`STEP_SECONDS`, during which nobody else gets a token and a new request waits.
"""

from __future__ import annotations

STEP_SECONDS = 1.0
FIRST, FEWEST = 64, 16  # tokens: before anything is measured, and on the slowest machine


class Pace:
    """The prefill budget of the next step, `tokens`, never more than `most`."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.tokens = min(FIRST, most)

    def failed(self) -> None:
        """A step failed, perhaps for want of memory: the next ones are smaller, and grow again."""
        self.tokens = max(FEWEST, self.tokens // 2)

    def note(self, prefilled: int, seconds: float) -> None:
        """A step ran that prefilled so many tokens and took so long.

        At most half or double at once: a single slow step is no measure. One with little to
        prefill says only whether that was too much.
        """
        if not prefilled or (prefilled < self.tokens // 2 and seconds <= STEP_SECONDS):
            return
        fitting = int(prefilled * STEP_SECONDS / max(seconds, 1e-9))
        bounded = max(self.tokens // 2, min(fitting, self.tokens * 2))
        self.tokens = min(self.most, max(FEWEST, bounded))
