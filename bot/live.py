"""Settings that change while the bot runs, when it is told to read them again.

Knows which of them can, and not what they are for: who uses some is told of a change.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

from bot.config import Settings

log = logging.getLogger(__name__)

_PEOPLE = {
    *("direct_messages", "administrators", "edit_seconds", "allowed_channels", "allowed_users"),
    *("blocked_channels", "blocked_users"),
}
# The keys of each section that take effect at once; all others with the next start.
LIVE: dict[str, set[str]] = {
    "chat": {"mode", "user_messages_per_minute", "channel_messages_per_minute"},
    "generation": {
        *("max_new_tokens", "temperature", "top_p", "top_k", "repetition_penalty"),
        *("seed", "stop"),
    },
    "discord": {
        *_PEOPLE,
        *("allowed_guilds", "allowed_roles", "blocked_guilds", "blocked_roles"),
        *("trusted_bots", "reply_pings"),
    },
    "slack": {*_PEOPLE, "allowed_teams", "blocked_teams", "trusted_apps"},
    "log": {"level"},
}


class Live:
    """The settings in force."""

    def __init__(self, settings: Settings) -> None:
        self.now = settings
        self._taking: list[Callable[[Settings], None]] = []

    def when_changed(self, take: Callable[[Settings], None]) -> None:
        """Have something done with the settings when some that are live have changed."""
        self._taking.append(take)

    def change(self, wanted: Settings) -> None:
        """Put into force what can be, and log, a line each, what changed and what has to wait."""
        live, waiting = {}, []
        for section, key, value in _differences(self.now, wanted):
            if key in LIVE.get(section, ()):
                live[section, key] = value
            else:
                waiting.append(f"[{section}] {key}")
        if live:
            sections = {section for section, _ in live}
            self.now = self.now.model_copy(
                update={
                    name: getattr(self.now, name).model_copy(
                        update={key: value for (of, key), value in live.items() if of == name}
                    )
                    for name in sections
                }
            )
            for take in self._taking:
                take(self.now)
        for (section, key), value in live.items():
            log.info("[%s] %s is %s from now on", section, key, json.dumps(value))
        for name in waiting:
            log.warning("%s has changed, which takes effect when Kaiwa is started again", name)
        if not live and not waiting:
            log.info("no setting has changed")


def _differences(now: Settings, wanted: Settings) -> Iterator[tuple[str, str, Any]]:
    for section, field in Settings.model_fields.items():
        for key in type(field.default).model_fields:
            value = getattr(getattr(wanted, section), key)
            if value != getattr(getattr(now, section), key):
                yield section, key, value
