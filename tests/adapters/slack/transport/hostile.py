"""Requests that Slack does not send: unsigned, stale, wrongly signed, malformed, or copied.

`HOSTILE` is a strategy; what it makes is right HTTP, to be sent over a connection that is kept.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.adapters.slack.transport.signing import (
    ACTION,
    COMMAND,
    FORM,
    JSON,
    MENTION,
    NOW,
    form,
    signature,
    signed,
)


@dataclass(frozen=True, slots=True)
class Hostile:
    """A request, what is wrong with it, and the statuses that are right."""

    kind: str
    headers: dict[str, bytes]
    body: bytes
    statuses: frozenset[int] = frozenset({401})

    def written(self) -> bytes:
        """As it goes over the wire."""
        lines = [b"POST /slack/events HTTP/1.1", b"Host: localhost"]
        lines += [name.encode() + b": " + value for name, value in self.headers.items()]
        lines.append(b"Content-Length: %d" % len(self.body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


def _raw(headers: dict[str, str]) -> dict[str, bytes]:
    return {name: value.encode("utf-8", "surrogateescape") for name, value in headers.items()}


ACCEPTED = json.dumps(MENTION).encode()  # a test sends this once before; then it is a replay
_CHALLENGE = {"type": "url_verification", "challenge": "c"}
_INTERACTION = form({"payload": json.dumps(ACTION)})
_GOOD = st.sampled_from([(ACCEPTED, JSON), (_INTERACTION, FORM), (form(COMMAND), FORM)])

_PRINTED = st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_characters="\x7f")
# What a header's value may hold, as bytes that are perhaps no ASCII and no UTF-8.
_VALUES = st.one_of(
    st.sampled_from(
        ["", "v0=", "v1=" + 64 * "0", "v0=" + 64 * "0", 4_000 * "9", "１７", "+1", "²"]
    ),
    st.text(_PRINTED, max_size=20),
    st.binary(max_size=20).map(
        lambda b: b.translate(None, bytes(range(32)) + b"\x7f").decode("utf-8", "surrogateescape")
    ),
).map(str.strip)


@st.composite
def _unsigned(draw: st.DrawFn) -> Hostile:
    """Headers that are missing, or hold anything."""
    body, kind = draw(_GOOD)
    headers = signed(body, kind)
    names = list(headers)
    for header in draw(st.sampled_from([names[1:2], names[2:], names[1:]])):
        value = draw(st.none() | _VALUES)
        if value is None:
            del headers[header]
        else:
            headers[header] = value
    return Hostile("unsigned", _raw(headers), body)


@st.composite
def _wrongly_signed(draw: st.DrawFn) -> Hostile:
    """The right form; another secret, body or time, or a signature that was changed."""
    body, kind = draw(_GOOD)
    time = str(int(NOW))
    wrong = draw(
        st.sampled_from(
            [
                signature(time, body, "another secret"),
                signature(time, body + b" "),
                signature(str(int(NOW) - 1), body),
                signature(time, body).upper(),
                signature(time, body)[:-1],
                signature(time, body)[3:],
                signature(time, body) + "0",
            ]
        )
    )
    return Hostile("wrongly signed", _raw(signed(body, kind) | {"X-Slack-Signature": wrong}), body)


@st.composite
def _stale(draw: st.DrawFn) -> Hostile:
    """Well signed, for another time, or for what is no time."""
    body, kind = draw(_GOOD)
    age = draw(st.integers(301, 10**12) | st.integers(-(10**12), -301))
    time = draw(
        st.sampled_from(
            [
                str(int(NOW) - age),
                f"{int(NOW)}.0",
                f"+{int(NOW)}",
                f"0x{int(NOW):x}",
                f"{int(NOW):_}",
                "nan",
                "1e9",
                "-0",
                "٣",
                5_000 * "1",
            ]
        )
        | _VALUES.filter(lambda v: not (v.isdecimal() and v.isascii()))
    )
    headers = signed(body, kind)
    headers |= {"X-Slack-Request-Timestamp": time, "X-Slack-Signature": signature(time, body)}
    return Hostile("stale", _raw(headers), body)


def _replayed() -> st.SearchStrategy[Hostile]:
    """What was accepted, once more; Slack's numbers of a retry do not make it another."""
    numbers = st.integers(0, 5).map(lambda n: {"X-Slack-Retry-Num": str(n)})
    taken = frozenset({200})  # acknowledged, and nothing runs
    return numbers.map(lambda n: Hostile("replayed", _raw(signed(ACCEPTED) | n), ACCEPTED, taken))


_ODD: st.SearchStrategy[Any] = st.one_of(
    st.integers(),
    st.floats(),
    st.booleans(),
    st.just([]),
    st.just({}),
    st.just([1]),
    st.just({"id": 1}),
    st.just([[]]),
)
_PLACES = [  # in a good body, and what must be text there
    (MENTION, "type"), (MENTION, "team_id"), (MENTION, "event"), (MENTION, "event", "type"),
    (MENTION, "event", "text"), (MENTION, "event", "ts"), (MENTION, "event", "channel"),
    (MENTION, "event", "user"), (MENTION, "event", "thread_ts"), (MENTION, "event", "subtype"),
    (MENTION, "authorizations", 0, "team_id"), (_CHALLENGE, "challenge"), (_CHALLENGE, "type"),
    (ACTION, "type"), (ACTION, "actions"), (ACTION, "actions", 0), (ACTION, "user"),
    (ACTION, "actions", 0, "action_id"), (ACTION, "team"), (ACTION, "channel", "id"),
]  # fmt: skip


@st.composite
def _misshapen(draw: st.DrawFn) -> tuple[bytes, str]:
    """A good body with one thing in it that is of another type, or not there."""
    original, *path = draw(st.sampled_from(_PLACES))
    body = copy.deepcopy(original)
    parent: Any = body
    for step in path[:-1]:
        parent = parent[step]
    needed = path[-1] in ("type", "event", "challenge", "actions")
    if needed and draw(st.booleans()):
        del parent[path[-1]]
    else:
        parent[path[-1]] = draw(_ODD.filter(lambda odd: _is_odd(odd, path[-1])))
    text = json.dumps(body)
    return (form({"payload": text}), FORM) if original is ACTION else (text.encode(), JSON)


def _is_odd(value: Any, name: Any) -> bool:
    """Whether a value is wrong there: some things may be an object, which has an id then."""
    return not (name in ("user", "team", "channel") and value == {})


_NO_JSON = st.sampled_from(
    [b"", b"{", b"[]", b"null", b'"x"', b"1", b"NaN", b"{}", b"\xff{}", b'{"type": NaN}',
     b'{"type": "event_callback", "event": {"type": "message"}, "x": Infinity}',
     b'{"type": "event_callback", "event": {"type": "message"}, "x": 1e999}',
     b"[" * 50_000, b'{"type": ' * 3_000, b'{"type":"x","a":' + b"[" * 200 + b"]" * 200 + b"}",
     b'{"type": "x", "n": ' + b"9" * 5_000 + b"}", b"\xef\xbb\xbf{}", b'{"type": "\x00"}']
)  # fmt: skip
_NO_FORM = st.sampled_from(
    [b"payload=", b"payload=1", b"payload=%7B", b"payload=%FF", b"payload=%5B%5D", b"a=b",
     b"payload=%7B%22type%22%3A1%7D", b"payload=%7B%7D&payload=%7B%7D", b"command=a&command=b",
     b"&".join(b"a%d=1" % n for n in range(300)), b'{"type": "event_callback"}']
)  # fmt: skip
_JUNK = st.dictionaries(
    st.text(max_size=6).filter(lambda name: name != "type"),
    st.none() | st.text(max_size=6) | st.integers() | st.lists(st.booleans(), max_size=2),
    max_size=4,
).map(lambda junk: json.dumps(junk).encode())


@st.composite
def _malformed(draw: st.DrawFn) -> Hostile:
    """Well signed and in time, and no body of Slack's."""
    body, kind = draw(
        st.one_of(
            _misshapen(),
            st.tuples(_NO_JSON | _JUNK | st.binary(max_size=30), st.just(JSON)),
            st.tuples(_NO_FORM, st.just(FORM)),
            st.tuples(st.binary(max_size=30).map(lambda b: b.replace(b"=", b"")), st.just(FORM)),
        )
    )
    at = NOW + draw(st.integers(-300, 300))
    return Hostile("malformed", _raw(signed(body, kind, at=at)), body, frozenset({400}))


# As many malformed as others: there is most to get wrong.
_BEFORE_PARSING = st.one_of(_unsigned(), _wrongly_signed(), _stale(), _replayed())
HOSTILE = st.booleans().flatmap(lambda well: _malformed() if well else _BEFORE_PARSING)
