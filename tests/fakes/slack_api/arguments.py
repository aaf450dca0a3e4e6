"""The arguments of a Web API request: read from its query, form or JSON, and checked.

What a method takes is in web_api.schema.json, generated from Slack's own TypeScript types
(web_api.NOTICE). Knows nothing of what the methods do.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from jsonschema import Draft7Validator, ValidationError
from jsonschema.exceptions import best_match
from jsonschema.validators import extend

from tests.fakes.slack_api.objects import Json

_FILE = Path(__file__).with_name("web_api.schema.json")
_TRUE, _FALSE = ("1", "true", "True"), ("0", "false", "False")


@cache
def _schema() -> Json:
    return dict(json.loads(_FILE.read_text(encoding="utf-8")))


def _definition(schema: Json) -> Json:
    while "$ref" in schema:
        schema = _schema()["definitions"][unquote(schema["$ref"].rpartition("/")[2])]
    return schema


def _alternatives(schema: Json) -> Iterator[Json]:
    found = _definition(schema)
    for each in found.get("anyOf", [found]):
        yield from _alternatives(each) if "anyOf" in _definition(each) else [_definition(each)]


def _any_of(
    validator: Any, alternatives: list[Json], instance: Any, schema: Json
) -> Iterator[ValidationError]:
    """anyOf, but of objects that say their type only those of that type are looked at.

    It makes errors speak of what was meant, and spares comparing a block with thirty others.
    """
    every = list(_alternatives({"anyOf": alternatives}))
    if isinstance(instance, dict) and "type" in instance:
        types = [_types(each) for each in every]
        same = [each for each, of in zip(every, types, strict=True) if instance["type"] in of]
        if any(types) and not same:
            yield ValidationError(f"{instance['type']!r} is not a type that is possible here")
            return
        every = same or every
    errors = []
    for each in every:
        found = list(validator.descend(instance, each))
        if not found:
            return
        errors.append(found)
    if len(errors) == 1:
        yield from errors[0]
    else:
        yield ValidationError(f"{instance!r:.200} fits none of the possible schemas")


def _types(schema: Json) -> list[str]:
    kind = schema.get("properties", {}).get("type", {})
    return [kind["const"]] if "const" in kind else list(kind.get("enum", ()))


def event_complaint(name: str, event: Json) -> str | None:
    """What an event lacks, or has of another type, by the name of its TypeScript type; or None."""
    error = best_match(Draft7Validator(_schema()["events"][name]).iter_errors(event))
    return None if error is None else str(error.message)


@cache
def _validator(method: str) -> Any:
    schema = _schema()["methods"][method] | {"definitions": _schema()["definitions"]}
    return extend(Draft7Validator, {"anyOf": _any_of})(schema)  # type: ignore[no-untyped-call]


def complaint(method: str, arguments: Json) -> str | None:
    """What is wrong with the arguments, or None."""
    error = best_match(_validator(method).iter_errors(arguments))
    if error is None:
        return None
    path = "/".join(str(part) for part in error.absolute_path)
    return f"{path}: {error.message:.300}"


async def read(request: web.Request) -> tuple[Json, str]:
    """A request's arguments as they are sent, and its token."""
    arguments: Json = dict(request.query)
    if request.content_type == "application/json":
        text = await request.text()
        arguments |= json.loads(text) if text else {}
    else:
        arguments |= dict(await request.post())
        arguments.setdefault("token", "")
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    token = shown if scheme == "Bearer" else ""
    if scheme == "Basic":
        id, _, secret = base64.b64decode(shown).decode().partition(":")
        arguments |= {"client_id": id, "client_secret": secret}
    return arguments, token or str(arguments.pop("token", ""))


def decoded(method: str, arguments: Json) -> Json:
    """The arguments with what forms can only send as text turned into what it means.

    slack_sdk's clients add `team_id` to every request where Bolt has set it, needed or not.
    """
    properties = _schema()["methods"][method]["properties"]
    meant = {name: value for name, value in arguments.items() if value is not None}
    for name in ("team_id", "token"):
        if name not in properties or not meant.get(name):
            meant.pop(name, None)
    return {
        name: _decoded(value, properties[name]) if name in properties else value
        for name, value in meant.items()
    }


def _decoded(value: Any, schema: Json) -> Any:
    if not isinstance(value, str):
        return value
    kinds = {each.get("type") for each in _alternatives(schema)}
    if "string" in kinds:
        return value
    if "boolean" in kinds and value in (*_TRUE, *_FALSE):
        return value in _TRUE
    try:
        return json.loads(value)
    except ValueError:
        return value.split(",") if "array" in kinds else value
