"""What becomes of Slack's events: pure functions, on dicts as the Events API sends them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.blocks import escape
from adapters.slack.incoming import (
    LONGEST_QUOTE,
    Names,
    is_direct,
    is_said,
    moment,
    place,
    quoted,
    readable,
    references,
    text_of,
    to_incoming,
)
from bot.messages import ConversationKey, IncomingMessage

TEAM, ME, TS = "T1", "UKAIWA", "1767225600.000100"
NAMES = Names({"U1": "tanaka", "U2": "suzuki"}, {"C9": "日本語"})


def event(text: str = "こんにちは", **more: Any) -> dict[str, Any]:
    """A message of tanaka's in a channel."""
    said = {"type": "message", "user": "U1", "text": text, "ts": TS}
    return said | {"channel": "C1", "channel_type": "channel"} | more


def taken(said: dict[str, Any], *, threads: bool = True) -> IncomingMessage:
    """A message that must be somebody's to answer."""
    incoming = to_incoming(said, TEAM, ME, NAMES, threads=threads)
    assert incoming is not None
    return incoming


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<@UKAIWA> 元気？", "元気？"),
        ("<@UKAIWA|kaiwa>元気？", "元気？"),
        ("元気？ <@UKAIWA>", "元気？"),
        ("ねえ <@UKAIWA> 元気？", "ねえ 元気？"),
        ("<@UKAIWA>\n```\na  b\n```", "```\na  b\n```"),
    ],
)
def test_the_bots_own_mention_is_left_out(text: str, read: str) -> None:
    """Wherever it stands; line breaks and runs of spaces elsewhere stay."""
    incoming = taken(event(text))
    assert incoming.addressed and incoming.text == read and not incoming.to_others


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<@U2> と <@U7|yamada>、<@U8>", "@suzuki と @yamada、@unknown"),
        ("<#C9> <#C7|general> <#C8|> <#C8>", "#日本語 #general #unknown #unknown"),
        ("<!subteam^S1|@teachers> <!subteam^S1>", "@teachers @group"),
        ("<!here> <!channel|channel> <!everyone>", "@here @channel @everyone"),
        (
            "<!date^1767225600^{date}|1月1日> <!date^1767225600^{date}>",
            "1月1日 date^1767225600^{date}",
        ),
        ("<https://a.example/?b=1&amp;c=2>", "https://a.example/?b=1&c=2"),
        ("<https://a.example|https://a.example>", "https://a.example"),
        ("<http://a.example|a.example>", "http://a.example"),
        ("<https://a.example|辞書 &amp; 例文>", "辞書 & 例文 (https://a.example)"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<mailto:a@b.example|先生> <tel:+8135|03-5>", "先生 (a@b.example) 03-5 (+8135)"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt;b&amp;gt; &amp;amp;", "&lt;b&gt; &amp;"),
        ("&lt;@U2&gt; &lt;!channel&gt;", "<@U2> <!channel>"),
        ("&copy; &#9731; &amp;nbsp; &quot;", "&copy; &#9731; &nbsp; &quot;"),
    ],
)
def test_markup_is_read_as_people_see_it(text: str, read: str) -> None:
    """Names for ids, addresses for links, and each of Slack's three entities decoded once."""
    assert readable(text, NAMES) == read


@pytest.mark.parametrize(
    "text", ["<", "a < b", "<@", "<@U2", "<@U2|", "a <\n> b <", "|>", "<<<", "<>", "<@U2|x<y"]
)
def test_what_is_no_markup_stays_as_it_is(text: str) -> None:
    """Half a mention, or a bracket that somebody's app did not escape."""
    assert readable(text, NAMES) == text


@given(st.text())
def test_any_text_of_a_person_is_read_back_as_they_typed_it(text: str) -> None:
    """Slack escapes three characters on the way in; nothing else may change."""
    assert readable(escape(text), NAMES) == text


def test_a_name_cannot_be_read_as_markup() -> None:
    """What a person calls themself is put in, and not looked through again."""
    assert readable("<@U1> <@U2>", Names({"U1": "<@U2>", "U2": "suzuki"})) == "@<@U2> @suzuki"


def test_a_word_to_somebody_else_is_known_as_such() -> None:
    """By a mention of them; one that mentions the bot too is the bot's."""
    assert not taken(event()).to_others and not taken(event()).addressed
    assert taken(event("<@U2> どう？")).to_others
    both = taken(event("<@U2> <@UKAIWA> どう？"))
    assert both.addressed and not both.to_others and both.text == "@suzuki どう？"


@pytest.mark.parametrize("kind", ["is_share", "is_msg_unfurl"])
def test_a_shared_message_is_quoted_and_speaks_to_nobody(kind: str) -> None:
    """Its mentions were for whoever read it then: neither the bot nor others are addressed."""
    shared = {kind: True, "text": "<@UKAIWA> <@U2> 猫\nの手 &amp; 足"}
    incoming = taken(event("これは？", attachments=[shared, {"text": "a preview"}]))
    assert incoming.text == "これは？\n> @suzuki 猫\n> の手 & 足"
    assert not incoming.addressed and not incoming.to_others
    assert references(event("", attachments=[shared])) == ({"U1", "U2", "UKAIWA"}, set())


def test_files_are_named() -> None:
    """The bot cannot see them, and can say of which it speaks."""
    files = [{"name": "neko.png"}, {"title": "犬"}, {"id": "F1", "mode": "tombstone"}]
    text = "\n".join(f"（添付ファイル：{name}）" for name in ("neko.png", "犬", "file"))
    assert taken(event("", subtype="file_share", files=files)).text == text
    assert taken(event("見て", subtype="file_share", files=files)).text == f"見て\n{text}"


@pytest.mark.parametrize(
    "more",
    [
        {"bot_id": "B1"},
        {"app_id": "A1"},
        {"user": "USLACKBOT"},
        {"user": ""},
        {"hidden": True},
        {"ts": ""},
        *({"subtype": each} for each in ("bot_message", "channel_join", "message_changed")),
        *({"subtype": each} for each in ("message_deleted", "tombstone", "assistant_app_thread")),
    ],
)
def test_what_nobody_said_is_left_alone(more: dict[str, Any]) -> None:
    """Apps, the bot's own echoes, Slack's notices: even where they mention the bot."""
    said = event("<@UKAIWA> 元気？", **more)
    assert not is_said(said) and to_incoming(said, TEAM, ME, NAMES) is None


@pytest.mark.parametrize("subtype", [None, "file_share", "thread_broadcast", "me_message"])
def test_what_people_say_comes_in_some_shapes(subtype: str | None) -> None:
    """Typed, with a file, sent to the channel as well, or with /me."""
    assert taken(event("<@UKAIWA> 元気？", subtype=subtype)).addressed


def test_a_blank_message_is_of_interest_only_with_a_mention() -> None:
    """Who only calls the bot is asked what they want; a blank word to nobody is nothing."""
    assert to_incoming(event(" \n"), TEAM, ME, NAMES) is None
    assert taken(event("<@UKAIWA>")).text == ""


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
    """A person without a known name goes by their id."""
    incoming = taken(event())
    assert (incoming.author_id, incoming.author_name) == ("U1", "tanaka")
    assert incoming.sent_at.isoformat() == "2026-01-01T00:00:00.000100+00:00"
    assert taken(event(user="U7")).author_name == "U7"
    assert [moment(ts).year for ts in ("", "x", "nan", "inf", "1e300")] == [1970] * 5


def test_only_the_names_that_a_text_needs_are_asked_for() -> None:
    """The author, who is mentioned, and channels that come without a name."""
    found = references(event("<@U2> <#C9> <#C7|general> <#C8|> <!here> &lt;@U5&gt;"))
    assert found == ({"U1", "U2"}, {"C9", "C8"})


def test_a_quotation_names_its_author_and_is_shortened() -> None:
    """Every line is marked; an app goes by its name."""
    assert quoted(event("<@U2>\n猫"), ME, NAMES) == "> tanaka: @suzuki\n> 猫"
    robot = {"user": "U7", "bot_id": "B1", "bot_profile": {"name": "辞書"}}
    assert quoted(event("猫", **robot), ME, NAMES) == "> 辞書: 猫"
    assert quoted({"text": "猫", "username": "hook"}, ME, NAMES) == "> hook: 猫"
    assert quoted({"text": "猫"}, ME, NAMES) == "> app: 猫"
    long = quoted(event("あ" * 5_000), ME, NAMES)
    assert long == "> tanaka: " + "あ" * LONGEST_QUOTE + "…"


FIELDS = ["type", "subtype", "user", "text", "ts", "thread_ts", "channel", "channel_type", "files"]
FIELDS += ["attachments", "bot_id", "hidden", "event_ts", "username"]
STRINGS = st.text() | st.sampled_from(["", "<@UKAIWA>", "<", "D1", "file_share", "-1", "1e999"])


@given(st.dictionaries(st.sampled_from(FIELDS), STRINGS))
def test_whatever_an_event_holds_it_is_taken_or_left(said: dict[str, str]) -> None:
    """Nothing that Slack may send one day ends in an exception here."""
    incoming = to_incoming(said, TEAM, ME, NAMES)
    assert incoming is None or (incoming.text or incoming.addressed)
    assert text_of(said, ME, NAMES) == text_of(dict(said), ME, NAMES)
    assert quoted(said, ME, NAMES).startswith("> ") and references(said)
