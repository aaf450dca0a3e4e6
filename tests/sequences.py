"""Random sequences of what people do, on both platforms: `python -m tests.sequences --count 10000`.

The real clients, over servers that speak the platforms' protocols, and a real database. Each
platform has a process of its own. Prints what came of everything that was said, by platform; exit
code 1 where something was not answered exactly once, or what is nobody's was, with the smallest
sequence that shows it.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import time
import traceback
from collections import deque

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.adapters.sequences.batch import Tally, play
from tests.adapters.sequences.steps import SEQUENCES, Batch, batches

PLATFORMS = ("discord", "slack")
SECONDS = 60.0  # between two lines that say how far it is


class Unforeseen(logging.Handler):
    """Keeps the newest errors that nobody foresaw, as the log has them; says nothing."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.newest: deque[str] = deque(maxlen=3)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one of the bot's own that has a traceback."""
        if record.exc_info and record.name.startswith(("adapters", "bot", "storage")):
            self.newest.append(_FORMATTER.format(record))


_FORMATTER = logging.Formatter("%(name)s: %(message)s")


def run(platform: str, count: int, number: int, shrink: bool) -> bool:
    """Play so many sequences on a platform; whether all went well."""
    unforeseen = Unforeseen()  # the ends of processes are meant
    logging.basicConfig(handlers=[unforeseen], level=logging.ERROR)
    total, started, told = Tally(), time.monotonic(), time.monotonic()
    found = ""  # the smallest batch that did not go well, as far as it was looked for

    @seed(number)
    @settings(
        deadline=None,
        max_examples=count // SEQUENCES * 5 // 4 + 2,  # some are empty, the first one always
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        derandomize=False,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(batches)
    def sequences(batch: Batch) -> None:
        nonlocal told, found
        if total.sequences >= count:
            return
        tally = play(platform, batch)
        if tally.messages:
            total.add(tally)
        if time.monotonic() - told > SECONDS:
            told = time.monotonic()
            print(f"{platform}: {total.sequences} of {count} ...", flush=True)
        if tally.faults:
            found = "\n".join([*tally.faults, repr(batch), *unforeseen.newest])
        assert not tally.faults

    try:
        sequences()
    except BaseException:  # by chance, too, where the same batch goes well the next time
        found = found or traceback.format_exc()
    if found:
        print(f"{platform}: {found}")
    print(f"{platform}: {total}; {time.monotonic() - started:.0f} s", flush=True)
    return not found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Random sequences on both platforms.")
    parser.add_argument("--count", type=int, default=10_000, help="of both platforms together")
    parser.add_argument("--platform", choices=PLATFORMS, help="only this one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-shrink", action="store_true", help="print the first one found")
    given = parser.parse_args()
    chosen = [given.platform] if given.platform else PLATFORMS
    work = [(name, given.count // len(chosen), given.seed, not given.no_shrink) for name in chosen]
    with multiprocessing.get_context("spawn").Pool(len(work)) as pool:
        raise SystemExit(not all(pool.starmap(run, work)))


if __name__ == "__main__":
    main()
