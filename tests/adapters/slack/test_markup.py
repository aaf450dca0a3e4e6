"""Slack's markup and the names of emoji, as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.blocks import escape
from adapters.slack.markup import Names, readable
from tests.adapters.slack.said import NAMES, event, rich, section, text_of, word


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<@UKAIWA> 元気？", "元気？"),
        ("<@UKAIWA|kaiwa>元気？", "元気？"),
        ("元気？ <@UKAIWA>", "元気？"),
        ("ねえ <@UKAIWA> 元気？", "ねえ 元気？"),
        ("ねえ\n<@UKAIWA> 元気？", "ねえ\n元気？"),
        ("<@UKAIWA>\n```\na  b\n```", "```\na  b\n```"),
        ("<@UKAIWA> <@UKAIWA>", ""),
    ],
)
def test_the_bots_own_mention_is_left_out(text: str, said: str) -> None:
    """Wherever it stands; line breaks and runs of spaces elsewhere stay."""
    assert text_of(event(text)) == said


@pytest.mark.parametrize(
    ("text", "said"),
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
def test_markup_is_read_as_people_see_it(text: str, said: str) -> None:
    """Names for ids, addresses for links, and each of Slack's three entities decoded once."""
    assert readable(text, NAMES) == said == text_of(event(text))


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
    code = rich(section(word(text), kind="preformatted"))
    assert text_of(event("", blocks=code)) == f"```\n{text.strip(chr(10))}\n```" or not text.strip()


def test_a_name_cannot_be_read_as_markup() -> None:
    """What a person calls themself is put in, and not looked through again."""
    assert readable("<@U1> <@U2>", Names({"U1": "<@U2>", "U2": "suzuki"})) == "@<@U2> @suzuki"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("すごい:tada:！", "すごい🎉！"),
        (":wave::skin-tone-3: :man-bowing::skin-tone-6: :tada::skin-tone-2:", "👋🏼 🙇🏿‍♂️ 🎉"),
        (":flag-jp::jp::+1::man-woman-girl::satellite:", "🇯🇵🇯🇵👍👨‍👩‍👧🛰️"),
        (":neko_face: :社長: :unknown-2:", ":neko_face: :社長: :unknown-2:"),
        ("12:30:45 a:100:b ::: http://a:80:", "12:30:45 a:100:b ::: http://a:80:"),
        ("`:tada:` ```:tada:\n:sushi:``` :sushi:", "`:tada:` ```:tada:\n:sushi:``` 🍣"),
    ],
)
def test_emoji_are_read_by_their_character_where_unicode_has_one(text: str, said: str) -> None:
    """By Slack's own names and tones; a workspace's own, times and code stay as they are."""
    assert text_of(event(text)) == said


HOSTILE = [
    *(
        " ",
        "\t ",
        "<",
        "<@",
        "<@UKAIWA",
        "<@UKAIWA|",
        " <@UKAIWA> ",
        "<@U2> ",
        "|",
        "&amp;",
        "&",
        ">",
    ),
    *(
        "`",
        "```",
        ":a:",
        ":",
        ":tada:",
        ":wave::skin-tone-3:",
        "\n",
        "&gt; ",
        "あ",
        "<!date^1^{d}|x>",
    ),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_very_long_text_of_any_shape_is_read_to_its_end(piece: str) -> None:
    """The work is linear: were it quadratic, as once in blanks, this would take many minutes."""
    text = piece * (1_000_000 // len(piece))
    said = event(f"<@UKAIWA>{text}", blocks=rich(section(word(f"x{text}"))))
    assert isinstance(text_of(said), str)
