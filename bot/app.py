"""The composition root: builds the parts and puts them together. The only file that sees all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.chat import Chat
from bot.config import Settings, discord_token
from bot.engine.loader import LoadedModel, load_model
from bot.engine.local import EngineOptions, LocalEngine
from bot.errors import BotError
from bot.limits import RateLimiter
from bot.policy import Mode, Policy
from bot.ports import Platform
from bot.prompt import ChatTemplateFormat, PromptFormat, RinnaFormat
from bot.tokenizer import HuggingFaceTokenizer, Tokenizer, has_chat_template
from storage.database import Database
from storage.store import SqlStore

DEMO = "demo"
DEMO_FOLDER = Path(__file__).parent / "demo" / "model"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class App:
    """Everything that runs: the chat, and the parts that commands look at."""

    chat: Chat
    store: SqlStore
    engine: LocalEngine


def model_source(settings: Settings) -> str:
    """The Hub id or folder to load: `demo` is the built-in model's folder."""
    return str(DEMO_FOLDER) if settings.model.id == DEMO else settings.model.id


def prompt_format(settings: Settings, tokenizer: Tokenizer, folder: Path) -> PromptFormat:
    """The format that the model in `folder` was trained on: its own chat template, or rinna's."""
    names = settings.prompt.speaker_names
    if isinstance(tokenizer, HuggingFaceTokenizer) and has_chat_template(folder):
        return ChatTemplateFormat(tokenizer, speaker_names=names)
    return RinnaFormat(tokenizer, speaker_names=names)


def load(settings: Settings, progress: Progress) -> LoadedModel:
    """Load the model that the settings name. Takes seconds to minutes; raises BotError."""
    if settings.model.id == DEMO:
        progress(
            "組み込みの小さな練習用モデルを使います（かんたんな会話と、やさしい単語だけ）。\n"
            "Using the small built-in practice model: simple talk and easy words only."
        )
    model = settings.model
    return load_model(
        model_source(settings),
        quantization=model.quantization,
        device=model.device,
        dtype=model.dtype,
        revision=model.revision,
        on_progress=progress,
    )


def engine_options(settings: Settings) -> EngineOptions:
    """The engine's part of the settings."""
    engine = settings.engine
    return EngineOptions(
        max_batch=engine.max_batch,
        max_waiting=engine.max_waiting,
        max_step_tokens=engine.max_step_tokens,
        cache_tokens=engine.cache_tokens,
        deadline_seconds=engine.deadline_seconds,
    )


def policy(settings: Settings) -> Policy:
    """What the operator decided about answering, for platforms with many people."""
    chat = settings.chat
    return Policy(
        Mode(chat.mode),
        per_user=RateLimiter(chat.user_messages_per_minute),
        per_channel=RateLimiter(chat.channel_messages_per_minute),
    )


@asynccontextmanager
async def open_app(
    settings: Settings, progress: Progress, answering: Policy | None = None
) -> AsyncIterator[App]:
    """Open the database, load the model, run the engine; close all of it at the end.

    Without a policy everything is answered at once, as at a console. Raises BotError, with
    what to do, when a part cannot be set up.
    """
    async with await Database.open(settings.storage.url) as database:
        store = SqlStore(database)
        loaded = await asyncio.to_thread(load, settings, progress)
        async with LocalEngine.from_loaded(loaded, engine_options(settings)) as engine:
            chat = Chat(
                store,
                engine,
                prompt_format(settings, loaded.tokenizer, loaded.folder),
                preamble=settings.prompt.preamble_turns(),
                sampling=settings.generation.sampling(),
                policy=answering,
            )
            yield App(chat, store, engine)


async def run_platforms(settings: Settings, progress: Progress, stop: asyncio.Event) -> None:
    """Serve every enabled platform until `stop` is set, then come to an orderly end.

    Raises BotError when none is enabled, or one cannot be served.
    """
    if not settings.discord.enabled:
        raise BotError(
            "No platform is enabled. Put [discord] enabled = true into config.toml, or use "
            "`kaiwa chat` to talk in the terminal.",
            "有効なプラットフォームがありません。config.toml の [discord] に enabled = true と"
            "書いてください。端末で話すには kaiwa chat を使います。",
        )
    token = discord_token()  # before the model, which may take minutes to load
    from adapters.discord.platform import DiscordPlatform

    async with open_app(settings, progress, policy(settings)) as parts:
        problem: BaseException | None = None
        platforms = [DiscordPlatform(parts.chat, settings.discord, token, progress)]
        try:
            async with asyncio.TaskGroup() as group:
                serving = [group.create_task(platform.run()) for platform in platforms]
                ending = group.create_task(_close(platforms, stop, settings.chat.shutdown_seconds))
                await asyncio.wait(serving)
                ending.cancel()
        except* BotError as errors:
            problem = errors.exceptions[0]
        if problem is not None:
            raise problem


async def _close(platforms: Sequence[Platform], stop: asyncio.Event, grace: float) -> None:
    """Close all platforms once `stop` is set; replies have `grace` seconds to end."""
    await stop.wait()
    await asyncio.gather(*(platform.close(grace) for platform in platforms))
