"""A request's body as Bolt takes it: read once, and held against the form of what Slack sends.

It knows nothing of signatures, nor of what an event means. Bolt trusts a body's form, and guesses
from its text how to read it (a command that says "payload" is lost); so it gets what was read and
checked here, as JSON, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from slack_bolt.request.async_request import AsyncBoltRequest

Json = dict[str, Any]

DEEPEST = 100  # levels of lists and objects; rich text has some 20
MOST_FIELDS = 200  # of a form; a slash command has some 20

# What Bolt or a listener reads, and takes for text, or null, wherever Slack gives it: in the body,
# an event, one of the actions.
_TEXTS = (
    "type team_id enterprise_id user_id channel_id command text callback_id action_id trigger_id "
    "response_url challenge ssl_check"
)
_TEXTS_OF_AN_EVENT = "type subtype text ts thread_ts channel_type bot_id"
_TEXTS_OF_AN_ACTION = "action_id"
_TEXTS_OF_A_VIEW = "id callback_id app_installed_team_id"
_TEXTS_OF_AN_AUTHORIZATION = "team_id enterprise_id"

# Whom and what it concerns, in the body or an event: an id, or an object that has one.
_IDS = "user team channel enterprise"

# What Bolt finds in a body, wherever it stands, and takes for text.
_FOUND = "enterprise_id team_id user_id channel_id thread_ts response_url"


class Malformed(Exception):
    """A body that Slack would not send. Says nothing of its text."""


def read(raw: bytes, content_type: str) -> Json:
    """The body of a request over HTTP. Raises Malformed."""
    try:
        text = raw.decode()
        return _object(text) if content_type == "application/json" else _form(text)
    except Malformed:
        raise
    except (ValueError, RecursionError) as error:
        raise Malformed(type(error).__name__) from None


def bolt_request(
    body: Json, headers: Mapping[str, str], query: str = "", *, socket: bool = False
) -> AsyncBoltRequest:
    """What Bolt is to answer. `headers` is what it may see of them. Raises Malformed.

    `socket`: the body came over Socket Mode.
    """
    try:
        if not any(isinstance(body.get(name), str) for name in ("type", "command", "ssl_check")):
            raise Malformed("neither a type nor a command")
        _check(body)
        request = AsyncBoltRequest(
            body=body if socket else json.dumps(body, allow_nan=False),
            query=query,
            headers={**headers, "content-type": "application/json"},
            mode="socket_mode" if socket else "http",
        )
    except Malformed:
        raise
    except Exception as error:  # Bolt finds ids in odd places
        raise Malformed(type(error).__name__) from None
    _texts(request.context, _FOUND)
    if not request.context.team_id and isinstance(event := body.get("event"), dict):
        # An organization's installation: Bolt looks no further than what says whose it is.
        of = ("context_team_id", "team_id", "enterprise_id")
        team = next((body[name] for name in of if body.get(name)), event.get("team"))
        request.context["team_id"] = team or request.context.enterprise_id
        _texts(request.context, "team_id")
    return request


def _object(text: str) -> Json:
    """The JSON object that a text is. Slack gives each its type."""
    body = json.loads(text, parse_constant=_no_number)
    if not isinstance(body, dict) or not isinstance(body.get("type"), str):
        raise Malformed("not an object with a type")
    return body


def _no_number(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON")


def _form(text: str) -> Json:
    """A slash command's fields, or the interaction that a form carries as JSON."""
    pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    fields: Json = dict(pairs)
    if len(fields) < len(pairs):
        raise Malformed("a field twice")
    if "payload" in fields:
        return _object(fields["payload"])
    # https://docs.slack.dev/interactivity/implementing-slash-commands: Slack looks at times
    # whether the endpoint is there.
    if "command" in fields or fields.get("ssl_check") == "1":
        return fields
    raise Malformed("neither a payload nor a command")


def _check(body: Json) -> None:
    """Raise Malformed for a body of another form than Slack's."""
    _not_too_deep(body)
    _texts(body, _TEXTS)
    _ids(body)
    if body.get("type") == "url_verification" and not isinstance(body.get("challenge"), str):
        raise Malformed("no challenge")
    if body.get("type") == "event_callback" or "event" in body:
        event = body.get("event")
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            raise Malformed("no event")
        _texts(event, _TEXTS_OF_AN_EVENT)
        _ids(event)
    if body.get("type") in ("block_actions", "interactive_message") or "actions" in body:
        for action in _objects(body.get("actions"), "actions"):
            _texts(action, _TEXTS_OF_AN_ACTION)
            if body["type"] == "block_actions" and action.get("action_id") is None:
                raise Malformed("no action_id")
    if body.get("type") in ("view_submission", "view_closed") or body.get("view") is not None:
        (view,) = _objects([body.get("view")], "view")
        _texts(view, _TEXTS_OF_A_VIEW)
        if view.get("type") is None:
            raise Malformed("no type of a view")
    if body.get("authorizations"):
        for authorization in _objects(body["authorizations"], "authorizations"):
            _texts(authorization, _TEXTS_OF_AN_AUTHORIZATION)


def _texts(found: Mapping[str, Any], names: str) -> None:
    """Raise Malformed where one of these is there and is neither text nor null."""
    for name in names.split():
        if not isinstance(found.get(name), str | None):
            raise Malformed(f"{name} is not text")


def _ids(found: Mapping[str, Any]) -> None:
    """Raise Malformed where somebody or something is named, and not by an id."""
    for name in _IDS.split():
        named = found.get(name)
        _texts(named if isinstance(named, dict) else {"id": named}, "id")


def _objects(found: object, name: str) -> list[Json]:
    """The objects of a list that has one at least, and nothing else."""
    if not isinstance(found, list) or not found or not all(isinstance(o, dict) for o in found):
        raise Malformed(f"no {name}")
    return found


def _not_too_deep(body: Json) -> None:
    level: list[Any] = [body]
    for _ in range(DEEPEST):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise Malformed("too deep")
