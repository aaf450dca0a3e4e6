"""What messages say in blocks, beside their text or in its place."""

from __future__ import annotations

import pytest

from adapters.slack.reading import references
from tests.adapters.slack.said import ME, Json, event, rich, section, text_of, word


@pytest.mark.parametrize(
    ("element", "said"),
    [
        ({"type": "emoji", "name": "neko", "unicode": "1f431"}, "🐱"),
        ({"type": "emoji", "name": "wave", "unicode": "1f44b-1f3fc", "skin_tone": 3}, "👋🏼"),
        ({"type": "emoji", "name": "wave::skin-tone-3"}, "👋🏼"),
        ({"type": "emoji", "name": "wave", "skin_tone": 3}, "👋🏼"),
        ({"type": "emoji", "name": "neko_face"}, ":neko_face:"),
        ({"type": "emoji", "name": "tada", "unicode": "zz"}, "🎉"),
        ({"type": "emoji"}, ""),
    ],
)
def test_emoji_of_rich_text_carry_their_character(element: Json, said: str) -> None:
    """Or a name, where Slack has no character for it."""
    assert text_of(event("", blocks=rich(section(word("あ"), element)))) == "あ" + said


@pytest.mark.parametrize(
    ("element", "said"),
    [
        (word("1 < 2 & <@U2> :tada:"), "1 < 2 & <@U2> :tada:"),
        (word("a_b", code=True), "`a_b`"),
        (word("太字", bold=True), "太字"),
        ({"type": "link", "url": "https://a.example/?b=1&c=2"}, "https://a.example/?b=1&c=2"),
        (
            {"type": "link", "url": "https://a.example", "text": "辞書 > 例"},
            "辞書 > 例 (https://a.example)",
        ),
        ({"type": "link", "url": "https://a.example/|", "text": "棒"}, "棒 https://a.example/|"),
        ({"type": "user", "user_id": "U2"}, "@suzuki"),
        ({"type": "usergroup", "usergroup_id": "S1"}, "@group"),
        ({"type": "channel", "channel_id": "C9"}, "#日本語"),
        ({"type": "broadcast", "range": "here"}, "@here"),
        (
            {"type": "date", "timestamp": 1767225600, "format": "{date}", "fallback": "1月1日"},
            "1月1日",
        ),
        ({"type": "color", "value": "#F405B3"}, "#F405B3"),
        ({"type": "something_new", "text": "新"}, "新"),
        ({"type": "something_new", "elements": [word("中")]}, "中"),
    ],
)
def test_each_element_of_rich_text_is_read_where_the_text_is_empty(
    element: Json, said: str
) -> None:
    """As people see it; what is text there is no markup."""
    assert text_of(event("", blocks=rich(section(element)))) == said


def test_lists_quotations_and_code_of_rich_text_keep_their_lines() -> None:
    """In their order, with their marks."""
    items = [section(word("一")), section(word("二"), {"type": "user", "user_id": "U2"})]
    blocks = rich(
        section(word("次の\n")),
        section(*items, kind="list", style="bullet", indent=0),
        section(section(word("中")), kind="list", style="bullet", indent=1),
        section(*items, kind="list", style="ordered", offset=2),
        section(word("引用\n二行"), kind="quote"),
        section(word("if a < b:\n    pass"), kind="preformatted"),
    )
    assert text_of(event("", blocks=blocks)) == (
        "次の\n• 一\n• 二@suzuki\n    • 中\n3. 一\n4. 二@suzuki\n> 引用\n> 二行\n"
        "```\nif a < b:\n    pass\n```"
    )


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (
            {"type": "section", "text": {"type": "mrkdwn", "text": "<@U2> &amp; :tada:"}},
            "@suzuki & 🎉",
        ),
        ({"type": "section", "text": {"type": "plain_text", "text": "<b> &amp; &lt;"}}, "<b> & <"),
        (
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": "注文"},
                "fields": [
                    {"type": "mrkdwn", "text": "*数*\n3"},
                    {"type": "plain_text", "text": "円"},
                ],
                "accessory": {"type": "button", "text": {"type": "plain_text", "text": "押す"}},
            },
            "注文\n*数*\n3\n円",
        ),
        ({"type": "header", "text": {"type": "plain_text", "text": "見出し"}}, "見出し"),
        (
            {
                "type": "context",
                "elements": [
                    {"type": "image", "image_url": "https://a.example/a.png", "alt_text": "絵"},
                    {"type": "mrkdwn", "text": "by <@U2>"},
                    {"type": "plain_text", "text": "昨日"},
                ],
            },
            "by @suzuki 昨日",
        ),
        ({"type": "markdown", "text": "# 題\n**太字**"}, "# 題\n**太字**"),
        (
            {"type": "video", "title": {"type": "plain_text", "text": "映像"}, "alt_text": "x"},
            "映像",
        ),
        ({"type": "something_new", "body": {"type": "mrkdwn", "text": "新"}}, "新"),
    ],
)
def test_text_that_stands_in_other_blocks_only_is_read(block: Json, said: str) -> None:
    """Sections and their fields, headers, contexts, markdown, and kinds that are to come."""
    assert text_of(event("", blocks=[block, {"type": "divider"}])) == said


TABLE = {
    "type": "table",
    "rows": [
        [{"type": "raw_text", "text": "語"}, {"type": "raw_text", "text": "意味"}],
        [
            {"type": "rich_text", "elements": [section({"type": "user", "user_id": "U2"})]},
            {"type": "raw_text", "text": "<cat>\n& 猫"},
        ],
        [{"type": "raw_number", "value": 3}, {"type": "raw_text", "text": ""}],
    ],
}


def test_a_pasted_table_reads_row_by_row() -> None:
    """Slack puts it into an attachment, beside what was typed."""
    said = event(
        "<@UKAIWA> 訳して",
        attachments=[{"id": 1, "blocks": [TABLE], "fallback": "[no preview available]"}],
    )
    assert text_of(said) == "訳して\n語 | 意味\n@suzuki | <cat> & 猫\n3 |"
    assert text_of(event("", blocks=[TABLE])) == "語 | 意味\n@suzuki | <cat> & 猫\n3 |"
    assert references(said) == ({"U1", "U2", ME}, set())


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "<@UKAIWA> *元気*？ :tada: <@U2>",
            [
                word(" "),
                word("元気", bold=True),
                word("？ "),
                {"type": "emoji", "name": "tada", "unicode": "1f389"},
                word(" "),
                {"type": "user", "user_id": "U2"},
            ],
        ),
        (
            "<@UKAIWA> <https://a.example/?b=1&amp;c|訳>",
            [word(" "), {"type": "link", "url": "https://a.example/?b=1&c", "text": "訳"}],
        ),
        ("<@UKAIWA> 1 &lt; 2", [word(" 1 < 2")]),
    ],
)
def test_what_text_and_blocks_say_alike_is_read_once(text: str, parts: list[Json]) -> None:
    """Slack sends both of what people type."""
    mention = {"type": "user", "user_id": ME}
    both = event(text, blocks=rich(section(mention, *parts)))
    assert text_of(both) == text_of(event(text)).replace("*", "")


def test_the_one_that_is_complete_is_read() -> None:
    """Slack cuts the text after 40,000 characters; blocks may be of a kind that says nothing."""
    long = "あ" * 41_000 + "。終わり"
    assert text_of(event(long[:40_000] + "…", blocks=rich(section(word(long))))) == long
    image = {"type": "image", "image_url": "https://a.example", "alt_text": "図"}
    assert text_of(event("図を見て", blocks=[image])) == "図を見て"
    new = {"type": "rich_text_new", "novel": "二"}
    assert (
        text_of(event("一二三", blocks=rich(section(word("一")), new, section(word("三")))))
        == "一二三"
    )
    # What an app's notification says instead of the blocks, nobody sees.
    shown = [{"type": "section", "text": {"type": "mrkdwn", "text": "注文 3 件"}}]
    assert text_of(event("通知", blocks=shown)) == "注文 3 件"


def test_names_that_only_the_text_has_are_kept() -> None:
    """Rich text has a group's id alone, and a channel's."""
    group = {"type": "usergroup", "usergroup_id": "S1"}
    channel = {"type": "channel", "channel_id": "C7"}
    both = event(
        "<!subteam^S1|@teachers> <#C7|general>", blocks=rich(section(group, word(" "), channel))
    )
    assert text_of(both) == "@teachers #general"
    assert references(both) == ({"U1"}, set())
