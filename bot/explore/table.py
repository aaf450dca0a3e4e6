"""Results in the terminal: a line for every cell, and the replies to each prompt side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.explore.running import Asked, Ran, Reply
from bot.explore.summary import Flaws, Summary, flaw

PIPE_WIDTH = 120  # columns, where nobody's terminal has a width

_FLAWS = {
    "failed": ("失敗", "failed"),
    "blank": ("空", "blank"),
    "loops": ("繰り返し", "loops"),
    "cut": ("途中", "cut"),
}


def show(ran: Ran, asked: Sequence[Asked], ranking: Sequence[Summary], out: TextIO) -> None:
    """Print everything, the best cell first."""
    console = Console(file=out, highlight=False, width=None if out.isatty() else PIPE_WIDTH)
    console.print(_figures(ranking))
    for at, question in enumerate(asked):
        console.print(_replies(at, question, ranking))
    console.print(Text(facts(ran)))


def facts(ran: Ran) -> str:
    """What it took, in a line."""
    share = ran.cached_tokens / ran.prompt_tokens if ran.prompt_tokens else 0.0
    return (
        f"{len(ran.replies)} replies, {ran.generated:,} tokens in {ran.seconds:.1f} s: "
        f"{ran.speed:.1f} tokens/s together; {share:.0%} of the prompts' tokens were shared"
    )


def of_cell(found: Summary) -> list[str]:
    """Its settings, as they are written."""
    values = found.cell.values
    return [f"{value:g}" for value in values.values()]


def flaws(found: Flaws) -> tuple[str, str]:
    """What went wrong how often, in Japanese and in English; a dash where nothing did."""
    names = [(each, getattr(found, each)) for each in _FLAWS if getattr(found, each)]
    japanese = "、".join(f"{_FLAWS[name][0]}{count}" for name, count in names)
    english = ", ".join(f"{_FLAWS[name][1]} {count}" for name, count in names)
    return japanese or "–", english or "–"


def flaw_of(reply: Reply) -> tuple[str, str] | None:
    """What is wrong with a reply at first sight, in Japanese and in English."""
    return _FLAWS.get(flaw(reply))


def level(found: Summary) -> str:
    """The level that holds its words; a dash where nobody can tell."""
    if found.levels is None:
        return "–"
    return found.level.name if found.level else "> N1"


def speed(found: Summary) -> str:
    """Of one reply."""
    return "–" if found.speed is None else f"{found.speed:.1f}"


def _figures(ranking: Sequence[Summary]) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD, title="設定の比較 / The settings, the best first", padding=(0, 1, 0, 0)
    )
    table.add_column("番号\nno.", justify="right")
    for name in ("tempe-\nrature", "top_p", "top_k", "repetition\n_penalty"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("問題\nflaws")
    for name in (
        "繰り返し\nrepeated",
        "多様さ\nvariety",
        "文字数\nlength",
        "日本語\nJapanese",
        "レベル\nlevel",
        "速さ\ntok/s",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for found in ranking:
        table.add_row(
            f"{'now ' if found.cell.now else ''}{found.cell.number}",
            *of_cell(found),
            flaws(found.flaws)[1],
            f"{found.repetition:.0%}",
            f"{found.variety:.0%}",
            f"{found.characters:.0f}",
            f"{found.japanese:.0%}",
            level(found),
            speed(found),
        )
    return table


def _replies(at: int, question: Asked, ranking: Sequence[Summary]) -> Table:
    most = max(sum(reply.asked == at for reply in found.replies) for found in ranking)
    table = Table(box=box.SIMPLE_HEAD, title=Text(question.text), show_lines=True, expand=True)
    table.add_column("番号\nno.", justify="right")
    for number in range(1, most + 1):
        table.add_column(f"返答 {number}\nreply {number}", ratio=1, overflow="fold")
    for found in ranking:
        replies = [reply for reply in found.replies if reply.asked == at]
        table.add_row(str(found.cell.number), *map(_reply, replies))
    return table


def _reply(reply: Reply) -> Text:
    text = Text(reply.text)
    if (wrong := flaw_of(reply)) is not None:
        text.append(f" [{wrong[0]} / {wrong[1]}]", style="bold red")
    return text
