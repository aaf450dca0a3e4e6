"""The manifest against the code: what the bot calls, hears and offers, no more and no less."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
import yaml
from slack_sdk.web.async_client import AsyncWebClient

import adapters.slack
from adapters.slack import ask_about, asking, assistant, blocks, home, listeners
from adapters.slack.transport.http import EVENTS_PATH
from adapters.slack.transport.manifest import FILE, load, scopes
from adapters.slack.transport.oauth import REDIRECT_PATH
from bot.cli import main
from bot.commands import BY_COMMAND

SOURCES = sorted(Path(adapters.slack.__file__).parent.rglob("*.py"))
KINDS = {"channels", "groups", "im", "mpim"}  # of conversations
READ = {f"{kind}:read" for kind in KINDS}
HISTORY = {f"{kind}:history" for kind in KINDS}

# What a bot's token needs for each method, of those that Slack's page of the method names:
# https://docs.slack.dev/reference/methods
METHODS: dict[str, set[str]] = {
    "agents.sessions.setStatus": {"chat:write"},
    "apps.connections.open": set(),  # connections:write, which is the app-level token's
    "assistant.threads.setStatus": {"chat:write"},
    "assistant.threads.setSuggestedPrompts": {"assistant:write"},
    "auth.teams.list": set(),
    "auth.test": set(),
    "chat.appendStream": {"chat:write"},
    "chat.delete": {"chat:write"},
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.startStream": {"chat:write"},
    "chat.stopStream": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": HISTORY,
    "conversations.info": READ,
    "conversations.open": {"im:write"},  # with one person
    "conversations.replies": HISTORY,
    "files.upload.v2": {"files:write"},  # slack_sdk's, of two methods
    "users.conversations": READ,
    "users.info": {"users:read"},
    "views.open": set(),
    "views.publish": set(),
}
# https://docs.slack.dev/reference/events
EVENTS: dict[str, set[str]] = {
    "agent_session_stopped": {"chat:write"},
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "app_uninstalled": set(),
    "tokens_revoked": set(),
    **{f"message.{kind}": {f"{kind}:history"} for kind in KINDS},
}
COMMANDS = {"commands"}  # for slash commands and shortcuts
FILES = {"files:read"}  # to load what people attach, which is no method


def calls(source: str) -> set[str]:
    """The Web API methods that a source calls: of slack_sdk's client, and by their names."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) if "_" in name and hasattr(AsyncWebClient, name):
                found.add(name.replace("_", "."))
            case ast.Constant(value=str(name)) if re.fullmatch(r"[a-z]+(\.[a-zA-Z]+)+", name):
                found.add(name)
    hosts = {name for name in found if name.endswith(".com")}
    return {name for name in found - hosts if name.split(".")[0] in FAMILIES}


def loads_files(source: str) -> bool:
    """Whether a source reads where files of messages can be loaded with a token."""
    return "url_private" in source


FAMILIES = {method.split(".")[0] for method in METHODS} | {
    *("admin", "bookmarks", "bots", "canvases", "dnd", "emoji", "entity", "lists", "pins"),
    *("reactions", "reminders", "search", "stars", "team", "usergroups", "workflows"),
}


class Listening:
    """Stands for Bolt's app, and notes to what listeners are registered, by kind."""

    def __init__(self, **options: object) -> None:
        self.to: dict[str, set[str]] = {}

    def __getattr__(self, kind: str) -> Callable[[object], Callable[[object], None]]:
        def register(name: object) -> Callable[[object], None]:
            if isinstance(name, str):  # a pattern is for what nobody waits for
                self.to.setdefault(kind, set()).add(name)
            return lambda listener: None

        return register

    def enable_token_revocation_listeners(self) -> None:
        """As Bolt does it."""
        self.to.setdefault("event", set()).update(("tokens_revoked", "app_uninstalled"))


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """To what the app listens that several workspaces install."""
    monkeypatch.setattr(listeners, "AsyncApp", Listening)
    parts: Any = MagicMock()
    app: Any = listeners.build_app(parts, parts, parts, parts, parts)
    assert isinstance(app, Listening)
    return app.to


def test_the_methods_are_found_in_the_source() -> None:
    """However they are called."""
    source = "await client.chat_postMessage(a=1)\nquietly(w, 'x', 'pins.list')\nb.api_call('x.y')"
    assert calls(source) == {"chat.postMessage", "pins.list"}


def test_the_scopes_are_those_that_the_code_needs() -> None:
    """One that is missing breaks the bot; one too many is not ours to ask for."""
    sources = [path.read_text("utf-8") for path in SOURCES]
    used = set().union(*map(calls, sources))
    assert used == set(METHODS)
    events = load()["settings"]["event_subscriptions"]["bot_events"]
    needed = [*(METHODS[name] for name in used), *(EVENTS[name] for name in events), COMMANDS]
    needed += [FILES] if any(map(loads_files, sources)) else []
    assert set(scopes()) == set().union(*needed)
    assert scopes() == sorted(set(scopes()))


def test_every_event_that_is_listened_to_is_subscribed_to(
    listening: dict[str, set[str]],
) -> None:
    """And nothing else: of messages those of all four kinds of conversations."""
    subscribed = load()["settings"]["event_subscriptions"]["bot_events"]
    assert subscribed == sorted(EVENTS)
    assert {name.split(".")[0] for name in subscribed} == listening["event"]


def test_commands_and_shortcuts_are_those_that_are_listened_to(
    listening: dict[str, set[str]],
) -> None:
    """By the same names."""
    features = load()["features"]
    assert {each["command"] for each in features["slash_commands"]} == listening["command"]
    offered = {each["callback_id"] for each in features["shortcuts"]}
    assert offered == listening["shortcut"]
    assert listening["view"] == {ask_about.SHORTCUT, asking.FORM}
    assert {each["type"] for each in features["shortcuts"]} == {"message"}


def test_every_button_that_is_made_is_listened_to(listening: dict[str, set[str]]) -> None:
    """A press that nobody waits for ends in an error that the person sees."""
    made = {blocks.STOP, blocks.REGENERATE, blocks.FEEDBACK, blocks.READINGS}
    assert listening["action"] == made | {home.CHANNEL, home.EXPORT, home.FORGET}


def test_what_the_app_shows_is_switched_on() -> None:
    """The home, messages that can be written to it, and the view of an agent."""
    features, settings = load()["features"], load()["settings"]
    tabs = {"home_tab_enabled": True, "messages_tab_enabled": True}
    assert features["app_home"] == tabs | {"messages_tab_read_only_enabled": False}
    prompts = [{"title": title, "message": said} for title, said in assistant.PROMPTS]
    assert features["agent_view"]["suggested_prompts"] == prompts and len(prompts) <= 4
    assert settings["socket_mode_enabled"] and settings["interactivity"]["is_enabled"]


def test_the_manifest_keeps_slacks_limits() -> None:
    """https://docs.slack.dev/reference/app-manifest: else Slack refuses it when it is pasted."""
    about, features = load()["display_information"], load()["features"]
    assert len(about["name"]) <= 35 and len(about["description"]) <= 140
    assert len(features["bot_user"]["display_name"]) <= 80
    assert len(features["agent_view"]["agent_description"]) <= 300
    for shortcut in features["shortcuts"]:
        assert len(shortcut["name"]) <= 24 and len(shortcut["description"]) <= 150
    for command in features["slash_commands"]:
        assert len(command["description"]) <= 2_000 and len(command["usage_hint"]) <= 1_000


def test_the_hint_of_the_command_names_commands_that_exist() -> None:
    """Slack shows it while one types."""
    (command,) = load()["features"]["slash_commands"]
    assert set(command["usage_hint"].split(" | ")) <= set(BY_COMMAND)


def kaiwa(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of a command."""
    monkeypatch.setattr(sys, "argv", ["kaiwa", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_kaiwa_slack_manifest_prints_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it is, with its comments: for Socket Mode there is nothing to fill in."""
    assert kaiwa(monkeypatch, "slack", "manifest") == 0
    assert capsys.readouterr().out == FILE.read_text("utf-8")


@pytest.mark.parametrize("url", ["https://bot.example", "https://bot.example/"])
def test_with_an_address_it_is_for_events_over_http(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Slack then sends everything to the one address; all else is as before."""
    assert kaiwa(monkeypatch, "slack", "manifest", "--url", url) == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    events, before = f"https://bot.example{EVENTS_PATH}", load()
    settings = printed["settings"]
    assert settings.pop("socket_mode_enabled") is False
    del before["settings"]["socket_mode_enabled"]
    assert settings["event_subscriptions"].pop("request_url") == events
    assert settings["interactivity"].pop("request_url") == events
    assert [each.pop("url") for each in printed["features"]["slash_commands"]] == [events]
    redirects = printed["oauth_config"].pop("redirect_urls")
    assert redirects == [f"https://bot.example{REDIRECT_PATH}"]
    assert printed == before


def test_an_address_that_slack_does_not_take_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what it must begin with, and prints no manifest."""
    assert kaiwa(monkeypatch, "slack", "manifest", "--url", "http://bot.example") != 0
    printed = capsys.readouterr()
    assert "https://" in printed.err and printed.out == ""
