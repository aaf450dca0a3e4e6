"""The composition root: builds the parts and puts them together, all but platforms (serving.py).

A part is imported where it is built: torch takes seconds, which nobody waits for who made a
mistake in the settings or lets servers run the model.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from bot.chat import Chat
from bot.config import Settings
from bot.errors import BotError
from bot.forgetting import forgetting
from bot.handling import Handling
from bot.home import shown_place
from bot.level import Held
from bot.logins import Logins
from bot.meters import Meters
from bot.policy import Policy
from bot.private import warning
from bot.prompt import PromptFormat, RinnaFormat
from bot.retention import Retention
from bot.study.study import Study
from bot.templated import ChatTemplateFormat
from bot.tokenizer import (
    HuggingFaceTokenizer,
    SentencePieceTokenizer,
    Tokenizer,
    has_chat_template,
    load_tokenizer,
)
from bot.tokens import SlackSecrets, engine_api_key

if TYPE_CHECKING:
    from bot.engine.loader import LoadedModel
    from bot.engine.local import EngineOptions, LocalEngine
    from bot.engine.remote.engine import RemoteEngine
    from bot.engine.remote.plain_text import PlainText
    from bot.engine.remote.server import RemoteOptions
    from storage.database import Database
    from storage.installations import SqlInstallations
    from storage.store import SqlStore

DEMO = "demo"
WITH_TEMPLATE = (HuggingFaceTokenizer, SentencePieceTokenizer)  # perhaps
DEMO_FOLDER = Path(__file__).parent / "demo" / "model"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class App:
    """Everything that runs: the chat, and the parts that commands look at."""

    chat: Chat
    store: SqlStore
    engine: LocalEngine | RemoteEngine
    database: Database

    def busy(self) -> tuple[int, int]:
        """How many replies are written now, and how many wait."""
        engine = self.engine
        now = engine.stats if hasattr(engine, "stats") else engine
        return now.running, now.waiting


def model_source(settings: Settings) -> str:
    """The Hub id or folder to load."""
    return named(settings.model.id)


def named(model: str) -> str:
    """A model's Hub id or folder: `demo` is the built-in model's folder."""
    return str(DEMO_FOLDER) if model == DEMO else model


def prompt_format(settings: Settings, tokenizer: Tokenizer, folder: Path) -> PromptFormat:
    """The format that the model in `folder` was trained on: its own chat template, or rinna's."""
    names = settings.prompt.speaker_names
    if isinstance(tokenizer, WITH_TEMPLATE) and has_chat_template(folder):
        return ChatTemplateFormat(tokenizer, names, settings.prompt.thinking)
    return RinnaFormat(tokenizer, speaker_names=names)


def studying(settings: Settings) -> Study:
    """What studying takes, of which nothing is loaded yet."""
    return Study(Path(settings.study.file), settings.study.romaji)


def held(settings: Settings, study: Study) -> Held | None:
    """What holds replies to a level; None where nobody can tell words' levels."""
    if not study.available:
        return None
    from bot.study.levelling import StudyLeveller

    return Held(StudyLeveller(study), settings.study.candidates)


def logins(settings: Settings, store: SqlStore) -> Logins | None:
    """Who may log in to the web page; None where there is none."""
    page = settings.web
    if not page.enabled:
        return None
    return Logins(store, web_address(settings), hours=page.session_hours)


def web_address(settings: Settings) -> str:
    """Where browsers find the web page."""
    page = settings.web
    host = f"[{page.host}]" if ":" in page.host else page.host
    return (page.url or f"http://{host}:{page.port}").rstrip("/")


def handling(settings: Settings) -> Handling:
    """What the settings do with what people say."""
    remote = settings.engine.backend == "openai"
    page = settings.web
    return Handling(
        model_hosts=tuple(_host(url) for url in settings.engine.base_urls) if remote else (),
        names=settings.prompt.speaker_names,
        database_host=_database_host(settings.storage.url),
        attachment_bytes=settings.chat.attachment_bytes,
        web_url=web_address(settings) if page.enabled else None,
        web_hours=page.session_hours,
        copies=settings.storage.backup_keep if settings.storage.backup_folder else None,
    )


def _host(url: str) -> str:
    """A URL's host, without the user and password that may stand before it."""
    return urlsplit(url).hostname or ""


def _database_host(url: str) -> str:
    """The database's; empty where a file or a socket of this machine is it."""
    named = parse_qs(urlsplit(url).query).get("host", [_host(url)])
    return ", ".join(each for each in named if not each.startswith("/"))


def load(settings: Settings, progress: Progress) -> LoadedModel:
    """Load the model that the settings name. Takes seconds to minutes; raises BotError."""
    from bot.engine.checkpoint import find_folder

    find_folder(model_source(settings), settings.model.revision, progress)  # without torch
    from bot.engine.vendors import load_modeling

    load_modeling()
    from bot.engine.loader import load_model

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
    from bot.engine.local import EngineOptions

    engine = settings.engine
    return EngineOptions(
        max_batch=engine.max_batch,
        max_waiting=engine.max_waiting,
        max_step_tokens=engine.max_step_tokens,
        cache_tokens=engine.cache_tokens,
        context_length=engine.context_length,
        deadline_seconds=engine.deadline_seconds,
    )


def remote_options(settings: Settings, context_length: int) -> RemoteOptions:
    """The engine's part of the settings where servers run the model. Raises BotError."""
    engine = settings.engine
    if not engine.base_urls:
        raise BotError(
            '[engine] backend = "openai" needs base_urls, such as ["http://127.0.0.1:8000/v1"].',
            '[engine] backend = "openai" には base_urls が必要です'
            '（例: ["http://127.0.0.1:8000/v1"]）。',
        )
    from bot.engine.remote.server import RemoteOptions

    return RemoteOptions(
        base_urls=engine.base_urls,
        model=engine.model,
        api=engine.api,
        speaker_names=settings.prompt.speaker_names,
        thinking=settings.prompt.thinking,
        context_length=engine.context_length or context_length,
        api_key=engine_api_key(),
        connect_seconds=engine.connect_seconds,
        read_seconds=engine.read_seconds,
        deadline_seconds=engine.deadline_seconds,
        max_batch=engine.max_batch,
        max_waiting=engine.max_waiting,
    )


def plain_text(tokenizer: Tokenizer, prompts: PromptFormat) -> PlainText:
    """Prompts as servers get them that take text."""
    from bot.engine.remote.plain_text import PlainText

    marks: Mapping[int, str] = getattr(tokenizer, "marks", {})
    return PlainText(marks.values(), prompts.render)


@asynccontextmanager
async def open_engine(
    settings: Settings, progress: Progress
) -> AsyncIterator[tuple[LocalEngine | RemoteEngine, PromptFormat]]:
    """The engine that the settings choose, running, and its model's prompt format."""
    if settings.engine.backend == "openai":
        from bot.engine.remote.engine import RemoteEngine

        folder, tokenizer, context_length = await asyncio.to_thread(tokenizing, settings, progress)
        options = remote_options(settings, context_length)
        urls = ", ".join(options.base_urls)
        progress(f"モデルサーバー {urls} を使います。\nUsing the model servers {urls}.")
        prompts = prompt_format(settings, tokenizer, folder)
        async with RemoteEngine(tokenizer, options, plain_text(tokenizer, prompts)) as remote:
            yield remote, prompts
        return
    loaded = await asyncio.to_thread(load, settings, progress)
    from bot.engine.local import LocalEngine

    engine = LocalEngine.from_loaded(loaded, engine_options(settings))
    if engine.context_length < loaded.context_length:
        progress(
            f"文脈は {engine.context_length:,} トークンまでです"
            f"（モデルは {loaded.context_length:,}）。\n"
            f"A prompt and its reply are {engine.context_length:,} tokens at most, of the model's "
            f"{loaded.context_length:,}."
        )
    async with engine as local:
        yield local, prompt_format(settings, loaded.tokenizer, loaded.folder)


def tokenizing(settings: Settings, progress: Progress | None) -> tuple[Path, Tokenizer, int]:
    """What is needed of a model that servers run: its folder, tokenizer and context length."""
    from bot.engine.checkpoint import context_length, find_folder

    source, revision = model_source(settings), settings.model.revision
    folder = find_folder(source, revision, progress, weights=False)
    return folder, load_tokenizer(folder), context_length(folder)


@asynccontextmanager
async def open_app(
    settings: Settings,
    progress: Progress,
    answering: Policy | None = None,
    meters: Meters | None = None,
) -> AsyncIterator[App]:
    """Open the database, load the model, run the engine; close all of it at the end.

    Without a policy everything is answered at once, as at a console. Raises BotError, with
    what to do, when a part cannot be set up.
    """
    from storage.database import Database
    from storage.signals import sharing
    from storage.sqlite_files import files_of
    from storage.store import SqlStore

    progress(f"データの場所 / Data in: {shown_place(settings.storage.url)}")
    async with await Database.open(settings.storage.url) as database:
        if (loose := warning(files_of(settings.storage.url))) is not None:
            progress(loose.both())
        store = SqlStore(database)
        async with (
            open_engine(settings, progress) as (engine, prompts),
            sharing(database) as others,
        ):
            study = studying(settings)
            chat = Chat(
                store,
                engine,
                prompts,
                preamble=settings.prompt.preamble_turns(),
                sampling=settings.generation.sampling(),
                policy=answering,
                study=study,
                held=held(settings, study),
                logins=logins(settings, store),
                handling=handling(settings),
                retention=Retention(
                    settings.storage.retention_days, settings.storage.channels_may_keep_longer
                ),
                signals=others,
                meters=meters,
            )
            try:
                async with forgetting(chat):
                    yield App(chat, store, engine, database)
            finally:
                chat.quizzes.close()
                study.close()


@asynccontextmanager
async def open_installations(
    settings: Settings, secrets: SlackSecrets
) -> AsyncIterator[SqlInstallations | None]:
    """Where the workspaces are kept that installed the app; None for one workspace's token."""
    if not secrets.several:
        yield None
        return
    from storage.database import Database
    from storage.installations import SqlInstallations

    async with await Database.open(settings.storage.url) as database:
        installations = SqlInstallations(database, secrets.installation_key)
        await installations.reencrypt()  # so that an old key can be taken away
        yield installations
