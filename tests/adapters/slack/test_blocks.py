"""What is sent to Slack as Markdown and as text: nothing in it is a mention, and links work."""

from __future__ import annotations

import asyncio
import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from adapters.slack.blocks import escape, escape_markdown
from bot.chat import Chat
from tests.adapters.slack.serving import serving
from tests.adapters.slack.steps import finished
from tests.fakes.generator import FakeGenerator
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.messages import read
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer

PIECES = [
    *["<!channel>", "<@U1>", "<#C1|x>", "&lt;!channel&gt;", "&amp;", "&", "<", ">", "a", "猫"],
    *["\n", " ", "> ", "](", "[x](", ")", "(", "https://", "http", "://x.jp/?a=1&b=2", "`", "*"],
]
ENTITY, ADDRESS = re.compile("&(?:lt|gt|amp);"), re.compile(r"\]\(|https?://")
TEXTS = st.lists(st.sampled_from(PIECES), max_size=20).map("".join) | st.text(max_size=40)


@pytest.mark.parametrize(
    "text",
    [
        "[店](https://x.jp/?a=1&b=2)",
        "[店](https://x.jp/a_(b)&c=1)",
        "https://x.jp/?a=1&b=2",
        "[店](/s?a=1&b=2)",
        "> 引用\n> > 二重\n  > 三つ目",
    ],
)
def test_an_address_and_a_quotation_stay_what_they_are_in_markdown(text: str) -> None:
    """Slack does not decode them again."""
    assert escape_markdown(text) == text


@pytest.mark.parametrize("text", ["<!channel>", "<@U1>", "<!here|x>", "<https://x.jp|bank>"])
@pytest.mark.parametrize("before", ["", "> ", "[x](", "https://x.jp/", "&lt;", "`"])
def test_no_mention_can_come_out(before: str, text: str) -> None:
    """Wherever it stands: its bracket is none."""
    for shown in (escape(before + text), escape_markdown(before + text)):
        assert "<" not in shown


def test_a_mention_that_is_written_as_entities_stays_so() -> None:
    """It is read as it was written, and would be harmless if it were decoded twice."""
    written = "&lt;!channel&gt;"
    assert escape_markdown(written) == escape(written) == "&amp;lt;!channel&amp;gt;"


@given(TEXTS)
def test_what_is_read_is_what_was_written(text: str) -> None:
    """As Slack decodes it; with no bracket that opens anything, and counted as long enough.

    In an address an entity is not told from what is written like one.
    """
    assume(not (ENTITY.search(text) and ADDRESS.search(text)))
    shown = escape_markdown(text)
    assert read(shown) == text
    assert "<" not in shown
    assert len(shown) <= len(escape(text))


@given(TEXTS, TEXTS)
@example(">", " a")
@example("[x](", "&")
def test_what_a_stream_shows_does_not_depend_on_what_comes_behind(text: str, more: str) -> None:
    """So it can grow."""
    assert escape_markdown(text + more).startswith(escape_markdown(text))


@pytest.mark.parametrize("streams", [True, False])
async def test_links_and_quotations_of_a_reply_work_and_nobody_is_called(
    server: SlackServer,
    tanaka: Person,
    general: Channel,
    chat: Chat,
    generator: FakeGenerator,
    streams: bool,
) -> None:
    """Also where a stream comes in pieces that tear them."""
    server.team.streams = streams
    text = "> 引用 <!channel>\n[店](https://x.jp/?a=1&b=2) & <@U1>\n> &lt;!here&gt;"
    steps = [asyncio.Event() for _ in text]
    generator.script = [[piece for pair in zip(text, steps, strict=True) for piece in pair]]
    async with serving(server, chat):
        asked = tanaka.says(general, f"{server.bot.mention} a")
        for number, step in enumerate(steps):
            if not number % 7:
                await asyncio.sleep(0.03)
            step.set()
        (reply,) = await finished(server, general, asked)
    assert reply.shown == text
    sent = reply.stream.text if reply.stream else reply.blocks[0]["text"]
    assert sent == (
        "> 引用 &lt;!channel&gt;\n[店](https://x.jp/?a=1&b=2) &amp; &lt;@U1&gt;\n"
        "> &amp;lt;!here&amp;gt;"
    )
