"""`kaiwa explore`: reads the command line and says which parts run. Heavy imports wait for that."""

from __future__ import annotations

import asyncio
import sys
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from bot.command_line import ConfigOption, read_settings, say
from bot.errors import BotError

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.explore.grid import Cell
    from bot.explore.running import Asked, Ran

LEVELS = ("n5", "n4", "n3", "n2", "n1")
Decimals = Annotated[str | None, typer.Option(help="values to try, such as 0.7,1.0")]
Counts = Annotated[str | None, typer.Option(help="values to try, such as 0,40")]


def explore(
    file: Annotated[Path | None, typer.Argument(help="questions, one on each line")] = None,
    conversation: Annotated[
        list[int] | None,
        typer.Option(help="id of a stored conversation; may be given several times"),
    ] = None,
    temperature: Decimals = None,
    top_p: Decimals = None,
    top_k: Counts = None,
    repetition_penalty: Decimals = None,
    replies: Annotated[int, typer.Option(min=1, max=20, help="of each setting to each")] = 3,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="of the first reply")] = 1,
    max_new_tokens: Annotated[
        int | None, typer.Option(min=1, help="the longest reply; without it the settings'")
    ] = None,
    level: Annotated[
        str | None, typer.Option(help="n5 to n1: rank by the words above it, too")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="also write all of it as a page")] = None,
    force: Annotated[bool, typer.Option("--force", help="replace that page")] = False,
    choose: Annotated[
        int | None, typer.Option(help="write the setting with this number into config.toml")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Try settings side by side: which temperature, top_p, … suit your questions. Keep one."""
    from bot.explore.choice import ask, cell_of
    from bot.explore.grid import NAMES, grid
    from bot.private import whole_file

    settings = read_settings(config)
    if level is not None and level.lower() not in LEVELS:
        raise BotError(
            f"--level is one of {', '.join(LEVELS)}.",
            f"--level は {'、'.join(LEVELS)} のどれかにしてください。",
        )
    given = dict(zip(NAMES, (temperature, top_p, top_k, repetition_penalty), strict=True))
    cells = grid(given, settings.generation.sampling())
    chosen = None if choose is None else cell_of(cells, choose)
    if file is not None or conversation:
        lines = _questions(file)
        _look_at_study(settings, level)
        # Opened before anything is computed, so that nothing is lost where it cannot be written.
        with whole_file(html, replace=force) if html else nullcontext() as written:
            ran = asyncio.run(
                answered(settings, lines, conversation or [], cells, replies, seed, max_new_tokens)
            )
            _show(settings, *ran, cells=cells, level=level, html=written)
        if html is not None:
            say(f"✓ {html}")
    elif chosen is None:
        raise BotError(
            "Give a file with a question on each line, or --conversation ID.",
            "一行に一つ質問を書いたファイルか、--conversation ID を指定してください。",
        )
    if chosen is None and sys.stdin.isatty() and sys.stderr.isatty():
        chosen = ask(cells)
    if chosen is not None:
        _keep(chosen, config)


def _questions(file: Path | None) -> list[str]:
    from bot.explore.prompts import questions

    return [] if file is None else questions(file)


def _look_at_study(settings: Settings, level: str | None) -> None:
    """Raises BotError where a level is asked for, and nobody can tell words' levels."""
    from bot.app import studying

    if level is not None and (lacking := studying(settings).lacking()) is not None:
        raise lacking


async def answered(
    settings: Settings,
    lines: list[str],
    conversations: list[int],
    cells: tuple[Cell, ...],
    count: int,
    seed: int,
    longest: int | None,
) -> tuple[list[Asked], Ran]:
    """Open the engine, and let every cell answer everything."""
    from dataclasses import replace

    from bot.app import open_engine
    from bot.explore.prompts import look_for, of_conversations, of_questions
    from bot.explore.running import run
    from bot.serving import while_engine_serves

    await look_for(settings, conversations)
    async with open_engine(settings, say) as (engine, chosen):
        base = settings.generation.sampling()
        most = min(longest or base.max_new_tokens, max(1, engine.context_length // 4))
        base = replace(base, max_new_tokens=most)
        asked = [
            *of_questions(settings, lines, chosen, engine.context_length - most),
            *await of_conversations(settings, conversations, engine, chosen, base),
        ]
        running = run(
            engine,
            asked,
            [replace(cell, sampling=replace(cell.sampling, max_new_tokens=most)) for cell in cells],
            count=count,
            seed=seed,
            stop=chosen.stop,
            places=settings.engine.max_batch,
            told=partial(_tell, len(asked)),
        )
        return asked, await while_engine_serves(engine.ended, running)


def _tell(prompts: int, done: int, of: int) -> None:
    """Say how far it is, as often as there are prompts."""
    if done * prompts // of != (done - 1) * prompts // of:
        say(f"… {done:,} / {of:,}")


def _show(
    settings: Settings,
    asked: list[Asked],
    ran: Ran,
    *,
    cells: tuple[Cell, ...],
    level: str | None,
    html: TextIO | None,
) -> None:
    """Print the results, and write the page."""
    from bot.app import studying
    from bot.explore import table
    from bot.explore.page import page
    from bot.explore.summary import ranked, summary
    from bot.study.levels import Level, profile

    study = studying(settings)
    try:
        judge = partial(profile, dictionary=study.dictionary) if study.available else None
        found = [summary(cell, ran.replies, judge) for cell in cells]
    finally:
        study.close()
    ranking = ranked(found, None if level is None else Level[level.upper()])
    table.show(ran, asked, ranking, sys.stdout)
    if html is not None:
        html.write(page(ran, asked, ranking, model=settings.model.id, level=level))


def _keep(cell: Cell, config: Path | None) -> None:
    from bot.explore.choice import above_it, keep, lines

    file = keep(cell, config)
    say("\n".join([f"✓ {file}", *(f"  {line}" for line in lines(cell))]))
    for name in above_it():
        say(
            f"注意：環境変数 {name} が設定ファイルより優先されます。\n"
            f"Note: the environment's {name} wins over the file."
        )
