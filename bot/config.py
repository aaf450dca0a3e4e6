"""Settings: a TOML file, with environment variables over it, checked before anything starts.

Every setting `key` of a `[section]` is also the environment variable `KAIWA_SECTION__KEY`.
Knows nothing of what the settings are used for, nor how a problem with them is found and worded.
Longer than most files: every section stands here, as config.example.toml has them.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.config_errors import (
    ConfigError,
    file_problems,
    shown,
    unknown_variables,
    variable_problem,
)
from bot.config_kinds import (
    Count,
    CountOrZero,
    DatabaseUrl,
    DataFile,
    Device,
    DiscordUrl,
    Ids,
    Port,
    PositiveNumber,
    ServerUrl,
    SlackIds,
    SlackUrl,
    SocketUrl,
    Text,
    TimeOfDay,
    WebUrl,
)
from bot.home import InHome, home, placed
from bot.messages import Role, Sampling, Turn
from bot.toml_file import read_toml

__all__ = ["ConfigError", "Settings", "load_settings", "settings_file"]


ATTACHMENT_BYTES = 65_536  # of a text file that is read, unless set otherwise


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ModelSettings(_Section):
    """Which model, and how it is loaded. `id` is "demo", a Hugging Face id or a folder."""

    id: Text = "demo"
    revision: Text | None = None
    quantization: Literal["nf4", "none"] = "nf4"
    device: Device = "auto"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"


class GenerationSettings(_Section):
    """How tokens are chosen; the fields and defaults of `bot.messages.Sampling`."""

    max_new_tokens: Count = 512
    temperature: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.85
    top_k: CountOrZero = 0
    repetition_penalty: PositiveNumber = 1.0
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None
    stop: tuple[Text, ...] = ()

    def sampling(self) -> Sampling:
        """The same as a value of the core."""
        return Sampling(**self.model_dump())


class EngineSettings(_Section):
    """Where the model runs, how many requests are served at once, and how long one may take.

    Counts of `max_batch` and `max_waiting` are requests, those of `max_step_tokens` (prefilled
    a step), `cache_tokens` (None: as memory allows) and `context_length` (None: as the model and
    the memory allow) tokens. What follows `base_urls` is for servers (backend "openai") only.
    """

    backend: Literal["local", "openai"] = "local"
    max_batch: Count = 16
    max_waiting: Count = 64
    max_step_tokens: Count = 1024
    cache_tokens: Count | None = None
    context_length: Count | None = None
    deadline_seconds: PositiveNumber = 300.0
    base_urls: tuple[ServerUrl, ...] = ()
    model: Text | None = None
    api: Literal["completions", "chat"] = "completions"
    connect_seconds: PositiveNumber = 5.0
    read_seconds: PositiveNumber = 60.0


class PromptSettings(_Section):
    """What every prompt begins with, as pairs of a user's text and its reply.

    `thinking`: models whose chat template asks think before they answer.
    """

    preamble: tuple[tuple[Text, Text], ...] = (
        (
            "Hello, you are an assistant that helps me learn Japanese.",
            "Sure, what can I do for you?",
        ),
    )
    speaker_names: bool = False
    thinking: bool = False

    def preamble_turns(self) -> tuple[Turn, ...]:
        """The preamble as turns, a user's first."""
        return tuple(
            Turn(role, text)
            for pair in self.preamble
            for role, text in zip((Role.USER, Role.ASSISTANT), pair, strict=True)
        )


class StorageSettings(_Section):
    """Where conversations are kept, as a SQLAlchemy URL; a relative path is the folder's.

    `retention_days`: how long messages are kept; None: until somebody deletes them.
    `backup_folder`: for daily copies; None: none is made.
    """

    url: DatabaseUrl = Field(default="sqlite+aiosqlite:///kaiwa.db", repr=False)
    retention_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    channels_may_keep_longer: bool = False
    backup_folder: Annotated[Text | None, InHome()] = None
    backup_at: TimeOfDay = "04:00"
    backup_keep: Count = 7


class ChatSettings(_Section):
    """When the bot answers where a channel says nothing, and how often it may be asked.

    Of an attached text file `attachment_bytes` are read.
    """

    mode: Literal["mention", "always", "off"] = "mention"
    user_messages_per_minute: CountOrZero = 20
    channel_messages_per_minute: CountOrZero = 60
    attachment_bytes: CountOrZero = ATTACHMENT_BYTES
    shutdown_seconds: PositiveNumber = 20.0


class StudySettings(_Section):
    """What studying Japanese takes. `candidates` are written of a reply that is held to a level."""

    file: DataFile = "study.db"
    romaji: Literal["macrons", "doubled"] = "macrons"
    candidates: Annotated[int, Field(ge=1, le=16)] = 4


class DiscordSettings(_Section):
    """How the bot connects to Discord, whom it talks with, and how it writes there.

    The lists hold ids. An empty list of allowed ones allows all; blocking wins. `trusted_bots`
    are users or webhooks: other bots are not listened to. `shard_ids`: of the `shards`, those of
    this process; none: all. The token is not a setting: see bot/tokens.py.
    """

    enabled: bool = False
    api_url: DiscordUrl | None = None
    gateway_url: SocketUrl | None = None
    message_content: Literal["auto", "on", "off"] = "auto"
    shards: Count | None = None
    shard_ids: tuple[CountOrZero, ...] = ()
    direct_messages: Literal["everyone", "allowed", "nobody"] = "everyone"
    allowed_guilds: Ids = ()
    allowed_channels: Ids = ()
    allowed_roles: Ids = ()
    allowed_users: Ids = ()
    blocked_guilds: Ids = ()
    blocked_channels: Ids = ()
    blocked_roles: Ids = ()
    blocked_users: Ids = ()
    trusted_bots: Ids = ()
    administrators: Ids = ()
    reply_pings: bool = False
    edit_seconds: PositiveNumber = 1.0
    catch_up_minutes: CountOrZero = 60

    @field_validator("shard_ids")
    @classmethod
    def _of_the_shards(cls, ids: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        """Each is one of `shards`, once."""
        shards = info.data.get("shards")
        if ids and (shards is None or len(set(ids)) < len(ids) or max(ids) >= shards):
            wrong = {
                "english": "needs shards, and must hold different numbers from 0 to shards - 1",
                "ja": "shards を設定し、0 から shards - 1 までの異なる番号にしてください",
            }
            raise PydanticCustomError("form", "{english}", wrong)
        return ids


class SlackSettings(_Section):
    """How the bot connects to Slack, whom it talks with, and how it writes there.

    The lists are as in DiscordSettings; `trusted_apps` are those (or their bots) whose messages
    count. Port 0 is any that is free. Tokens and secrets are not settings: see bot/tokens.py.
    """

    enabled: bool = False
    mode: Literal["socket", "http"] = "socket"
    api_url: SlackUrl | None = None
    host: Text = "127.0.0.1"
    port: Port = 3000
    reply_in: Literal["thread", "channel"] = "thread"
    streaming: Literal["auto", "off"] = "auto"
    direct_messages: Literal["everyone", "allowed", "nobody"] = "everyone"
    allowed_teams: SlackIds = ()
    allowed_channels: SlackIds = ()
    allowed_users: SlackIds = ()
    blocked_teams: SlackIds = ()
    blocked_channels: SlackIds = ()
    blocked_users: SlackIds = ()
    trusted_apps: SlackIds = ()
    administrators: SlackIds = ()
    edit_seconds: PositiveNumber = 1.2
    catch_up_minutes: CountOrZero = 60


class WebSettings(_Section):
    """The web page: where it listens, and at which address browsers see it.

    `url`: its public address; None: http, at `host` and `port`. Port 0 is any that is free.
    """

    enabled: bool = False
    host: Text = "127.0.0.1"
    port: Port = 8765
    url: WebUrl | None = None
    session_hours: Annotated[float, Field(gt=0, le=24 * 365)] = 24.0
    messages_per_minute: CountOrZero = 30


class MonitoringSettings(_Section):
    """Whether /healthz and /metrics can be asked for, and where. Port 0 is any that is free."""

    enabled: bool = False
    host: Text = "127.0.0.1"
    port: Port = 9464


with warnings.catch_warnings():  # nobody misses pydantic's deprecated method of that name
    warnings.simplefilter("ignore", UserWarning)

    class LogSettings(_Section):
        """What `kaiwa run` logs, and where: `file` None is standard error."""

        level: Literal["debug", "info", "warning", "error"] = "info"
        file: Annotated[Text | None, InHome()] = None
        rotate_megabytes: Count = 10
        rotate_keep: CountOrZero = 5
        json: bool = False  # type: ignore[assignment]


class _Environment(EnvSettingsSource):
    """The environment; a list that is no JSON is left for validation to complain of."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except (ValueError, RecursionError):
            return value


class Settings(BaseSettings):
    """All settings, frozen. Made by `load_settings`, whose complaints a user can read."""

    model_config = SettingsConfigDict(
        env_prefix="KAIWA_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    model: ModelSettings = ModelSettings()
    generation: GenerationSettings = GenerationSettings()
    engine: EngineSettings = EngineSettings()
    prompt: PromptSettings = PromptSettings()
    storage: StorageSettings = StorageSettings()
    chat: ChatSettings = ChatSettings()
    study: StudySettings = StudySettings()
    discord: DiscordSettings = DiscordSettings()
    slack: SlackSettings = SlackSettings()
    web: WebSettings = WebSettings()
    monitoring: MonitoringSettings = MonitoringSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file (which `load_settings` passes in)."""
        return _Environment(settings_cls), init_settings


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings from `settings_file(path)` and the environment.

    Raises ConfigError, one line a problem.
    """
    file = settings_file(path)
    document = {} if file is None else read_toml(file)
    problems = [
        *file_problems(shown(str(file)), document, _sections()),
        *unknown_variables(_sections()),
    ]
    if problems:
        raise ConfigError(problems)
    try:
        return _in_home(Settings(**document))
    except ValidationError as error:
        # The file alone was found good, so these are the environment's.
        details = error.errors(include_url=False, include_input=False)
        raise ConfigError([variable_problem(e) for e in details]) from None


def settings_file(path: Path | None = None) -> Path | None:
    """The file that is read: `path`, else KAIWA_CONFIG, else the home's config.toml where it is."""
    if path is not None:
        return path
    usual = usual_file()
    return usual if os.environ.get("KAIWA_CONFIG") or usual.exists() else None


def usual_file() -> Path:
    """Where the settings are looked for where no file is named: they need not be there."""
    return Path(os.environ.get("KAIWA_CONFIG") or placed("config.toml"))


def default_settings() -> Settings:
    """The settings where nothing was set; paths are the home's."""
    return _in_home(Settings.model_construct())


def _in_home(settings: Settings) -> Settings:
    """The settings with every path that is one of the home's, where a home was named."""
    folder = home()
    if folder is None:
        return settings
    if not folder.is_dir():
        raise ConfigError(
            [
                (
                    f"{shown(str(folder))}: is no folder. `kaiwa --home FOLDER init` makes it.",
                    f"{shown(str(folder))}: フォルダーがありません。"
                    "`kaiwa --home フォルダー init` で作成できます。",
                )
            ]
        )
    changed: dict[str, BaseModel] = {}
    for name, section in _sections().items():
        values = getattr(settings, name)
        paths = {
            key: placed(value)
            for key, field in section.model_fields.items()
            if any(isinstance(mark, InHome) for mark in field.metadata)
            and (value := getattr(values, key)) is not None
        }
        if name == "model" and (folder / values.id).is_dir():
            paths["id"] = placed(values.id)  # else it is a name on the Hub
        if paths:
            changed[name] = values.model_copy(update=paths)
    return settings.model_copy(update=changed)


def _sections() -> dict[str, type[BaseModel]]:
    return {name: type(field.default) for name, field in Settings.model_fields.items()}
