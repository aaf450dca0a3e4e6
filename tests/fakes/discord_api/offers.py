"""What a user's client offers and sends: registered commands with their options, and components.

Raises LookupError for what the client would not offer: a command that is not registered or not
meant for this place, a button that is not there or is disabled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_api.http import ApiError
from tests.fakes.discord_api.messages import Message, mentioned, walk
from tests.fakes.discord_api.objects import Json, Role, User
from tests.fakes.discord_api.world import World

Option = str | int | float | bool | User | Channel | Role
SUBCOMMAND, SUBCOMMAND_GROUP = 1, 2
# Types of options whose value is the id of something that is sent along.
RESOLVED = {6: "users", 7: "channels", 8: "roles"}
BUTTON, TEXT_INPUT = 2, 4
AUTOCOMPLETE = 4  # the type of an interaction


def command(world: World, channel: Channel, name: str, kind: int) -> Json:
    """The registered command of this name and kind, if it is offered in this channel."""
    guild = channel.guild
    scopes = ([guild.id] if guild and guild.has_bot else []) + [None]
    for scope in scopes:
        for each in world.commands.get(scope, []):
            if each["name"] == name and each["type"] == kind:
                _check_offered(each, channel)
                return each
    raise LookupError(f"no such command is registered: {name}")


def _check_offered(command: Json, channel: Channel) -> None:
    contexts, installs = command.get("contexts"), command.get("integration_types") or [0]
    if contexts is None and command.get("dm_permission") is False:  # the older way to say it
        contexts = [0]
    here = contexts is None or channel.context in contexts
    if not here or (channel.user_installed and 1 not in installs):
        raise LookupError(f"{command['name']} is not offered here")


def slash_data(world: World, channel: Channel, name: str, options: Mapping[str, Option]) -> Json:
    """The data of a slash command; a subcommand's name follows its command's after a space."""
    first, *rest = name.split()
    registered = command(world, channel, first, 1)
    resolved: Json = {}
    data = _identity(registered)
    data["options"] = _nest(registered, rest, dict(options), channel, resolved)
    for text in options.values():
        if isinstance(text, str):
            _resolve_mentioned(world, text, channel, resolved)
    return data | ({"resolved": resolved} if resolved else {})


def _identity(registered: Json) -> Json:
    data: Json = {key: registered[key] for key in ("id", "name", "type")}
    if "guild_id" in registered:
        data["guild_id"] = registered["guild_id"]
    return data


def _nest(
    level: Json, rest: list[str], options: dict[str, Option], channel: Channel, resolved: Json
) -> list[Json]:
    declared = {each["name"]: each for each in level.get("options") or []}
    if rest:
        if rest[0] not in declared:
            raise LookupError(f"no such subcommand: {rest[0]}")
        inner = declared[rest[0]]
        nested = _nest(inner, rest[1:], options, channel, resolved)
        return [{"name": rest[0], "type": inner["type"], "options": nested}]
    missing = [n for n, each in declared.items() if each.get("required") and n not in options]
    if missing or any(each["type"] <= SUBCOMMAND_GROUP for each in declared.values()):
        raise LookupError(f"a required option or a subcommand is missing: {missing}")
    sent = []
    for name, value in options.items():
        if name not in declared:
            raise LookupError(f"no such option: {name}")
        option = declared[name]
        if not isinstance(value, str | int | float):
            resolve(resolved, RESOLVED[option["type"]], value, channel)
            value = str(value.id)
        elif option.get("choices") and value not in [c["value"] for c in option["choices"]]:
            raise LookupError(f"no such choice of {name}: {value}")
        sent.append({"name": name, "type": option["type"], "value": value})
    return sent


def typing_data(world: World, channel: Channel, name: str, option: str, beginning: str) -> Json:
    """The data of a slash command one of whose options is being typed."""
    registered = command(world, channel, name, 1)
    (typed,) = [each for each in registered["options"] if each["name"] == option]
    if not typed.get("autocomplete"):
        raise LookupError(f"{option} is not completed")
    data = _identity(registered)
    return data | {
        "options": [{"name": option, "type": typed["type"], "value": beginning, "focused": True}]
    }


def check_choices(kind: int, data: Json) -> None:
    """Refuse choices that Discord would refuse."""
    choices = data["choices"]
    if kind != AUTOCOMPLETE or len(choices) > 25:
        raise ApiError(400, 50035, "Invalid Form Body")
    for choice in choices:
        if not (1 <= len(choice["name"]) <= 100 and 1 <= len(choice["value"]) <= 100):
            raise ApiError(400, 50035, "Invalid Form Body")


def resolve(resolved: Json, kind: str, value: Any, channel: Channel) -> None:
    """Send something along whose id is an option's value or a menu's target."""
    resolved.setdefault(kind, {})[str(value.id)] = value.payload()
    members = channel.guild.members if channel.guild else {}
    if kind == "users" and value.id in members:
        member = members[value.id].payload(user=False) | {"permissions": "0"}
        resolved.setdefault("members", {})[str(value.id)] = member


def _resolve_mentioned(world: World, text: str, channel: Channel, resolved: Json) -> None:
    """Send along whom a text mentions."""
    users, roles, _ = mentioned(text)
    known = channel.guild.roles if channel.guild else {}
    for kind, ids, of in (("users", users, world.users), ("roles", roles, known)):
        for id in ids:
            if id in of:
                resolve(resolved, kind, of[id], channel)


def menu_data(world: World, channel: Channel, name: str, target: User | Message) -> Json:
    """The data of a command in a user's or a message's menu; the message comes in full."""
    data = _identity(command(world, channel, name, 2 if isinstance(target, User) else 3))
    resolved: Json = {}
    if isinstance(target, User):
        resolve(resolved, "users", target, channel)
    else:
        resolved["messages"] = {str(target.id): world.payload(target, sees_content=True)}
    return data | {"target_id": str(target.id), "resolved": resolved}


def component_data(message: Message, custom_id: str, values: list[str]) -> Json:
    """The data of a click on a button, or of a choice from a menu."""
    if message.deleted or custom_id not in message.custom_ids:
        raise LookupError(f"no such component to use: {custom_id}")
    part = next(each for each in walk(message.components) if each["custom_id"] == custom_id)
    data: Json = {"custom_id": custom_id, "component_type": part["type"]}
    return data if part["type"] == BUTTON else data | {"values": values}


def modal_data(modal: Json, values: Mapping[str, str]) -> Json:
    """The data of a modal that is sent with these values of its text inputs."""

    def filled(part: Json) -> Json:
        if part["type"] == TEXT_INPUT:
            value = values.get(part["custom_id"], part.get("value") or "")
            return {"type": TEXT_INPUT, "custom_id": part["custom_id"], "value": value, "id": 0}
        if "component" in part:
            return {"type": part["type"], "component": filled(part["component"]), "id": 0}
        inner = [filled(each) for each in part.get("components", ())]
        return {"type": part["type"], "components": inner, "id": 0}

    components = [filled(each) for each in modal["components"]]
    return {"custom_id": modal["custom_id"], "components": components}
