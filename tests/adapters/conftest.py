"""The core's fixtures serve the adapters' tests too."""

from __future__ import annotations

from tests.bot.conftest import chat, generator, store

__all__ = ["chat", "generator", "store"]
