"""What people say of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class ProfileStore(Protocol):
    """A person's own settings, on one platform."""

    async def member_settings(self, platform: str, user_id: str) -> Mapping[str, str]:
        """All of a person's."""

    async def set_member_setting(
        self, platform: str, user_id: str, key: str, value: str | None
    ) -> None:
        """Keep a setting, in place of the one before; None forgets it. Raises OptedOut."""
