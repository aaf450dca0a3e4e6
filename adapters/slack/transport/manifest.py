"""The app's manifest: what Slack is told that the bot is and may do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from adapters.slack.transport.http import EVENTS_PATH
from adapters.slack.transport.oauth import REDIRECT_PATH

FILE = Path(__file__).parent / "slack-manifest.yaml"


def load() -> dict[str, Any]:
    """The manifest, for Socket Mode."""
    manifest: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return manifest


def scopes() -> list[str]:
    """What the bot is allowed to in a workspace."""
    found: list[str] = load()["oauth_config"]["scopes"]["bot"]
    return found


def text(url: str | None = None) -> str:
    """The manifest as YAML. `url`: where Slack reaches the bot, for events over HTTP."""
    if url is None:
        return FILE.read_text("utf-8")
    manifest, events = load(), url.rstrip("/") + EVENTS_PATH
    settings = manifest["settings"]
    settings["socket_mode_enabled"] = False
    settings["event_subscriptions"] = {"request_url": events, **settings["event_subscriptions"]}
    settings["interactivity"]["request_url"] = events
    for command in manifest["features"]["slash_commands"]:
        command["url"] = events
    manifest["oauth_config"]["redirect_urls"] = [url.rstrip("/") + REDIRECT_PATH]
    return yaml.safe_dump(manifest, allow_unicode=True, sort_keys=False, width=100)
