"""What discord.py cannot parse: it is logged and left out, and the bot goes on.

An event that discord.py trips over ends its whole connection, and with it the bot; a message that
it trips over hides all others of a page of history. Neither is logged with its text.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import discord

log = logging.getLogger(__name__)

Json = dict[str, Any]
Parse = Callable[[Any], None]

PAGE = 100  # messages; Discord gives no more at once
# What of a server the bot does not use, and can do without where it is odd.
_NOT_USED = (
    *("emojis", "stickers", "presences", "voice_states", "stage_instances"),
    *("guild_scheduled_events", "soundboard_sounds", "welcome_screen", "incidents_data"),
)
_LISTS = ("channels", "threads", "roles", "members")  # of a server


def tolerate(client: discord.Client) -> None:
    """Have a client go on after an event that it cannot parse. Before it connects."""
    parsers: dict[str, Parse] = client._connection.parsers
    without = {"READY": _ready(client), "GUILD_CREATE": _guilds}
    for event, parse in list(parsers.items()):
        parsers[event] = _tolerant(event, parse, without.get(event, _nothing))


async def history(channel: Any, *, limit: int | None, after: datetime) -> AsyncIterator[Any]:
    """Messages of a channel since a moment, the newest first, at most so many.

    As `channel.history`, without those that cannot be parsed. Raises what that raises.
    """
    state = channel._state
    oldest, before, left = discord.utils.time_snowflake(after, high=True), None, limit
    while left is None or left > 0:
        many = PAGE if left is None else min(PAGE, left)
        page: Any = await state.http.logs_from(channel.id, many, before=before)
        for data in page:
            if int(data["id"]) <= oldest:
                return
            try:
                message = state.create_message(channel=channel, data=data)
            except Exception as error:
                _log("a message of a channel's history", error)
            else:
                yield message
        if len(page) < many:
            return
        before, left = int(page[-1]["id"]), None if left is None else left - many


def _tolerant(event: str, parse: Parse, without: Callable[[Any], list[Any]]) -> Parse:
    """A parser that raises nothing. `without`: what to try in turn in the place of an event."""

    def tolerant(data: Any) -> None:
        try:
            parse(data)
            return
        except Exception as error:
            _log(event, error)
        for less in without(data):
            try:
                parse(less)
                return
            except Exception as error:
                log.debug("%s cannot be parsed with less either: %s", event, type(error).__name__)

    return tolerant


def _nothing(_data: Any) -> list[Any]:
    """Most events are left out as a whole."""
    return []


def _ready(client: discord.Client) -> Callable[[Any], list[Any]]:
    """READY begins a connection: without it nothing would be taken up, ever."""

    def without(data: Any) -> list[Any]:
        me = client.user
        if not isinstance(data, dict) or me is None:
            return []
        user = {"id": str(me.id), "username": me.name, "discriminator": "0", "avatar": None}
        # The application is known from the login, and each server comes as an event of its own.
        less: Json = {"user": user, "guilds": [], "shard": data.get("shard")}
        if client.shard_count == 1:
            less["shard"] = [0, 1]
        return [{**less, "guilds": _good(data.get("guilds"))}, less]

    return without


def _guilds(data: Any) -> list[Any]:
    """A server without what is not used, and at last without what else is odd in it."""
    if not isinstance(data, dict):
        return []
    less = {name: value for name, value in data.items() if name not in _NOT_USED}
    lists = {name: _good(less.get(name)) for name in _LISTS}
    return [less, less | lists, less | {name: [] for name in _LISTS}]


def _good(found: Any) -> list[Json]:
    """Of a list, what has an id."""
    if not isinstance(found, list):
        return []
    objects = [each for each in found if isinstance(each, dict)]
    named = [each["user"] if isinstance(each.get("user"), dict) else each for each in objects]
    return [each for each, of in zip(objects, named, strict=True) if _is_id(of.get("id"))]


def _is_id(found: Any) -> bool:
    return isinstance(found, str) and found.isdecimal()


def _log(what: str, error: Exception) -> None:
    """Where it happened, and nothing of what was said."""
    trace, where = error.__traceback__, ""
    while trace is not None:
        where = f"{trace.tb_frame.f_code.co_qualname}, line {trace.tb_lineno}"
        trace = trace.tb_next
    log.error("%s cannot be parsed, and is left out: %s in %s", what, type(error).__name__, where)
