"""Signed bodies of another form than Slack's: refused where somebody reads what is wrong."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.slack.transport.bodies import Malformed, bolt_request
from tests.adapters.slack.transport.signing import ACTION, COMMAND, MENTION, Heard

Path = tuple[str | int, ...]

IDS = {"team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"}, "channel": {"id": "C1"}}
REPLY = {"ts": "1.2", "thread_ts": "1.1", "user": "U1", "text": "返答"}
WHERE = {"trigger_id": "t", "response_url": "https://hooks.slack.com/1"}
MESSAGE = MENTION | {
    "enterprise_id": "E1",
    "event": MENTION["event"]
    | {"type": "message", "channel_type": "channel", "thread_ts": "1.1", "bot_id": "B2"},
}
BODIES: dict[str, dict[str, Any]] = {
    "message": MESSAGE,
    "edit": MENTION
    | {
        "event": {
            **{"type": "message", "subtype": "message_changed", "channel": "C1", "ts": "1.3"},
            **{"message": REPLY, "previous_message": REPLY},
        }
    },
    "button": ACTION | WHERE | {"message": REPLY, "enterprise": {"id": "E1"}},
    "form": IDS
    | {
        "type": "view_submission",
        "view": {
            **{"id": "V1", "type": "modal", "callback_id": "ask", "app_installed_team_id": "T1"},
            "state": {"values": {"question": {"question": {"value": "何"}}}},
        },
    },
    "shortcut": IDS | WHERE | {"type": "message_action", "callback_id": "ask", "message": REPLY},
    "options": IDS | {"type": "block_suggestion", "action_id": "a", "value": "x"},
    "command": COMMAND | WHERE | {"channel_id": "C1"},
    "challenge": {"type": "url_verification", "challenge": "c"},
}
MISSING = object()
ODD: list[Any] = [1, 1.5, True, [], {}, [1], {"id": 1}, [[]]]
READ: list[tuple[str, Path]] = [
    *(("message", (name,)) for name in ("type", "team_id", "enterprise_id", "event")),
    *(("message", ("event", name)) for name in MESSAGE["event"]),
    *(("message", ("authorizations", 0, name)) for name in ("team_id", "enterprise_id")),
    ("edit", ("event", "subtype")),
    *(("button", (name,)) for name in ("type", "actions", "trigger_id", "response_url")),
    *(("button", (name, "id")) for name in ("user", "channel", "team", "enterprise")),
    ("button", ("actions", 0, "action_id")),
    *(("form", ("view", name)) for name in ("id", "callback_id", "app_installed_team_id")),
    ("shortcut", ("callback_id",)),
    ("options", ("action_id",)),
    *(("command", (name,)) for name in ("command", "text", "user_id", "channel_id")),
    ("challenge", ("challenge",)),
]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Everything in a body, as the way to it."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(each, (*path, key))


def with_odd(kind: str, path: Path, odd: Any) -> dict[str, Any]:
    """A body in which one thing is of another type, or missing."""
    body: Any = copy.deepcopy(BODIES[kind])
    parent = body
    for key in path[:-1]:
        parent = parent[key]
    if odd is MISSING:
        del parent[path[-1]]
    else:
        parent[path[-1]] = odd
    return body  # type: ignore[no-any-return]


@pytest.mark.parametrize(("kind", "path"), READ, ids=str)
def test_a_body_is_refused_where_something_that_is_read_is_of_another_type(
    kind: str, path: Path
) -> None:
    """By Bolt or by a listener of ours."""
    bolt_request(BODIES[kind], {})
    # A person, a channel or a team may be an object with an id; actions are a list.
    objects = path[-1] in ("user", "channel")
    for odd in ODD:
        if not (objects and odd == {}):
            with pytest.raises(Malformed):
                bolt_request(with_odd(kind, path, odd), {})


@pytest.mark.parametrize("kind", BODIES)
async def test_what_is_let_through_brings_bolt_to_no_error(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Wherever in a body something is of another type, or missing."""
    app, answered = Heard().app, 0
    for path in places(BODIES[kind]):
        for odd in (*ODD, None, "", MISSING):
            try:
                request = bolt_request(with_odd(kind, path, odd), {})
            except Malformed:
                continue
            assert (await app.async_dispatch(request)).status in (200, 404), (path, odd)
            answered += 1
    assert "Traceback" not in caplog.text
    assert answered
