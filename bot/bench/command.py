"""`kaiwa bench`: reads the command line and says which parts run. Heavy imports wait for that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.command_line import ConfigOption, read_settings, say
from bot.errors import BotError

if TYPE_CHECKING:
    from bot.bench.results import Results
    from bot.bench.workload import Workload
    from bot.config import Settings

RANDOM = "rinna-shape"
Many = typer.Option(help="with how many conversations at once, such as 1,4,8")


def bench(
    config: ConfigOption = None,
    model: Annotated[
        str | None,
        typer.Option(
            help=f"folder, Hub id, demo, or {RANDOM} (random weights in the shape of rinna's "
            "models, made once); without it the settings' model"
        ),
    ] = None,
    channels: Annotated[str, Many] = "1,4,8",
    history: Annotated[int, typer.Option(min=1, help="tokens of a channel's history")] = 256,
    question: Annotated[int, typer.Option(min=1, help="tokens of a question")] = 24,
    reply: Annotated[int, typer.Option(min=2, help="tokens of a reply")] = 24,
    preamble: Annotated[int, typer.Option(min=0, help="tokens that all channels share")] = 48,
    turns: Annotated[int, typer.Option(min=1, help="follow-up turns, after a cold one")] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="how often everything is measured")] = 1,
    against: Annotated[
        list[str] | None,
        typer.Option(
            help="a peer, measured in turn with Kaiwa; may be given several times: generate (a "
            "bot that calls model.generate), batching (transformers' continuous batching), "
            "NAME=URL (llama.cpp's server, or one with OpenAI's completions API)"
        ),
    ] = None,
    targets: Annotated[
        bool, typer.Option("--targets", help="measure all that the targets need")
    ] = False,
    overhead: Annotated[
        bool, typer.Option("--overhead", help="only what the bot itself adds to a reply")
    ] = False,
    system: Annotated[
        bool,
        typer.Option(
            "--system", help="only the whole bot but its model, with thousands of conversations"
        ),
    ] = False,
    url: Annotated[
        str | None,
        typer.Option(
            help="with --system: a database that is filled where nothing was said in it, and kept; "
            "without it a file of SQLite in a temporary folder"
        ),
    ] = None,
    conversations: Annotated[int, typer.Option(min=100, help="with --system: so many")] = 10_000,
    messages: Annotated[
        int, typer.Option(min=0, help="with --system: so many are stored beforehand")
    ] = 100_000,
    processes: Annotated[
        str, typer.Option(help="with --system: how many processes at once; several on PostgreSQL")
    ] = "1",
    seconds: Annotated[
        float, typer.Option(min=1, help="with --system: how long each load lasts")
    ] = 15.0,
    profile: Annotated[
        bool, typer.Option("--profile", help="only where a step's time goes")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one line of JSON only")] = False,
    cache: Annotated[
        Path | None, typer.Option(help="where the random model is kept; ~/.cache/kaiwa/bench")
    ] = None,
    write_gguf: Annotated[
        Path | None,
        typer.Option(help="write the same shape as a GGUF file for llama.cpp, and end"),
    ] = None,
) -> None:
    """Measure speed, waiting times, memory and the event loop's lag, beside other engines."""
    import asyncio

    from bot.bench.workload import Workload

    if write_gguf is not None:
        from bot.bench.gguf import write_gguf as write
        from bot.bench.shape import RINNA

        print(write(RINNA, write_gguf, say))
        return
    if overhead:
        _overhead(as_json)
        return
    if system:
        sizes = (conversations, messages, _counts(processes, "--processes"), seconds)
        _system(url, sizes, as_json)
        return
    counts = _counts(channels)
    settings = _with_model(read_settings(config), model, cache)
    load = Workload(
        channels=counts[0],
        preamble=preamble,
        history=history,
        question=question,
        reply=reply,
        turns=turns,
    )
    if profile:
        _profile(settings, load, counts)
        return
    results = asyncio.run(_measure(settings, load, counts, rounds, against or [], targets))
    from bot.bench import report

    if not as_json:
        print(report.text(results, with_targets=targets), end="\n\n")
    print(report.as_json(results))


async def _measure(
    settings: Settings,
    work: Workload,
    counts: list[int],
    rounds: int,
    against: list[str],
    all_targets: bool,
) -> Results:
    from dataclasses import replace

    from bot.app import engine_options, load
    from bot.bench.generate import GenerateBot
    from bot.bench.loading import measured_load
    from bot.bench.overhead import overhead
    from bot.bench.results import KAIWA, Results
    from bot.bench.suite import Suite, parties
    from bot.bench.targets import HISTORY, LONG, SHORT

    if all_targets:
        counts = sorted({1, 4, 8, *counts})
        work = replace(work, history=HISTORY)
        against = against if GenerateBot.name in against else [*against, GenerateBot.name]
    loaded, loading = measured_load(lambda: load(settings, say))
    work = replace(work, vocabulary=loaded.model.config.vocab_size).within(loaded.context_length)
    members = parties(loaded, engine_options(settings), against)
    suite = Suite(members, say)
    cases = []
    for channels in counts:
        names = list(members)
        if all_targets and channels != 4:  # so slow that once is enough
            names.remove(GenerateBot.name)
        cases.append(await suite.run(replace(work, channels=channels), names, rounds))
    added = None
    if all_targets:
        for history in (SHORT, LONG):
            alone = replace(work, channels=1, history=history)
            if alone.longest <= loaded.context_length:
                cases.append(await suite.run(alone, [KAIWA], rounds))
        say("The bot without the model …")
        added = await overhead()
    device = f"{loaded.device}, {loaded.dtype}".replace("torch.", "")
    return Results(
        loaded.folder.name, device, cases, suite.failures, loading, added, suite.llama_cpp
    )


def _overhead(as_json: bool) -> None:
    import asyncio
    import json
    from dataclasses import asdict

    from bot.bench.overhead import overhead
    from bot.bench.report import overhead_text

    measured = asyncio.run(overhead())
    if not as_json:
        print(overhead_text(measured))
    print(json.dumps({"overhead": asdict(measured)}))


def _system(url: str | None, sizes: tuple[int, int, list[int], float], as_json: bool) -> None:
    import asyncio

    from bot.bench.system import report
    from bot.bench.system.whole import Plan, measure

    measured = asyncio.run(measure(url, Plan(*sizes), say))
    if not as_json:
        print(report.text(measured), end="\n\n")
    print(report.as_json(measured))


def _profile(settings: Settings, work: Workload, counts: list[int]) -> None:
    import asyncio
    from dataclasses import replace

    from bot.app import engine_options, load
    from bot.bench.profiling import profile

    loaded = load(settings, say)
    for channels in counts:
        one = replace(work, channels=channels, vocabulary=loaded.model.config.vocab_size)
        one.within(loaded.context_length)
        print(asyncio.run(profile(loaded, engine_options(settings), one)), end="\n\n")


def _counts(channels: str, option: str = "--channels") -> list[int]:
    """The numbers of a list such as 1,4,8. Raises BotError."""
    try:
        counts = [int(part) for part in channels.split(",")]
    except ValueError:
        counts = []
    if not counts or min(counts) < 1:
        raise BotError(
            f"{option} {channels}: give numbers from 1 on, such as 1,4,8.",
            f"{option} {channels}：1,4,8 のように、1以上の数を指定してください。",
        )
    return counts


def _with_model(settings: Settings, model: str | None, cache: Path | None) -> Settings:
    """The settings with the model that is to be measured."""
    if model == RANDOM:
        from bot.bench.random_model import cache_folder, random_model
        from bot.bench.shape import RINNA

        model = str(random_model(RINNA, cache or cache_folder(), say))
    if model is None:
        return settings
    named = settings.model.model_copy(update={"id": model, "revision": None})
    return settings.model_copy(update={"model": named})
