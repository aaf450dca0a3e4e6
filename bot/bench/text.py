"""How the time of each function over text grows with the text's length: it must not outgrow it.

    python -m bot.bench.text [NAME …]

Everybody can send texts of these shapes, and a model can write them. For each function and shape
the time at several lengths is printed, and the exponent that fits them: 1 is in proportion to the
length, 2 its square. Ends with 1 where one is above MOST, which cannot be met by chance: what
takes less than NEGLIGIBLE at the greatest length counts as fine, and what seems too slow is
measured again.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from adapters.discord import markup as discord_markup
from adapters.discord import reading as discord_reading
from adapters.encodings import decoded
from adapters.markup import SLACK
from adapters.reading import Reading
from adapters.slack import blocks, reading
from adapters.slack import markup as slack_markup
from adapters.splitting import Splitter, closed, split
from adapters.tables import as_code
from adapters.unfinished import shown
from bot.app import DEMO_FOLDER
from bot.commands import typed
from bot.errors import BotError
from bot.prompt import clean, neutralise
from bot.tokenizer import load_tokenizer

LENGTHS = (5_000, 10_000, 20_000, 40_000, 80_000)  # characters
MOST = 1.2  # exponent
NEGLIGIBLE = 0.002  # seconds at the greatest length
TRIES = 3
EDIT = 20  # characters that come between two edits
EDITED = 20_000  # characters of a reply all edits of which are timed
LIMIT = 2_000
NAMES = slack_markup.Names()
DISCORD_NAMES = discord_markup.Names({1})
ME = "U2"

SHAPES: Mapping[str, str] = {
    "blanks": " ",
    "tabs": "\t",
    "newlines": "\n",
    "dots": ".",
    "exclamations": "!?！？。",
    "flags": "🇯🇵",
    "emoji": "👨\u200d👩\u200d👧👍🏽😀",
    "joiners": "a\u200d",
    "combining marks": "か\u3099e\u0301\u0301",
    "backticks": "`",
    "fences": "x```py\ny",
    "asterisks": "*a**b",
    "bars": "||a|",
    "brackets": "[a](",
    "angle brackets": "<@1<https://a",
    "ampersands": "&amp;&lt",
    "quotes": "> a\n>>> ",
    "closing quotes": "。」」と",
    "digits": "1234567890",
    "kana": "ねこはまどのそばでねている",
    "prose": "猫は窓のそばで静かに眠っています。The rain fell. ",
    "speakers": "ユーザー\u200b:\nシステム ",
    "addresses": "https://example.com/a?b=1&c=(d)",
    "mentions": " <@1> </a b:1> <#C1|",
    "commands": "/help\u3000",
    "code of blanks": "    \n",
    "table": "| 猫 | b |\n",
    "tables": "| a | b |\n|---|--:|\n| 猫 | `b` |\n| 犬 | c |\n\n",
    "code spans": "`a` b ",
    "lone bars": "a || b *c* `",
    "lone spoiler": "a |b",
    "open spoiler": "*a* **b** ",
}
BEFORE = {
    "lone spoiler": "a || b ",
    "open spoiler": "||",
    "code of blanks": "```\n",
    "table": "| a | b |\n|---|---|\n",
}


def text_of_shape(shape: str, length: int) -> str:
    """A text of so many characters."""
    before, unit = BEFORE.get(shape, ""), SHAPES[shape]
    return (before + unit * (length // len(unit) + 1))[:length]


def grown(text: str) -> None:
    """Show a text at the end of which a few edits come."""
    splitter = Splitter(LIMIT)
    for end in range(max(0, len(text) - 10 * EDIT), len(text), EDIT):
        splitter.parts(text[:end], writing=True)
    splitter.parts(text)


def edits(text: str, splitter: Splitter) -> None:
    """Show a text as it grows."""
    for end in range(EDIT, len(text), EDIT):
        splitter.parts(text[:end], writing=True)
    splitter.parts(text)


def _typed(text: str) -> None:
    for start in ("", "/"):
        with suppress(BotError):
            typed(start + text, bare=True)


def _slack(text: str) -> dict[str, Any]:
    share = {"text": text[: len(text) // 2], "is_share": True}
    return {"text": text, "user": "U1", "ts": "1.0", "attachments": [share]}


def functions() -> Mapping[str, Callable[[str], object]]:
    """What is measured, by name."""
    tokenizer = load_tokenizer(DEMO_FOLDER)
    return {
        "split (Discord)": lambda text: split(text, LIMIT),
        "split (Slack)": lambda text: split(
            text, blocks.LIMIT, measure=lambda part: len(blocks.escape(part)), markup=SLACK
        ),
        "Splitter": grown,
        "shown": shown,
        "closed": closed,
        "as_code": as_code,
        "Discord readable": lambda text: discord_markup.readable(text, DISCORD_NAMES),
        "Discord quoted": lambda text: discord_reading.quoted(Reading(text), "田中"),
        "Slack read": lambda text: reading.read(_slack(text), ME, NAMES),
        "Slack readable": lambda text: slack_markup.readable(text, NAMES),
        "Slack unescaped": slack_markup.unescaped,
        "Slack typed": slack_markup.typed,
        "Slack mentions": lambda text: reading.mentions(_slack(text)),
        "Slack quoted": lambda text: reading.quoted(_slack(text), ME, NAMES),
        "Slack condensed": lambda text: reading.condensed(_slack(text), ME),
        "Slack references": lambda text: reading.references(_slack(text)),
        "decoded": lambda text: decoded(text.encode("utf-8", "replace")),
        "Slack escape": blocks.escape,
        "prompt: neutralise": lambda text: neutralise(clean(text)),
        "typed": _typed,
        "tokenizer: encode": tokenizer.encode,
    }


def timed(function: Callable[[str], object], text: str) -> float:
    """Seconds that a call takes of a core, so that other work on the machine does not count."""
    started = time.process_time()
    function(text)
    return time.process_time() - started


def exponent(seconds: Mapping[int, float]) -> float:
    """The power of the length with which the time grows, by least squares."""
    points = [(math.log(length), math.log(max(took, 1e-9))) for length, took in seconds.items()]
    mean_x, mean_y = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    above: float = sum((x - mean_x) * (y - mean_y) for x, y in points)
    spread: float = sum((x - mean_x) ** 2 for x, _ in points)
    return above / spread


def measured(function: Callable[[str], object], shape: str) -> tuple[Mapping[int, float], float]:
    """The best times of a function by length, and their exponent; 0 where it is negligible."""
    texts = {length: text_of_shape(shape, length) for length in LENGTHS}
    best = dict.fromkeys(LENGTHS, math.inf)
    grows = 0.0
    for _ in range(TRIES):
        for length, text in texts.items():
            best[length] = min(best[length], timed(function, text))
        grows = 0.0 if best[LENGTHS[-1]] < NEGLIGIBLE else exponent(best)
        if grows <= MOST:
            break
    return best, grows


def main(names: list[str]) -> int:
    """Print the table, and the time of all edits of a reply; 1 where a function is too slow."""
    print(f"{'milliseconds at characters':42}" + "".join(f"{n:>10,}" for n in LENGTHS) + "   n^")
    slow = []
    for name, function in functions().items():
        if names and name not in names:
            continue
        for shape in SHAPES:
            times, grows = measured(function, shape)
            shown_times = "".join(f"{1000 * times[n]:10.2f}" for n in LENGTHS)
            print(f"{name:22}{shape:20}{shown_times} {grows:5.2f}", flush=True)
            if grows > MOST:
                slow.append(f"{name} of {shape}: {grows:.2f}")
    if not names:
        print(f"\nAll edits of a reply of {EDITED:,} characters, one every {EDIT}, in seconds:")
        for shape in SHAPES:
            text = text_of_shape(shape, EDITED)
            discord = timed(lambda text: edits(text, Splitter(LIMIT)), text)
            slack = timed(lambda text: edits(text, Splitter(blocks.LIMIT, markup=SLACK)), text)
            print(f"  {shape:20} Discord {discord:6.3f}   Slack {slack:6.3f}", flush=True)
    print("\n" + "\n".join(slow or [f"No exponent is above {MOST}."]))
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
