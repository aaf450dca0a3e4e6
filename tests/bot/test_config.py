"""Settings: where they come from, which wins, and what is said of a wrong one."""

from __future__ import annotations

import datetime
import json
import os
import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from bot.config import ConfigError, Settings, load_settings, settings_file
from bot.errors import BotError
from bot.home import shown_place
from bot.messages import Role, Sampling, Turn
from bot.tokens import discord_token

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
SECTIONS: dict[str, BaseModel] = dict(Settings())
KEYS = [(name, key) for name, section in SECTIONS.items() for key in type(section).model_fields]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test runs in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def complaint(text: str | bytes | None = None) -> ConfigError:
    """What is said of a config.toml with this text; every line in both languages."""
    if text is not None:
        Path("config.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load_settings()
    english, japanese = caught.value.english.splitlines(), caught.value.japanese.splitlines()
    assert len(english) == len(japanese) > 0
    assert all(line.isprintable() for line in english + japanese)
    assert all(re.search("[ぁ-ん]", line) for line in japanese)
    return caught.value


# Where settings come from


def test_without_a_file_there_are_defaults() -> None:
    """Nothing has to be configured to talk with the built-in model."""
    loaded = load_settings()
    assert loaded.model.id == "demo"
    assert loaded.storage.url == "sqlite+aiosqlite:///kaiwa.db"
    assert loaded.generation.sampling() == Sampling()
    assert loaded.prompt.preamble_turns() == (
        Turn(Role.USER, "Hello, you are an assistant that helps me learn Japanese."),
        Turn(Role.ASSISTANT, "Sure, what can I do for you?"),
    )


def test_without_a_file_no_platform_is_connected_to() -> None:
    """Discord must be switched on; then the bot answers everybody's mentions, within limits."""
    loaded = load_settings()
    assert not loaded.discord.enabled
    assert loaded.chat.mode == "mention"
    assert loaded.chat.user_messages_per_minute == 20
    assert loaded.discord.allowed_guilds == loaded.discord.blocked_users == ()
    assert (loaded.discord.api_url, loaded.discord.gateway_url) == (None, None)


def test_the_token_comes_from_its_variable_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """White space and the word that Discord's examples put before it do no harm."""
    with pytest.raises(BotError, match="KAIWA_DISCORD_TOKEN is not set") as missing:
        discord_token()
    assert "discord.com/developers" in missing.value.japanese
    for value in ("hunter2.x-y", " hunter2.x-y\n", "Bot hunter2.x-y"):
        monkeypatch.setenv("KAIWA_DISCORD_TOKEN", value)
        assert discord_token() == "hunter2.x-y"
    monkeypatch.setenv("KAIWA_DISCORD_TOKEN", " ")
    with pytest.raises(BotError):
        discord_token()


def test_the_file_is_the_named_one_else_the_variables_else_config_toml(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """--config wins over KAIWA_CONFIG, which wins over ./config.toml."""
    assert settings_file() is None
    for seed, name in enumerate(("config.toml", "variable.toml", "option.toml")):
        Path(name).write_text(f"[generation]\nseed = {seed}\n")
    assert load_settings().generation.seed == 0
    monkeypatch.setenv("KAIWA_CONFIG", "variable.toml")
    assert load_settings().generation.seed == 1
    assert load_settings(Path("option.toml")).generation.seed == 2


def test_the_environment_wins_over_the_file_key_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable changes its own setting only; an empty one changes nothing."""
    Path("config.toml").write_text("[generation]\ntop_k = 5\nseed = 7\ntemperature = 2\n")
    monkeypatch.setenv("KAIWA_GENERATION__TOP_K", "9")
    monkeypatch.setenv("KAIWA_GENERATION__SEED", "")
    assert load_settings().generation == Settings().generation.model_copy(
        update={"top_k": 9, "seed": 7, "temperature": 2.0}
    )


@pytest.mark.parametrize(
    ("name", "value", "section", "expected"),
    [
        ("KAIWA_MODEL__ID", "123", "model", "123"),
        ("KAIWA_PROMPT__SPEAKER_NAMES", "true", "prompt", True),
        ("KAIWA_PROMPT__PREAMBLE", '[["a", "b"]]', "prompt", (("a", "b"),)),
        ("KAIWA_GENERATION__STOP", '["。", "\\n"]', "generation", ("。", "\n")),
        ("KAIWA_ENGINE__CACHE_TOKENS", "4096", "engine", 4096),
        ("KAIWA_ENGINE__DEADLINE_SECONDS", "1.5", "engine", 1.5),
        ("KAIWA_CHAT__MODE", "always", "chat", "always"),
        ("KAIWA_CHAT__USER_MESSAGES_PER_MINUTE", "0", "chat", 0),
        ("KAIWA_DISCORD__ENABLED", "1", "discord", True),
        ("KAIWA_DISCORD__ALLOWED_GUILDS", '["123", "456"]', "discord", ("123", "456")),
        (
            "KAIWA_DISCORD__GATEWAY_URL",
            "ws://localhost:8080/",
            "discord",
            "ws://localhost:8080/",
        ),
    ],
)
def test_a_variable_holds_text_numbers_switches_and_json_lists(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, section: str, expected: object
) -> None:
    """A variable's text is read as its setting's type."""
    monkeypatch.setenv(name, value)
    assert getattr(getattr(load_settings(), section), name.split("__")[1].lower()) == expected


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_every_setting_has_its_variable(
    monkeypatch: pytest.MonkeyPatch, section: str, key: str
) -> None:
    """KAIWA_<SECTION>__<KEY> is known for every setting: a bad value is told by that name."""
    name = f"KAIWA_{section}__{key}".upper()
    monkeypatch.setenv(name, "\udc80")  # fits no type
    assert complaint().english.startswith(f"{name}: ")


def test_other_variables_of_kaiwas_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens and KAIWA_CONFIG have no double underscore and are no settings."""
    monkeypatch.setenv("KAIWA_DISCORD_TOKEN", "secret")
    monkeypatch.setenv("KAIWA_CONFIG", "")
    assert load_settings() == Settings()


def test_settings_are_frozen() -> None:
    """Nobody changes settings while the bot runs."""
    loaded = load_settings()
    with pytest.raises(ValidationError):
        loaded.model = loaded.model
    with pytest.raises(ValidationError):
        loaded.model.id = "other"


def test_a_file_of_windows_notepad_is_read() -> None:
    """A byte order mark and CRLF line ends do no harm."""
    Path("config.toml").write_bytes(b'\xef\xbb\xbf[model]\r\nid = "x"\r\n')
    assert load_settings().model.id == "x"


# What is said of wrong ones


@pytest.mark.parametrize(
    ("text", "english"),
    [
        (
            "[generation]\ntemprature = 1",
            "config.toml: [generation] temprature is not a setting. Did you mean temperature?",
        ),
        (
            "[generation]\nmax_batch = 1",
            "config.toml: [generation] max_batch is not a setting. Did you mean [engine] "
            "max_batch?",
        ),
        (
            "[modle]\nid = 'x'",
            "config.toml: [modle] is not a setting. Did you mean [model]?",
        ),
        (
            "TOP_P = 0.5",
            "config.toml: TOP_P is not a setting. Did you mean [generation] top_p?",
        ),
        ("model = 'demo'", "config.toml: [model]: must be a section."),
        (
            "[model]\nquantization = 'int8'",
            "config.toml: [model] quantization: must be 'nf4' or 'none'.",
        ),
        ("[model]\nid = ''", "config.toml: [model] id: must not be empty."),
        ("[model]\nid = 4", "config.toml: [model] id: must be a text in quotes."),
        (
            "[model]\ndevice = 'gpu'",
            'config.toml: [model] device: must be "auto", "cpu", "cuda" or a numbered one such '
            'as "cuda:0".',
        ),
        ("[generation]\ntop_p = 0", "config.toml: [generation] top_p: must be more than 0."),
        ("[generation]\ntop_p = 1.01", "config.toml: [generation] top_p: must be 1 or less."),
        (
            "[generation]\ntemperature = -0.1",
            "config.toml: [generation] temperature: must be 0 or more.",
        ),
        (
            "[generation]\ntemperature = inf",
            "config.toml: [generation] temperature: must be a finite number.",
        ),
        ("[generation]\ntop_p = '1'", "config.toml: [generation] top_p: must be a number."),
        (
            "[generation]\nmax_new_tokens = 0",
            "config.toml: [generation] max_new_tokens: must be 1 or more.",
        ),
        (
            "[generation]\nrepetition_penalty = 0",
            "config.toml: [generation] repetition_penalty: must be more than 0.",
        ),
        (
            "[generation]\nstop = ['a', '']",
            "config.toml: [generation] stop #2: must not be empty.",
        ),
        ("[engine]\nmax_batch = true", "config.toml: [engine] max_batch: must be a whole number."),
        ("[engine]\nmax_batch = 2.0", "config.toml: [engine] max_batch: must be a whole number."),
        (
            "[engine]\nbackend = 'vllm'",
            "config.toml: [engine] backend: must be 'local' or 'openai'.",
        ),
        (
            "[engine]\nbase_urls = ['http://me:secret@host/v1']",
            'config.toml: [engine] base_urls #1: must look like "http://127.0.0.1:8000/v1".',
        ),
        (
            "[chat]\nmode = 'sometimes'",
            "config.toml: [chat] mode: must be 'mention', 'always' or 'off'.",
        ),
        (
            "[chat]\nuser_messages_per_minute = -1",
            "config.toml: [chat] user_messages_per_minute: must be 0 or more.",
        ),
        (
            "[chat]\nshutdown_seconds = 0",
            "config.toml: [chat] shutdown_seconds: must be more than 0.",
        ),
        (
            "[discord]\napi_url = 'discord.com/api'",
            'config.toml: [discord] api_url: must look like "https://discord.com/api/v10".',
        ),
        (
            "[discord]\ngateway_url = 'https://gateway.discord.gg/'",
            'config.toml: [discord] gateway_url: must look like "wss://gateway.discord.gg/".',
        ),
        (
            "[discord]\nallowed_guilds = ['123', 'my server']",
            "config.toml: [discord] allowed_guilds #2: must be an id in quotes, such as "
            '"81384788765712384".',
        ),
        (
            "[discord]\nallowed_users = [81384788765712384]",
            "config.toml: [discord] allowed_users #1: must be a text in quotes.",
        ),
        (
            "[discord]\nblocked_users = '123'",
            'config.toml: [discord] blocked_users: must be a list, such as ["a", "b"]; its items '
            "may be lists too.",
        ),
        (
            "[discord]\ndirect_messages = 'friends'",
            "config.toml: [discord] direct_messages: must be 'everyone', 'allowed' or 'nobody'.",
        ),
        (
            "[discord]\nmode = 'always'",
            "config.toml: [discord] mode is not a setting. Did you mean [chat] mode?",
        ),
        (
            "[prompt]\nspeaker_names = 1",
            "config.toml: [prompt] speaker_names: must be true or false.",
        ),
        (
            "[prompt]\npreamble = [['a', 'b'], ['c']]",
            "config.toml: [prompt] preamble #2.2: is missing.",
        ),
        (
            "[prompt]\npreamble = [['a', 'b', 'c']]",
            "config.toml: [prompt] preamble #1: has 3 items, and must have 2.",
        ),
        (
            "[storage]\nurl = 'mysql://bot:hunter2@db/kaiwa'",
            'config.toml: [storage] url: must look like "sqlite+aiosqlite:///kaiwa.db" or '
            '"postgresql+asyncpg://user:password@host/database" (in a password, %40 for @, %2F for '
            "/).",
        ),
        (
            "[model]\nid = 'a'\n[model]\nid = 'b'",
            "config.toml, line 3, column 7: is not valid TOML (Cannot declare ('model',) twice).",
        ),
        (
            "[model]\nid = 'a",
            'config.toml, line 2, column 8: is not valid TOML (Expected "\'").',
        ),
    ],
)
def test_a_wrong_file_is_answered_with_place_problem_and_remedy(text: str, english: str) -> None:
    """One line names the file, the key, what is wrong, and the nearest known name."""
    assert complaint(text).english == english


@pytest.mark.parametrize(
    ("name", "value", "english"),
    [
        (
            "KAIWA_MODLE__ID",
            "x",
            "KAIWA_MODLE__ID is not a setting. Did you mean KAIWA_MODEL__ID?",
        ),
        (
            "KAIWA_ENGINE__TOP_P",
            "1",
            "KAIWA_ENGINE__TOP_P is not a setting. Did you mean KAIWA_GENERATION__TOP_P?",
        ),
        ("KAIWA_GENERATION__SEED", "x", "KAIWA_GENERATION__SEED: must be a whole number."),
        ("KAIWA_GENERATION__TOP_P", "2", "KAIWA_GENERATION__TOP_P: must be 1 or less."),
        ("KAIWA_PROMPT__PREAMBLE", '[["a"]]', "KAIWA_PROMPT__PREAMBLE #1.2: is missing."),
        (
            "KAIWA_GENERATION__STOP",
            "。",
            'KAIWA_GENERATION__STOP: must be a list, such as ["a", "b"]; its items may be lists '
            "too.",
        ),
        (
            "KAIWA_MODEL",
            "demo",
            "KAIWA_MODEL: is a whole section; set one of its keys, such as KAIWA_MODEL__ID.",
        ),
    ],
)
def test_a_wrong_variable_is_answered_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, english: str
) -> None:
    """A variable's problem names the variable, not a file."""
    monkeypatch.setenv(name, value)
    assert complaint().english == english


def test_a_token_in_the_file_is_answered_with_its_variable(tmp_path: Path) -> None:
    """And its value is not shown."""
    file = tmp_path / "config.toml"
    file.write_text('[discord]\ntoken = "himitsu"\n')
    with pytest.raises(ConfigError, match="KAIWA_DISCORD_TOKEN in the environment") as caught:
        load_settings(file)
    assert "himitsu" not in caught.value.both()


def test_an_unknown_key_that_resembles_none_is_answered_with_those_there_are() -> None:
    """No far-fetched suggestion, but a list."""
    assert complaint("[prompt]\nzzz = 1").english == (
        "config.toml: [prompt] zzz is not a setting. Known: preamble, speaker_names, thinking."
    )
    assert "Known: [model], " in complaint("[zzz]").english


def test_several_problems_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """One start shows everything that is wrong with the names and the file, a line each."""
    monkeypatch.setenv("KAIWA_MODEL__IDD", "x")
    told = complaint("[model]\nid = 1\n[engine]\nmax_batch = 0\nbatch = 1").english
    assert len(told.splitlines()) == 4


def test_a_value_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A complaint, its cause and the settings' repr hold no password."""
    told = complaint("[storage]\nurl = 'mysql://bot:hunter2@db'\n[model]\nid = ['hunter2']")
    monkeypatch.setenv("KAIWA_STORAGE__URL", "hunter2")
    also = complaint("")
    assert "hunter2" not in repr(told) + told.both() + repr(also) + also.both()
    assert told.__context__ is None and also.__suppress_context__
    monkeypatch.setenv("KAIWA_STORAGE__URL", "sqlite+aiosqlite:///hunter2")
    assert "hunter2" not in repr(load_settings())


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+asyncpg://bot:hunter2@db.example.org:5433/kaiwa",
        "postgresql://bot:hunter2%40%2F@[::1]/kaiwa?ssl=require",
        "postgresql://bot:hunter2@/kaiwa?host=/var/run/postgresql",
        "postgresql:///kaiwa",
    ],
)
def test_a_server_may_keep_conversations(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Its password is in no text that settings are shown as."""
    monkeypatch.setenv("KAIWA_STORAGE__URL", url)
    settings = load_settings()
    assert settings.storage.url == url
    assert "hunter2" not in f"{settings!r} {settings} {settings.storage!r} {shown_place(url)}"


def test_a_password_that_must_be_written_otherwise_is_told_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A part of it would be taken for the host, and shown as such."""
    for url in (
        "postgresql://bot:hun@ter2@db/kaiwa",
        "postgresql://bot:hun/ter2@db/kaiwa",
        "postgresql://bot:hun@ter2/3@db/kaiwa",
    ):
        monkeypatch.setenv("KAIWA_STORAGE__URL", url)
        told = complaint("").both()
        assert "%40" in told and "hun" not in told and "ter2" not in told


def test_a_token_in_the_file_is_refused_and_not_shown() -> None:
    """It would be copied and shown around with the file."""
    told = complaint("[discord]\ntoken = 'hunter2'")
    assert told.english.startswith("config.toml: [discord] token is not a setting.")
    assert "hunter2" not in repr(told) + told.both()


def test_a_named_file_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only ./config.toml may be missing."""
    with pytest.raises(ConfigError, match=r"^gone\.toml: cannot be read \(No such file"):
        load_settings(Path("gone.toml"))
    monkeypatch.setenv("KAIWA_CONFIG", "lost.toml")
    assert complaint().english.startswith("lost.toml: cannot be read")


def test_a_folder_or_text_in_another_encoding_is_an_error(folder: Path) -> None:
    """What cannot be read as UTF-8 text is told so."""
    assert complaint("[model]\nid = 'モデル'".encode("cp932")).english == (
        "config.toml: is not UTF-8 text (byte 15)."
    )
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(folder)


# Anything at all

SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.dates()
    | st.datetimes()
    | st.times()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab._ \n\x85\x1b", max_size=3), inner)
    ),
    max_leaves=8,
)
ANY_KEY = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def toml(value: Any) -> str:
    """A value as TOML."""
    match value:
        case str():
            return (
                json.dumps(value).replace("\x7f", "\\u007f") if value.isascii() else quoted(value)
            )
        case bool():
            return str(value).lower()
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{quoted(k)} = {toml(v)}" for k, v in value.items()) + "}"
        case datetime.date() | datetime.time():
            return value.isoformat()
        case _:
            return repr(value)


def quoted(text: str) -> str:
    """A text as TOML's basic string, with every character by its number."""
    return '"' + "".join(f"\\U{ord(c):08x}" for c in text) + '"'


def loads_or_is_told(file: Path) -> None:
    """Whatever the file holds, the outcome is Settings, or a ConfigError of printable lines."""
    try:
        assert isinstance(load_settings(file), Settings)
    except ConfigError as error:
        lines = error.both().split("\n")
        assert lines and all(line and line.isprintable() for line in lines)


in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@in_one_folder
@given(place=st.sampled_from(KEYS) | st.tuples(ANY_KEY, ANY_KEY), value=VALUES)
def test_any_value_anywhere_is_taken_or_told(
    folder: Path, place: tuple[str, str], value: object
) -> None:
    """No TOML value, under no name, leads to another exception than ConfigError."""
    section, key = place
    file = folder / "any.toml"
    file.write_text(f"[{quoted(section)}]\n{quoted(key)} = {toml(value)}\n", "utf-8")
    tomllib.loads(file.read_text("utf-8"))
    loads_or_is_told(file)


@in_one_folder
@given(
    data=st.binary(max_size=60) | st.text(max_size=60).map(lambda t: t.encode("utf-8", "replace"))
)
@example(b"a = " + b"[" * 100_000)
@example(b"[model]\na" + b".a" * 5_000 + b" = 1")
@example(b"[generation]\nseed = " + b"9" * 5_000)
@example(b"[generation]\nseed = 0x" + b"f" * 5_000)
@example(b"[generation]\n" + b"k" * 100_000 + b" = 1")
def test_any_file_is_taken_or_told(folder: Path, data: bytes) -> None:
    """No file leads to another exception than ConfigError."""
    file = folder / "any.toml"
    file.write_bytes(data)
    loads_or_is_told(file)


@in_one_folder
@given(
    place=st.sampled_from(KEYS),
    value=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30),
)
@example(("generation", "stop"), "[" * 100_000)
def test_any_variable_is_taken_or_told(folder: Path, place: tuple[str, str], value: str) -> None:
    """No variable's value leads to another exception than ConfigError."""
    (folder / "any.toml").write_bytes(b"")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "KAIWA_{}__{}".format(*place).upper(), value)
        loads_or_is_told(folder / "any.toml")


# config.example.toml


def test_the_example_names_every_setting_and_holds_its_default() -> None:
    """Uncommented, the example is the defaults; those without one show a possible value."""
    text = EXAMPLE.read_text("utf-8")
    assert tomllib.loads(text) == {name: {} for name in SECTIONS}
    uncommented = re.sub(r"(?m)^#(?=\w+ = )", "", text)
    shown = tomllib.loads(uncommented)
    assert [(name, key) for name, keys in shown.items() for key in keys] == KEYS
    Path("config.toml").write_text(uncommented, "utf-8")
    loaded = load_settings()
    for name, key in KEYS:
        default = getattr(SECTIONS[name], key)
        value = getattr(getattr(loaded, name), key)
        assert value == default if default is not None else value is not None, (name, key)


def test_the_example_explains_every_setting() -> None:
    """A line of explanation stands before each setting."""
    lines = EXAMPLE.read_text("utf-8").splitlines()
    for before, line in pairwise(lines):
        if re.match(r"#\w+ = ", line):
            assert before.startswith("# "), line
