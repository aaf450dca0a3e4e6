"""Logins to the web page."""

from __future__ import annotations

from typing import Protocol


class SessionStore(Protocol):
    """Logins to the web page."""
