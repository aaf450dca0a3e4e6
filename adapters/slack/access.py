"""With whom the bot talks, where, and who may change a channel: the operator's lists."""

from __future__ import annotations

from bot.config import SlackSettings


class Access:
    """The lists of `[slack]`. Blocking wins over allowing; an empty allowed list allows all."""

    def __init__(self, settings: SlackSettings) -> None:
        self._settings = settings

    def take(self, settings: SlackSettings) -> None:
        """Go by these lists from now on."""
        self._settings = settings

    @property
    def trusted(self) -> frozenset[str]:
        """The apps, by their ids or their bots', whose messages count like those of people."""
        return frozenset(self._settings.trusted_apps)

    def allows(
        self, team: str, channel: str, user: str, *, direct: bool, by_bot: bool = False
    ) -> bool:
        """Whether the bot talks with this person in this channel of this workspace.

        `by_bot`: it is a trusted app's own message; who is listed as trusted is allowed.
        """
        settings = self._settings
        if team in settings.blocked_teams or user in settings.blocked_users:
            return False
        if settings.allowed_teams and team not in settings.allowed_teams:
            return False
        if direct and settings.direct_messages != "everyone":
            return settings.direct_messages == "allowed" and user in settings.allowed_users
        if settings.allowed_users and user not in settings.allowed_users and not by_bot:
            return False
        if direct:
            return True
        if channel in settings.blocked_channels:
            return False
        return not settings.allowed_channels or channel in settings.allowed_channels

    def administers(self, user: str, *, direct: bool, workspace_administrator: bool) -> bool:
        """Whether this person may change a channel for everybody in it; a DM is one's own."""
        return direct or workspace_administrator or user in self._settings.administrators
