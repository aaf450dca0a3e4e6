"""The operator's lists, over discord.py's own objects."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from adapters.discord.access import Access
from bot.config import DiscordSettings


class _Member(discord.Member):
    """A member with these roles, which discord.py would look up in its cache."""

    roles = cast(Any, ())
    id = 1

    def __init__(self, number: int, *roles: int) -> None:
        self.id = number
        self.roles = [SimpleNamespace(id=role) for role in roles]


def allows(member: _Member, *, guild: int | None = 10, channel: Any = None, **lists: Any) -> bool:
    """Whether the lists let a person talk in a channel of a guild."""
    settings = DiscordSettings.model_validate(lists)
    place = channel or SimpleNamespace(id=20, category_id=21)
    return Access(settings).allows(member, place, guild)


def test_empty_lists_allow_everybody() -> None:
    """As the bot is when it is first set up."""
    assert allows(_Member(1)) and allows(_Member(1), guild=None)


@pytest.mark.parametrize(
    "lists",
    [
        {"blocked_users": ["1"]},
        {"blocked_roles": ["5"]},
        {"blocked_guilds": ["10"]},
        {"blocked_channels": ["20"]},
        {"blocked_channels": ["21"]},
        {"allowed_guilds": ["11"]},
        {"allowed_channels": ["99"]},
        {"allowed_roles": ["6"]},
        {"allowed_users": ["2"]},
    ],
)
def test_each_list_keeps_people_out(lists: dict[str, Any]) -> None:
    """By person, role, guild, channel and category."""
    assert not allows(_Member(1, 5), **lists)


def test_blocking_wins_over_allowing() -> None:
    """However many lists allow."""
    assert not allows(_Member(1, 5), allowed_users=["1"], blocked_roles=["5"])


def test_an_allowed_person_needs_no_role() -> None:
    """And an allowed role no name."""
    lists: dict[str, Any] = {"allowed_users": ["1"], "allowed_roles": ["5"]}
    assert allows(_Member(1), **lists) and allows(_Member(2, 5), **lists)
    assert not allows(_Member(2), **lists)


def test_a_trusted_bot_is_as_an_allowed_person() -> None:
    """Blocking wins here too."""
    lists: dict[str, Any] = {"allowed_users": ["1"], "trusted_bots": ["2"]}
    assert allows(_Member(2), **lists) and not allows(_Member(3), **lists)
    assert not allows(_Member(2), blocked_users=["2"], **lists)
    assert not allows(_Member(2), allowed_channels=["99"], **lists)


def test_a_thread_is_in_its_channel() -> None:
    """What holds for a channel holds for its threads."""
    thread = SimpleNamespace(id=30, parent_id=20, category_id=21)
    assert allows(_Member(1), channel=thread, allowed_channels=["20"])
    assert not allows(_Member(1), channel=thread, blocked_channels=["20"])


@pytest.mark.parametrize(
    ("mode", "stranger", "known"),
    [("everyone", True, True), ("allowed", False, True), ("nobody", False, False)],
)
def test_direct_messages_have_a_rule_of_their_own(mode: str, stranger: bool, known: bool) -> None:
    """Roles do not count there."""
    assert allows(_Member(1), guild=None, direct_messages=mode) is stranger
    assert allows(_Member(1), guild=None, direct_messages=mode, allowed_users=["1"]) is known


def test_administrators_manage_the_channel_or_are_named() -> None:
    """By their own id or a role's; in a direct message everybody is their own."""
    access = Access(DiscordSettings.model_validate({"administrators": ["1", "6"]}))
    none = discord.Permissions.none()
    assert access.administers(_Member(1), none) and access.administers(_Member(2, 6), none)
    assert not access.administers(_Member(2), none)
    assert access.administers(_Member(2), discord.Permissions(manage_channels=True))
    assert access.administers(_Member(2), None)
