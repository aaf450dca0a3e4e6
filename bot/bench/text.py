"""How the time of each function over text grows with the text's length: it must not outgrow it.

    python -m bot.bench.text [NAME …] [edits]

Everybody can send texts of these shapes, and a model can write them. For each function and shape
the time at several lengths is printed, and the exponent that fits them: 1 is in proportion to the
length, 2 its square. Then the time of all edits of a reply that grows. Ends with 1 where an
exponent is above MOST, or the edits take longer than EDITS_MOST, which cannot be met by chance:
what takes less than NEGLIGIBLE at the greatest length counts as fine, and what seems too slow is
measured again. Times are those of the processor, without the garbage collector; splitting is
measured with messages of LIMIT characters, so that the shortest text already needs several.
"""

from __future__ import annotations

import asyncio
import gc
import math
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from adapters.discord import markup as discord_markup
from adapters.discord import reading as discord_reading
from adapters.encodings import decoded
from adapters.markup import DISCORD, SLACK, Markup
from adapters.reading import FileRef, Reading, attached, with_files
from adapters.slack import blocks, reading
from adapters.slack import markup as slack_markup
from adapters.splitting import Splitter, closed, split, utf16_length
from adapters.tables import as_code
from adapters.unfinished import shown
from bot.app import DEMO_FOLDER
from bot.commands import typed
from bot.errors import BotError, repeated
from bot.messages import Role, Turn
from bot.prompt import RinnaFormat, clean, neutralise
from bot.tokenizer import StreamingDetokenizer, Tokenizer, load_tokenizer

LENGTHS = (5_000, 10_000, 20_000, 40_000, 80_000)  # characters
MOST = 1.2  # exponent
NEGLIGIBLE = 0.002  # seconds at the greatest length
TRIES = 8
EDIT = 20  # characters that come between two edits
EDITED = 20_000  # characters of a reply all edits of which are timed
EDITS_MOST = 0.3  # seconds for these
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


def grown(text: str, markup: Markup = DISCORD) -> None:
    """Show a text at the end of which a few edits come."""
    splitter = Splitter(LIMIT, markup=markup)
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
    paragraph = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    quote = {**paragraph, "type": "rich_text_quote"}
    blocks = [{"type": "rich_text", "elements": [paragraph, quote]}]
    return {"text": text, "user": "U1", "ts": "1.0", "blocks": blocks, "attachments": [share]}


def _with_files(text: str) -> None:
    """A message that names the same file again and again, with a file of its length."""
    files = tuple(FileRef("a", len(text), "") for _ in range(3))
    named = "\n".join([text, *[attached("a")] * (len(text) // 20)])

    async def fetch(file: FileRef, most: int) -> bytes:
        return text.encode("utf-8", "replace")[:most]

    asyncio.run(with_files(Reading(named, files), fetch, 4 * len(text)))


def _encoded(text: str) -> None:
    """Bytes in other encodings than UTF-8."""
    for encoding in ("utf-16-le", "cp932", "euc_jp"):
        decoded(text.encode(encoding, "replace"))


def _prompt(text: str, tokenizer: Tokenizer) -> None:
    turns = (Turn(Role.USER, text, text), Turn(Role.ASSISTANT, text))
    RinnaFormat(tokenizer, speaker_names=True).render(turns)


def _streamed(text: str, tokenizer: Tokenizer) -> None:
    """A reply of these tokens, as it is streamed."""
    stream = StreamingDetokenizer(tokenizer, RinnaFormat.stop)
    for token in tokenizer.encode(text[: len(text) // 4]):
        stream.push(token)
    stream.finish()


def functions() -> Mapping[str, Callable[[str], object]]:
    """What is measured, by name."""
    tokenizer = load_tokenizer(DEMO_FOLDER)
    return {
        "split (Discord)": lambda text: split(text, LIMIT),
        "split (Slack)": lambda text: split(text, LIMIT, measure=_slack_length, markup=SLACK),
        "Splitter (Discord)": grown,
        "Splitter (Slack)": lambda text: grown(text, SLACK),
        "shown": shown,
        "closed (Discord)": closed,
        "closed (Slack)": lambda text: closed(text, SLACK),
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
        "Slack labelled": lambda text: slack_markup.labelled(text, text),
        "decoded (UTF-8)": lambda text: decoded(text.encode("utf-8", "replace")),
        "decoded (others)": _encoded,
        "with_files": _with_files,
        "Slack escape": blocks.escape,
        "Slack escape_markdown": blocks.escape_markdown,
        "prompt: neutralise": lambda text: neutralise(clean(text)),
        "prompt: render": lambda text: _prompt(text, tokenizer),
        "repeated": repeated,
        "typed": _typed,
        "tokenizer: encode": tokenizer.encode,
        "tokenizer: stream": lambda text: _streamed(text, tokenizer),
    }


def _slack_length(part: str) -> int:
    return utf16_length(blocks.escape(part))


def timed(function: Callable[[str], object], text: str) -> float:
    """Seconds that a call takes of a core, so that other work on the machine does not count."""
    gc.disable()
    try:
        started = time.process_time()
        function(text)
        return time.process_time() - started
    finally:
        gc.enable()


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


def all_edits(shape: str, limit: int, measure: Callable[[str], int], markup: Markup) -> float:
    """Seconds for all edits of a reply; the best of some tries where it seems too slow."""
    text, best = text_of_shape(shape, EDITED), math.inf
    for _ in range(TRIES):
        splitter = Splitter(limit, measure=measure, markup=markup)
        best = min(best, timed(partial(edits, splitter=splitter), text))
        if best <= EDITS_MOST:
            break
    return best


def main(names: list[str]) -> int:
    """Print the table, and the time of all edits of a reply; 1 where a function is too slow."""
    print(f"{'milliseconds at characters':42}" + "".join(f"{n:>10,}" for n in LENGTHS) + "   n^")
    slow = []
    worst = dict[str, tuple[float, str]]()
    for name, function in functions().items():
        if names and name not in names:
            continue
        for shape in SHAPES:
            times, grows = measured(function, shape)
            shown_times = "".join(f"{1000 * times[n]:10.2f}" for n in LENGTHS)
            print(f"{name:22}{shape:20}{shown_times} {grows:5.2f}", flush=True)
            worst[name] = max(worst.get(name, (0.0, "-")), (grows, shape))
            if grows > MOST:
                slow.append(f"{name} of {shape}: {grows:.2f}")
    print("\nThe greatest exponent of each (0: nothing takes longer than is negligible):")
    for name, (grows, shape) in worst.items():
        print(f"  {name:22}{grows:5.2f}  {shape}")
    if not names or "edits" in names:
        print(f"\nAll edits of a reply of {EDITED:,} characters, one every {EDIT}, in seconds:")
        for shape in SHAPES:
            discord = all_edits(shape, LIMIT, utf16_length, DISCORD)
            slack = all_edits(shape, blocks.LIMIT, _slack_length, SLACK)
            print(f"  {shape:20} Discord {discord:6.3f}   Slack {slack:6.3f}", flush=True)
            if max(discord, slack) > EDITS_MOST:
                slow.append(f"all edits of {shape}: {max(discord, slack):.3f} s")
    print("\n" + "\n".join(slow or ["Nothing is too slow."]))
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
