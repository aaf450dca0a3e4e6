"""The REST routes of the application, of channels and their messages, and of commands."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_api.gateway import Gateway, application_flags
from tests.fakes.discord_api.http import Api, ApiError, Call, invalid
from tests.fakes.discord_api.messages import Message
from tests.fakes.discord_api.objects import DM, GROUP_DM, PUBLIC_THREAD, Json
from tests.fakes.discord_api.posts import Posts
from tests.fakes.discord_api.world import Event, World

MENU_COMMANDS_LIMIT = 5  # of each kind
SLASH_COMMANDS_LIMIT = 100


class Routes:
    """Handlers of requests that show the bot's token."""

    def __init__(self, world: World, posts: Posts, gateway: Gateway, api: Api) -> None:
        self._world = world
        self._posts = posts
        self._gateway = gateway
        add = api.add
        add("GET", "/users/@me", lambda call: world.bot.payload() | {"verified": True})
        add("GET", "/users/{user}", self._user)
        add("POST", "/users/@me/channels", self._open_dm)
        add("GET", "/guilds/{guild}/members/{user}", self._member)
        add("GET", "/oauth2/applications/@me", self._application)
        add("GET", "/applications/@me", self._application)
        add("GET", "/gateway/bot", self._gateway_bot)
        add("GET", "/guilds/{guild}/roles/member-counts", self._role_counts)
        add("GET", "/channels/{channel}", lambda call: self._channel(call).payload())
        add("POST", "/channels/{channel}/typing", self._typing)
        add("GET", "/channels/{channel}/messages", self._list)
        add("POST", "/channels/{channel}/messages", self._send)
        add("GET", "/channels/{channel}/messages/{message}", self._get)
        add("PATCH", "/channels/{channel}/messages/{message}", self._edit)
        add("DELETE", "/channels/{channel}/messages/{message}", self._delete)
        for path in ("", "/guilds/{guild}"):
            commands = "/applications/{application}" + path + "/commands"
            add("GET", commands, lambda call: self._commands(call))
            add("PUT", commands, self._replace_commands)
            add("POST", commands, self._put_command)

    def _user(self, call: Call) -> Json:
        user = self._world.users.get(call.id("user"))
        if user is None:
            raise ApiError(404, 10013, "Unknown User")
        return user.payload()

    def _member(self, call: Call) -> Json:
        guild = self._world.guilds.get(call.id("guild"))
        member = None if guild is None else guild.members.get(call.id("user"))
        if member is None:
            raise ApiError(404, 10007, "Unknown Member")
        return member.payload()

    def _open_dm(self, call: Call) -> Json:
        user = self._world.users.get(int(call.body["recipient_id"]))
        if user is None:
            raise ApiError(400, 10013, "Unknown User")
        return self._world.dm(user).payload()

    def _application(self, call: Call) -> Json:
        return {
            "id": str(self._world.application_id),
            "name": self._world.bot.name,
            "description": "",
            "summary": "",
            "icon": None,
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "",
            "owner": self._world.bot.payload(),
            "flags": application_flags(self._world),
        }

    def _gateway_bot(self, call: Call) -> Json:
        limit = {"total": 1000, "remaining": 1000 - self._gateway.identifies % 1000}
        return {
            "url": self._world.gateway_url,
            "shards": self._world.shards,
            "session_start_limit": limit | {"reset_after": 14_400_000, "max_concurrency": 1},
        }

    def _role_counts(self, call: Call) -> Json:
        guild = self._world.guilds.get(call.id("guild"))
        if guild is None or not guild.has_bot:
            raise ApiError(403, 50001, "Missing Access")
        if not guild.counts_roles:
            raise ApiError(403, 50013, "Missing Permissions")
        held = Counter(role.id for member in guild.members.values() for role in member.roles)
        return {str(id): held[id] for id in guild.roles if id != guild.id}

    def _channel(self, call: Call) -> Channel:
        channel = self._world.channels.get(call.id("channel"))
        if channel is None:
            raise ApiError(404, 10003, "Unknown Channel")
        if not self._world.has_bot(channel):
            raise ApiError(403, 50001, "Missing Access")
        return channel

    def _writable(self, call: Call) -> Channel:
        channel = self._channel(call)
        in_thread = channel.type == PUBLIC_THREAD
        send = "send_messages_in_threads" if in_thread else "send_messages"
        if channel.lacks(send) or (call.files and channel.lacks("attach_files")):
            raise ApiError(403, 50013, "Missing Permissions")
        if channel.type == DM and not channel.recipients[0].dms_open:
            raise ApiError(403, 50007, "Cannot send messages to this user")
        if channel.locked:
            raise ApiError(400, 160005, "Thread is locked")
        return channel

    def _message(self, call: Call) -> Message:
        channel = self._channel(call)
        message = channel.get(call.id("message"))
        if message is None or message.ephemeral:
            raise ApiError(404, 10008, "Unknown Message")
        if channel.archived and call.method != "GET":
            raise ApiError(400, 50083, "Thread is archived")
        return message

    def _typing(self, call: Call) -> None:
        self._writable(call).typing += 1

    def _list(self, call: Call) -> list[Json]:
        channel = self._channel(call)
        limit = int(call.query.get("limit", 50))
        if not 1 <= limit <= 100:
            raise invalid("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
        if channel.lacks("read_message_history"):
            return []
        return [self._world.payload(message) for message in channel.page(call.query, limit)]

    def _get(self, call: Call) -> Json:
        if self._channel(call).lacks("read_message_history"):
            raise ApiError(403, 50013, "Missing Permissions")
        return self._world.payload(self._message(call))

    def _send(self, call: Call) -> Json:
        channel = self._writable(call)
        if channel.archived:  # what is written opens it
            channel.archived = False
            self._world.emit(Event("THREAD_UPDATE", channel.guild, 0, lambda _: channel.payload()))
        return self._world.payload(self._posts.create(call, call.body, channel))

    def _edit(self, call: Call) -> Json:
        message = self._message(call)
        if message.author is not self._world.bot:
            raise ApiError(403, 50005, "Cannot edit a message authored by another user")
        return self._world.payload(self._posts.edit(call, call.body, message))

    def _delete(self, call: Call) -> None:
        message = self._message(call)
        if message.author is not self._world.bot:
            if message.channel.type in (DM, GROUP_DM):
                raise ApiError(403, 50003, "Cannot execute action on a DM channel")
            raise ApiError(403, 50013, "Missing Permissions")
        self._world.remove([message])

    def _scope(self, call: Call) -> int | None:
        if call.id("application") != self._world.application_id:
            raise ApiError(404, 10002, "Unknown Application")
        if "guild" not in call.parts:
            return None
        guild = self._world.guilds.get(call.id("guild"))
        if guild is None or not guild.has_bot:
            raise ApiError(403, 50001, "Missing Access")
        return guild.id

    def _commands(self, call: Call) -> list[Json]:
        return self._world.commands.get(self._scope(call), [])

    def _replace_commands(self, call: Call) -> list[Json]:
        scope = self._scope(call)
        old = {(each["type"], each["name"]): each for each in self._commands(call)}
        new = [self._command(command, scope, old) for command in call.body]
        if len({(each["type"], each["name"]) for each in new}) < len(new):
            raise invalid("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Names must be unique")
        for kind in (1, 2, 3):
            limit = SLASH_COMMANDS_LIMIT if kind == 1 else MENU_COMMANDS_LIMIT
            if sum(each["type"] == kind for each in new) > limit:
                raise ApiError(400, 30032, "Maximum number of application commands reached")
        self._world.commands[scope] = new
        return new

    def _put_command(self, call: Call) -> Json:
        scope = self._scope(call)
        old = {(each["type"], each["name"]): each for each in self._commands(call)}
        new = self._command(call.body, scope, old)
        self._world.commands[scope] = list((old | {(new["type"], new["name"]): new}).values())
        return new

    def _command(self, body: Json, scope: int | None, old: dict[Any, Json]) -> Json:
        command = {"type": 1, "description": "", "options": []} | body
        _check_command(command)
        same = old.get((command["type"], command["name"]))
        return command | {
            "id": same["id"] if same else str(self._world.clock.made_id()),
            "application_id": str(self._world.application_id),
            "version": str(self._world.clock.id()),
            **({"guild_id": str(scope)} if scope else {}),
        }


def _check_command(command: Json) -> None:
    """Refuse a command, a subcommand or an option as Discord does."""
    name, slash = command["name"], command["type"] == 1
    slash_name = re.fullmatch(r"[-_'\w]+", name) and name == name.lower()
    if not 1 <= len(name) <= 32 or (slash and not slash_name):
        raise invalid("name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    if slash and not 1 <= len(command["description"]) <= 100:
        raise invalid("description", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    options = command.get("options") or []
    optional = False
    if len(options) > 25 or any(len(option.get("choices") or ()) > 25 for option in options):
        raise invalid("options", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for option in options:
        _check_command({**option, "type": 1})
        if option.get("required") and optional:
            code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
            raise invalid("options", code, "Required options must be placed before others")
        optional = optional or not option.get("required")
