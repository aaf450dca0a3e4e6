"""`kaiwa check`: is everything set up? Each part is a line, and what is missing has its fix."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.config import Settings, load_settings, settings_file
from bot.errors import BotError
from bot.home import shown_place
from bot.private import warning
from bot.secret import given_by

if TYPE_CHECKING:
    from transformers import PretrainedConfig

    from storage.looking import Seen


@dataclass(frozen=True, slots=True)
class Line:
    """One part and its state; where it is not good, with what to do."""

    good: bool
    part: str
    state: str

    def __str__(self) -> str:
        return f"{'✓' if self.good else '✗'} {self.part}: {self.state}"


def run_checks(path: Path | None) -> Iterator[Line]:
    """Check the parts one after the other; a part that hangs on a missing one is left out.

    Nothing is written: what the first start will make or migrate is said.
    """
    try:
        settings = load_settings(path)
    except BotError as error:
        yield _bad("settings 設定", error)
        return
    file = settings_file(path)
    yield Line(True, "settings 設定", str(file) if file else "defaults / 既定値 (kaiwa init)")
    seen = _looked_at(settings)
    yield _bad(_DATABASE, seen) if isinstance(seen, BotError) else _database(settings, seen)
    if settings.storage.backup_folder is not None:
        yield _copies(settings)
    yield from _servers(settings) if settings.engine.backend == "openai" else _model(settings)
    yield _study(settings)
    if settings.discord.enabled:
        yield _discord(settings)
    if settings.slack.enabled:
        yield _slack(settings, None if isinstance(seen, BotError) else seen)
    if settings.web.enabled:
        yield _web(settings)
    yield from _ports(settings)


BUILT_IN = "demo"  # known to be whole
_DATABASE = "database データベース"


def _looked_at(settings: Settings) -> Seen | BotError:
    from storage.looking import look

    try:
        return asyncio.run(look(settings.storage.url))
    except BotError as error:
        return error


def _database(settings: Settings, seen: Seen) -> Line:
    from storage.sqlite_files import files_of

    place = shown_place(settings.storage.url)
    if seen.version is None:
        return Line(True, _DATABASE, f"{place}, 起動時に作成します / will be created")
    state = f"{place}, 会話{seen.conversations}件 / {seen.conversations} conversations"
    if seen.old:
        state += (
            f", 起動時にバージョン {seen.version} から更新します / "
            f"will be migrated from version {seen.version}"
        )
    if (loose := warning(files_of(settings.storage.url))) is not None:
        state += f". {_one_line(loose)}"
    return Line(True, _DATABASE, state)


def _copies(settings: Settings) -> Line:
    """The newest of the daily copies, and whether there can be another."""
    from bot.daily_copies import newest

    part, folder = "backups バックアップ", settings.storage.backup_folder
    assert folder is not None
    path = Path(folder).absolute()
    there = next(each for each in (path, *path.parents) if os.path.exists(each))
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        fix = BotError(
            f"{there} cannot be written to. Set [storage] backup_folder to another folder.",
            f"{there} に書き込めません。[storage] backup_folder を別のフォルダーにしてください。",
        )
        return _bad(part, fix)
    found = newest(settings.storage)
    return Line(True, part, f"{folder}, {found.name if found else 'まだありません / none yet'}")


def _study(settings: Settings) -> Line:
    """Not to study is no mistake; what is set up must work."""
    from bot.app import studying

    study = studying(settings)
    if not study.installed:
        return Line(
            True, "study 学習", "not installed / 未インストール (pip install 'kaiwa[study]')"
        )
    if not study.is_set_up:
        return Line(True, "study 学習", "not set up / 未設定 (kaiwa study setup)")
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


def _slack(settings: Settings, seen: Seen | None) -> Line:
    from adapters.slack.transport.platform import look
    from bot.tokens import slack_secrets
    from storage.database import Database
    from storage.installations import SqlInstallations

    async def state() -> str:
        secrets = slack_secrets(settings.slack)
        if not secrets.several:
            return await look(settings.slack, secrets, None)
        if seen is None or seen.version is None or seen.old:  # it has no tables to look into yet
            return "複数のワークスペース（まだありません） / several workspaces, none yet"
        async with Database.unmigrated(settings.storage.url) as database:
            installations = SqlInstallations(database, secrets.installation_key)
            return await look(settings.slack, secrets, installations)

    try:
        return Line(True, "Slack", asyncio.run(state()))
    except BotError as error:
        return _bad("Slack", error)


def _ports(settings: Settings) -> Iterator[Line]:
    """Whether one can listen where that will be; a bot that runs here already may be who does."""
    if not (places := list(_listened_at(settings))):
        return
    from adapters.listening import try_to_listen
    from storage.alone import is_served

    for what, host, port in places:
        part = f"port ポート {port}"
        try:
            try_to_listen(host, port)
            yield Line(True, part, f"{what}, {host}")
        except BotError as error:
            if is_served(settings.storage.url):
                told = "動作中の Kaiwa が使用中です / in use by the Kaiwa that is running"
                yield Line(True, part, f"{what}, {told}")
            else:
                yield _bad(part, error)


def _listened_at(settings: Settings) -> Iterator[tuple[str, str, int]]:
    slack, page = settings.slack, settings.web
    several = bool(given_by("KAIWA_SLACK_CLIENT_ID"))
    if slack.enabled and (slack.mode == "http" or several):
        yield "Slack", slack.host, slack.port
    if page.enabled:
        yield "web page ウェブページ", page.host, page.port
    if (figures := settings.monitoring).enabled:
        yield "/healthz, /metrics", figures.host, figures.port


def _web(settings: Settings) -> Line:
    from adapters.web.platform import check

    try:
        return Line(True, "web page ウェブページ", check(settings.web))
    except BotError as error:
        return _bad("web page ウェブページ", error)


def _servers(settings: Settings) -> Iterator[Line]:
    """The tokenizer here, and each server that runs the model."""
    from bot.app import plain_text, prompt_format, remote_options, tokenizing
    from bot.engine.remote.probe import look
    from bot.messages import Prompt, Role, Turn

    try:
        folder, tokenizer, context_length = tokenizing(settings, None)
        options = remote_options(settings, context_length)
    except BotError as error:
        yield _bad("model モデル", error)
        return
    yield Line(
        True,
        "model モデル",
        f"{settings.model.id}, トークナイザーと設定のみ / tokenizer and configuration",
    )
    turn = Turn(Role.USER, "こんにちは")
    prompts = prompt_format(settings, tokenizer, folder)
    text, ids = prompts.encode([turn])
    prompt, plain = Prompt(text, tuple(ids), (turn,)), plain_text(tokenizer, prompts)
    for url in options.base_urls:
        part = f"server サーバー {url}"
        try:
            asked = look(options, url, prompt, settings.model.id, tokenizer, plain)
            seen = asyncio.run(asked)
            yield Line(True, part, seen)
        except BotError as error:
            yield _bad(part, error)


def _model(settings: Settings) -> Iterator[Line]:
    from bot.app import model_source, prompt_format
    from bot.engine.checkpoint import find_folder, read_config
    from bot.engine.errors import BLIND, more_ids
    from bot.engine.foreseen import number_on_cpu
    from bot.engine.language_part import sees
    from bot.engine.memory import Sized, choose, free_bytes, free_memory, needed_bytes
    from bot.templated import end_ids
    from bot.tokenizer import load_tokenizer

    model = settings.model
    try:
        folder = find_folder(model_source(settings), model.revision)
        config = read_config(folder, dtype=False)
        tokenizer = load_tokenizer(folder)
        end_ids(tokenizer)  # which asks a chat template, whatever the prompts' format is
        prompt_format(settings, tokenizer, folder)
        unknown = 0 if model.id == BUILT_IN else tokenizer.vocab_size - _known(folder, config)
    except BotError as error:
        yield _bad("model モデル", error)
        return
    described = f"{model.id}, {config.model_type}, 語彙 / vocabulary {tokenizer.vocab_size:,}"
    if sees(folder):
        described += f". {_one_line(BotError(*BLIND))}"
    if unknown > 0:
        told = BotError(*more_ids(unknown))
        described += f". {_one_line(told)}"
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
    amounts = (
        f"必要 {needed / 1e9:.2f} GB、空き {free / 1e9:.1f} GB / "
        f"{needed / 1e9:.2f} GB needed, {free / 1e9:.1f} GB free"
    )
    if needed > free:
        fix = BotError(
            'Close other programs, or set quantization = "nf4" or a smaller model.',
            '他のプログラムを終了するか、quantization = "nf4" または小さいモデルにしてください。',
        )
        yield Line(False, "memory メモリ", f"{amounts}. {_one_line(fix)}")
    else:
        yield Line(True, "memory メモリ", amounts)


def _known(folder: Path, config: PretrainedConfig) -> int:
    """How many tokens the model knows; its weights are read for that, and looked at."""
    from bot.engine.examined import examine

    return examine(folder, config)


def _bad(part: str, error: BotError) -> Line:
    return Line(False, part, _one_line(error))


def _one_line(error: BotError) -> str:
    return error.both().replace("\n", " / ")
