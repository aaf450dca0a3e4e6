"""The composition root: builds the parts and puts them together. The only file that sees all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.chat import Chat
from bot.config import Settings
from bot.engine.loader import LoadedModel, load_model
from bot.engine.local import EngineOptions, LocalEngine
from bot.prompt import ChatTemplateFormat, PromptFormat, RinnaFormat
from bot.tokenizer import HuggingFaceTokenizer, Tokenizer, has_chat_template
from storage.database import Database
from storage.history import SqlHistory

DEMO = "demo"
DEMO_FOLDER = Path(__file__).parent / "demo" / "model"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class App:
    """Everything that runs: the chat, and the parts that commands look at."""

    chat: Chat
    store: SqlHistory
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


@asynccontextmanager
async def open_app(settings: Settings, progress: Progress) -> AsyncIterator[App]:
    """Open the database, load the model, run the engine; close all of it at the end.

    Raises BotError, with what to do, when a part cannot be set up.
    """
    async with await Database.open(settings.storage.url) as database:
        store = SqlHistory(database)
        loaded = await asyncio.to_thread(load, settings, progress)
        async with LocalEngine.from_loaded(loaded, engine_options(settings)) as engine:
            chat = Chat(
                store,
                engine,
                prompt_format(settings, loaded.tokenizer, loaded.folder),
                preamble=settings.prompt.preamble_turns(),
                sampling=settings.generation.sampling(),
            )
            yield App(chat, store, engine)
