"""Whom Slack's events are for: pure functions, on dicts as the Events API sends them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.said import RIGHT_AFTER
from adapters.slack.incoming import (
    belongs,
    envelope,
    is_by_bot,
    is_direct,
    is_forward,
    is_own,
    is_said,
    moment,
    place,
)
from adapters.slack.reading import says_nothing
from bot.messages import ConversationKey, IncomingMessage

TEAM, ME, BOT, TS = "T1", "UKAIWA", "BKAIWA", "1767225600.000100"


def event(text: str = "こんにちは", **more: Any) -> dict[str, Any]:
    """A message of tanaka's in a channel."""
    said = {"type": "message", "user": "U1", "text": text, "ts": TS}
    return said | {"channel": "C1", "channel_type": "channel"} | more


def rich(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    """A message's blocks, as Slack makes them of what somebody typed."""
    section = {"type": "rich_text_section", "elements": list(elements)}
    return [{"type": "rich_text", "block_id": "b", "elements": [section]}]


def taken(said: dict[str, Any], *, threads: bool = True, trusted: str = "") -> IncomingMessage:
    """A message that must be somebody's to answer."""
    incoming = envelope(said, TEAM, ME, bot_id=BOT, trusted=trusted.split(), threads=threads)
    assert incoming is not None
    return incoming


def test_a_word_to_somebody_else_is_known_as_such() -> None:
    """By a mention of them; one that mentions the bot too is the bot's."""
    assert not taken(event()).to_others and not taken(event()).addressed
    assert taken(event("<@U2> どう？")).to_others
    both = taken(event("<@U2> <@UKAIWA> どう？"))
    assert both.addressed and not both.to_others


@pytest.mark.parametrize(
    ("text", "element"),
    [
        ("<!here>", {"type": "broadcast", "range": "here"}),
        ("<!channel>", {"type": "broadcast", "range": "channel"}),
        ("<!everyone>", {"type": "broadcast", "range": "everyone"}),
        ("<!subteam^S1|@teachers>", {"type": "usergroup", "usergroup_id": "S1"}),
        ("<@U2>", {"type": "user", "user_id": "U2"}),
    ],
)
def test_in_a_thread_a_word_to_everybody_or_a_group_is_for_others(
    text: str, element: dict[str, Any]
) -> None:
    """Whether it stands in the text, in blocks only, or in both."""
    words = {"type": "text", "text": " 始めましょう"}
    for said in (
        event(f"{text} 始めましょう", thread_ts="1.0"),
        event("", thread_ts="1.0", blocks=rich(element, words)),
        event(f"{text} 始めましょう", thread_ts="1.0", blocks=rich(element, words)),
    ):
        assert taken(said).to_others and not taken(said).addressed
    dated = event("<!date^1767225600^{date}|1月1日> は？", thread_ts="1.0")
    assert not taken(dated).to_others


def test_a_mention_that_stands_in_blocks_only_is_one() -> None:
    """As apps post for people; also in a list or a quotation of rich text."""
    mention = {"type": "user", "user_id": ME}
    assert taken(event("", blocks=rich(mention))).addressed
    section = {"type": "section", "text": {"type": "mrkdwn", "text": f"<@{ME}> 元気？"}}
    assert taken(event("元気？", blocks=[section])).addressed
    item = {"type": "rich_text_section", "elements": [mention]}
    listed = {"type": "rich_text_list", "style": "bullet", "elements": [item]}
    assert taken(event("", blocks=[{"type": "rich_text", "elements": [listed]}])).addressed


@pytest.mark.parametrize("kind", ["is_share", "is_msg_unfurl"])
def test_a_mention_inside_a_forward_speaks_to_nobody(kind: str) -> None:
    """It was for whoever read it then: neither the bot nor others are addressed."""
    inner = {"message": {"blocks": rich({"type": "user", "user_id": ME})}}
    for share in (
        {kind: True, "text": "<@UKAIWA> <@U2> 猫"},
        {kind: True, "message_blocks": [inner]},
    ):
        incoming = taken(event("これは？", attachments=[share]))
        assert not incoming.addressed and not incoming.to_others


SHAPES: list[dict[str, Any]] = [
    {"user": ME},
    {"user": ME, "bot_id": BOT, "app_id": "A1"},
    {"user": ME, "bot_id": BOT, "bot_profile": {"id": BOT, "app_id": "A1"}},
    {"user": "U1", "bot_id": BOT},
    {"user": None, "bot_id": BOT, "subtype": "bot_message", "username": "Kaiwa"},
    {"user": None, "bot_id": "B9", "bot_profile": {"id": BOT}, "subtype": "bot_message"},
    {"user": "U9", "app_id": "A1", "bot_profile": {"id": "B9", "user_id": ME}},
    {"user": ME, "subtype": "thread_broadcast"},
    {"user": ME, "subtype": "file_share", "files": [{"name": "a.txt"}]},
    {"user": ME, "channel": "D1", "channel_type": "im"},
]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_bot_never_hears_itself(shape: dict[str, Any]) -> None:
    """With or without app or bot ids, as events and histories have it; trusting does not help."""
    said = event("<@UKAIWA> 元気？", **shape)
    assert is_own(said, ME, BOT)
    trusted = ("A1", BOT, "B9")
    assert not is_said(said, ME, bot_id=BOT, trusted=trusted)
    assert envelope(said, TEAM, ME, bot_id=BOT, trusted=trusted) is None


PERSON_BY_APP: list[dict[str, Any]] = [
    {"app_id": "A7", "bot_id": "B7"},
    {"bot_id": "B7"},
    {"app_id": "A7", "bot_id": "B7", "bot_profile": {"id": "B7", "user_id": "UBOT"}},
]
BOTS: list[dict[str, Any]] = [
    {"user": "UBOT", "bot_id": "B7", "app_id": "A7", "bot_profile": {"id": "B7", "app_id": "A7"}},
    {
        "user": "UBOT",
        "bot_id": "B7",
        "bot_profile": {"id": "B7", "app_id": "A7", "user_id": "UBOT"},
    },
    {"user": None, "bot_id": "B7", "app_id": "A7", "subtype": "bot_message", "username": "hook"},
]


@pytest.mark.parametrize("more", [*PERSON_BY_APP, *BOTS])
def test_apps_are_not_heard_unless_the_operator_lists_them(more: dict[str, Any]) -> None:
    """Neither in their own name nor in a person's; by the app's id or its bot's."""
    said = event("<@UKAIWA> 元気？", **more)
    assert envelope(said, TEAM, ME, bot_id=BOT) is None
    assert envelope(said, TEAM, ME, bot_id=BOT, trusted=["A8", "B8"]) is None
    assert taken(said, trusted="B7").addressed
    assert is_by_bot(said) == (more in BOTS)


def test_what_a_person_posts_through_a_listed_app_is_theirs() -> None:
    """Slack's user tokens; a bot in its own name is known as one."""
    for more in PERSON_BY_APP:
        incoming = taken(event("<@UKAIWA> 元気？", **more), trusted="A7 B7")
        assert incoming.author_id == "U1" and not incoming.by_bot
    for more in BOTS:
        incoming = taken(event("<@UKAIWA> 元気？", **more), trusted="A7 B7")
        assert incoming.author_id == (more["user"] or "B7") and incoming.by_bot
    assert not taken(event()).by_bot


@pytest.mark.parametrize(
    "more",
    [
        {"user": "USLACKBOT"},
        {"user": ""},
        {"hidden": True},
        {"ts": ""},
        *({"subtype": each} for each in ("bot_message", "channel_join", "message_changed")),
        *({"subtype": each} for each in ("message_deleted", "tombstone", "assistant_app_thread")),
        {"subtype": "channel_join", "bot_id": "B7"},
    ],
)
def test_what_nobody_said_is_left_alone(more: dict[str, Any]) -> None:
    """Slack's notices, even where they mention the bot, or come through a listed app."""
    said = event("<@UKAIWA> 元気？", **more)
    assert not is_said(said, ME, trusted=["B7"])
    assert envelope(said, TEAM, ME, trusted=["B7"]) is None


@pytest.mark.parametrize("subtype", [None, "file_share", "thread_broadcast", "me_message"])
def test_what_people_say_comes_in_some_shapes(subtype: str | None) -> None:
    """Typed, with a file, sent to the channel as well, or with /me."""
    assert taken(event("<@UKAIWA> 元気？", subtype=subtype)).addressed


def test_a_blank_message_is_of_interest_only_with_a_mention() -> None:
    """Who only calls the bot is asked what they want; a blank word to nobody is nothing."""
    assert envelope(event(" \n"), TEAM, ME) is None
    assert taken(event("<@UKAIWA>")).addressed
    assert not taken(event("", files=[{"name": "neko.png", "mimetype": "image/png"}])).addressed


def test_a_message_in_the_channel_opens_a_thread() -> None:
    """Its own ts names the thread; where the bot answers in channels, there is none."""
    key = ConversationKey("slack", TEAM, "C1")
    incoming = taken(event())
    assert incoming.conversation == ConversationKey("slack", TEAM, "C1", TS)
    assert incoming.opens_thread and incoming.thread_root is None and incoming.id == TS
    incoming = taken(event(), threads=False)
    assert incoming.conversation == key and not incoming.opens_thread
    first = event(thread_ts=TS)  # of a thread that has replies by now
    assert place(TEAM, "C1", first, threads=False) == (key, False)
    assert place(TEAM, "C1", first, threads=True)[1]


@pytest.mark.parametrize("threads", [True, False])
def test_a_message_in_a_thread_belongs_to_it(threads: bool) -> None:
    """However the bot answers in channels; the thread began at the message with its ts."""
    incoming = taken(event(thread_ts="1767225000.000000"), threads=threads)
    assert incoming.conversation.thread == incoming.thread_root == "1767225000.000000"
    assert not incoming.opens_thread


def test_direct_messages_are_private_and_addressed() -> None:
    """By the kind of channel, or by its id where an event does not tell the kind."""
    for where in ({"channel_type": "im", "channel": "D1"}, {"channel_type": None, "channel": "D1"}):
        incoming = taken(event(**where))
        assert incoming.private and incoming.addressed and not incoming.to_others
    for kind in ("channel", "group", "mpim"):
        assert (
            not is_direct(event(channel_type=kind)) and not taken(event(channel_type=kind)).private
        )


def test_who_said_it_and_when_is_taken_along() -> None:
    """By the id: names are looked up by whoever needs them."""
    incoming = taken(event())
    assert (incoming.author_id, incoming.author_name) == ("U1", "U1")
    assert incoming.sent_at.isoformat() == "2026-01-01T00:00:00.000100+00:00"
    assert taken(event(user="U7")).author_name == "U7" and incoming.text == ""
    assert [moment(ts).year for ts in ("", "x", "nan", "inf", "1e300")] == [1970] * 5


@pytest.mark.parametrize("text", ["<@UKAIWA>", " <@UKAIWA|kaiwa> \n", "<@UKAIWA> <@UKAIWA>"])
def test_a_bare_mention_says_nothing(text: str) -> None:
    """Nothing but the bot's name, in the text or in blocks."""
    assert says_nothing(event(text), ME)
    assert says_nothing(event("", blocks=rich({"type": "user", "user_id": ME})), ME)
    for other in ("元気？", "<@UKAIWA> ？", "<@UKAIWA> <@U2>", "<@U2>", "<@UKAIWA> <!here>"):
        assert not says_nothing(event(other), ME)
    assert not says_nothing(event(text, files=[{"name": "a.txt"}]), ME)
    assert not says_nothing(event(text, attachments=[{"is_share": True, "text": "猫"}]), ME)


def test_a_message_belongs_to_the_one_that_its_author_said_right_before() -> None:
    """In the same channel or thread, and within five minutes."""
    at = float(TS)
    said = event("<@UKAIWA>", ts=f"{at + 60:.6f}")
    assert belongs(event(), said) and belongs(event(channel=None), said)
    for other in (
        event(user="U2"),
        event(channel="C2"),
        event(thread_ts="1.0"),
        event(hidden=True),
        event(ts=f"{at - RIGHT_AFTER.total_seconds() - 60:.6f}"),
        event(ts=f"{at + 61:.6f}"),
        said,
    ):
        assert not belongs(other, said)
    inside = said | {"thread_ts": TS}
    assert belongs(event(), inside)  # the thread's first message
    assert belongs(event(ts=f"{at + 1:.6f}", thread_ts=TS), inside)
    assert not belongs(event(ts=f"{at + 1:.6f}"), inside)
    assert belongs(event(thread_ts=TS), said)  # in the channel, though replies followed
    hook: dict[str, Any] = {"user": None, "bot_id": "B7"}
    assert belongs(event(**hook), said | hook) and not belongs({}, {})


def test_a_forward_is_one_that_only_passes_something_on() -> None:
    """What its author says next is about it; with words of their own it is a message."""
    share = {"is_share": True, "text": "猫"}
    assert is_forward(event("", attachments=[share]))
    assert not is_forward(event("これは？", attachments=[share]))
    assert not is_forward(event("")) and not is_forward(event("", attachments=[{"text": "猫"}]))


FIELDS = ["type", "subtype", "user", "text", "ts", "thread_ts", "channel", "channel_type", "files"]
FIELDS += ["attachments", "blocks", "bot_id", "bot_profile", "hidden", "event_ts", "username"]
STRINGS = st.text() | st.sampled_from(["", "<@UKAIWA>", "<", "D1", "file_share", "-1", "1e999"])


@given(st.dictionaries(st.sampled_from(FIELDS), STRINGS))
def test_whatever_an_event_holds_it_is_taken_or_left(said: dict[str, str]) -> None:
    """Nothing that Slack may send one day ends in an exception here."""
    incoming = envelope(said, TEAM, ME, bot_id=BOT, trusted=["B7"])
    assert incoming is None or incoming.author_id
    assert belongs(said, said) is False and is_forward(said) is False
