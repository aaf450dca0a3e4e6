"""`kaiwa check`: is everything set up? Each part is a line, and what is missing has its fix."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.config import Settings, load_settings, settings_file
from bot.errors import BotError
from bot.private import warning


@dataclass(frozen=True, slots=True)
class Line:
    """One part and its state; where it is not good, with what to do."""

    good: bool
    part: str
    state: str

    def __str__(self) -> str:
        return f"{'✓' if self.good else '✗'} {self.part}: {self.state}"


def run_checks(path: Path | None) -> Iterator[Line]:
    """Check the parts one after the other; a part that hangs on a missing one is left out."""
    try:
        settings = load_settings(path)
    except BotError as error:
        yield _bad("settings 設定", error)
        return
    file = settings_file(path)
    yield Line(True, "settings 設定", str(file) if file else "defaults (no config.toml)")
    yield _database(settings)
    yield from _servers(settings) if settings.engine.backend == "openai" else _model(settings)
    yield _study(settings)
    if settings.discord.enabled:
        yield _discord(settings)
    if settings.slack.enabled:
        yield _slack(settings)
    if settings.web.enabled:
        yield _web(settings)


def _database(settings: Settings) -> Line:
    from storage.database import Database
    from storage.sqlite_files import files_of
    from storage.store import SqlStore

    async def count() -> int:
        async with await Database.open(settings.storage.url) as database:
            return len(await SqlStore(database).conversations())

    try:
        stored = asyncio.run(count())
    except BotError as error:
        return _bad("database データベース", error)
    place = settings.storage.url.partition("///")[2]
    state = f"{place}, {stored} conversations"
    if (loose := warning(files_of(settings.storage.url))) is not None:
        state += "\n" + loose.both()
    return Line(True, "database データベース", state.replace("\n", "\n    "))


def _study(settings: Settings) -> Line:
    """Not to study is no mistake; what is set up must work."""
    from bot.app import studying

    study = studying(settings)
    if not study.installed:
        return Line(True, "study 学習", "not installed (pip install 'kaiwa[study]')")
    if not study.is_set_up:
        return Line(True, "study 学習", "not set up (kaiwa study setup)")
    try:
        return Line(True, "study 学習", study.look())
    except BotError as error:
        return _bad("study 学習", error)


def _discord(settings: Settings) -> Line:
    from adapters.discord.platform import look
    from bot.tokens import discord_token

    try:
        return Line(True, "Discord", asyncio.run(look(settings.discord, discord_token())))
    except BotError as error:
        return _bad("Discord", error)


def _slack(settings: Settings) -> Line:
    from adapters.slack.transport.platform import look
    from bot.app import open_installations
    from bot.tokens import slack_secrets

    async def state() -> str:
        secrets = slack_secrets(settings.slack)
        async with open_installations(settings, secrets) as installations:
            return await look(settings.slack, secrets, installations)

    try:
        return Line(True, "Slack", asyncio.run(state()))
    except BotError as error:
        return _bad("Slack", error)


def _web(settings: Settings) -> Line:
    from adapters.web.platform import check

    try:
        return Line(True, "web page ウェブページ", check(settings.web))
    except BotError as error:
        return _bad("web page ウェブページ", error)


def _servers(settings: Settings) -> Iterator[Line]:
    """The tokenizer here, and each server that runs the model."""
    from bot.app import prompt_format, remote_options, tokenizing
    from bot.engine.remote.server import look
    from bot.messages import Prompt, Role, Turn

    try:
        folder, tokenizer, context_length = tokenizing(settings, None)
        options = remote_options(settings, context_length)
    except BotError as error:
        yield _bad("model モデル", error)
        return
    yield Line(True, "model モデル", f"{settings.model.id}, tokenizer and configuration only")
    turn = Turn(Role.USER, "こんにちは")
    text, ids = prompt_format(settings, tokenizer, folder).encode([turn])
    for url in options.base_urls:
        part = f"server サーバー {url}"
        try:
            seen = asyncio.run(look(options, url, Prompt(text, tuple(ids), (turn,))))
            yield Line(True, part, seen)
        except BotError as error:
            yield _bad(part, error)


def _model(settings: Settings) -> Iterator[Line]:
    from bot.app import model_source
    from bot.engine.checkpoint import find_folder, read_config
    from bot.engine.foreseen import number_on_cpu
    from bot.engine.memory import Sized, choose, free_bytes, free_memory, needed_bytes
    from bot.tokenizer import load_tokenizer

    model = settings.model
    try:
        folder = find_folder(model_source(settings), model.revision)
        config = read_config(folder, dtype=False)
        tokenizer = load_tokenizer(folder)
    except BotError as error:
        yield _bad("model モデル", error)
        return
    described = f"{model.id}, {config.model_type}, {tokenizer.vocab_size:,} tokens in vocabulary"
    yield Line(True, "model モデル", described)
    try:
        number: Sized | None = number_on_cpu(model.device, model.dtype)
        device = None
        if number is None:
            device, number = choose(folder, model.quantization, model.device, model.dtype)
    except BotError as error:
        yield _bad("device デバイス", error)
        return
    yield Line(True, "device デバイス", f"{device or 'cpu'}, {number}".replace("torch.", ""))
    needed = needed_bytes(folder, model.quantization, number)
    free = free_memory() if device is None else free_bytes(device)
    amounts = f"{needed / 1e9:.2f} GB needed, {free / 1e9:.1f} GB free"
    if needed > free:
        fix = 'close other programs, or set quantization = "nf4" or a smaller model'
        yield Line(False, "memory メモリ", f"{amounts}: {fix}")
    else:
        yield Line(True, "memory メモリ", amounts)


def _bad(part: str, error: BotError) -> Line:
    return Line(False, part, error.both().replace("\n", "\n    "))
