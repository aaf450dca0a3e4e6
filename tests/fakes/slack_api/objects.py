"""Workspaces, people and files of the fake Slack, and how the API shows them.

They know nothing of messages.
"""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(eq=False)
class User:
    """A member of a workspace; `bot_id` is set for those that are apps."""

    id: str
    team: Team
    name: str
    display_name: str = ""
    bot_id: str | None = None
    app_id: str | None = None
    is_admin: bool = False
    deleted: bool = False
    locale: str = ""  # empty: nothing is told of it

    @property
    def mention(self) -> str:
        """What mentions them in a message's text."""
        return f"<@{self.id}>"

    @property
    def is_bot(self) -> bool:
        """Whether this is an app's user."""
        return self.bot_id is not None

    def payload(self, *, locale: bool = False) -> Json:
        """A user object, as users.info shows it; with its locale where that was asked for."""
        profile: Json = {
            "real_name": self.name,
            "display_name": self.display_name,
            "real_name_normalized": self.name,
            "display_name_normalized": self.display_name,
            "team": self.team.id,
        }
        if self.bot_id:
            profile |= {"bot_id": self.bot_id, "api_app_id": self.app_id}
        return {
            "id": self.id,
            "team_id": self.team.id,
            "name": self.name,
            "real_name": self.name,
            "deleted": self.deleted,
            "is_admin": self.is_admin,
            "is_owner": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "tz": "Asia/Tokyo",
            "tz_offset": 32400,
            "profile": profile,
            **({"locale": self.locale} if self.locale and locale else {}),
        }

    def bot_profile(self) -> Json:
        """What a message of an app says of the app."""
        return {
            "id": self.bot_id,
            "app_id": self.app_id,
            "user_id": self.id,
            "name": self.name,
            "deleted": False,
            "updated": 0,
            "team_id": self.team.id,
        }


@dataclass(eq=False)
class Organization:
    """Several workspaces that have the app together: one token, and one bot user."""

    id: str
    name: str
    teams: list[Team] = field(default_factory=list)


@dataclass(eq=False)
class Team:
    """A workspace with the app in it, or where it has been or may yet be installed.

    streams: whether the streaming methods work here
    is_agent: whether the app is declared an agent, which the methods of assistants and sessions
        need
    organization: where the app is installed for all of one
    """

    id: str
    name: str
    token: str = ""
    installed: bool = True
    organization: Organization | None = None
    streams: bool = True
    most_objects: int = 1_000  # on a page; 15 for apps outside the marketplace
    is_agent: bool = True
    bot: User = field(init=False)

    @property
    def url(self) -> str:
        """Where its people would find it."""
        return f"https://{self.id.lower()}.slack.com/"


@dataclass(eq=False)
class File:
    """A file, perhaps not uploaded yet; `shared` are the ids of the channels that it is in."""

    id: str
    name: str
    owner: User
    content: bytes | None = None
    title: str = ""
    completed: bool = False
    shared: list[str] = field(default_factory=list)

    @property
    def mimetype(self) -> str:
        """What Slack takes it for, by its name."""
        return mimetypes.guess_type(self.name)[0] or "text/plain"

    def payload(self, url: str) -> Json:
        """A file object; `url` is where it can be loaded by those who show a token."""
        return {
            "id": self.id,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype,
            "filetype": self.name.rpartition(".")[2] if "." in self.name else "text",
            "user": self.owner.id,
            "user_team": self.owner.team.id,
            "size": len(self.content or b""),
            "mode": "hosted",
            "url_private": url,
            "url_private_download": url,
            "channels": list(self.shared),
        }
