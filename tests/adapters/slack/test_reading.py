"""What a message says on Slack: pure functions, on dicts as the Events API sends them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.blocks import escape
from adapters.slack.markup import Names, readable
from adapters.slack.reading import LONGEST_QUOTE, condensed, quoted, read, references
from adapters.slack.shares import share_authors, without_shares_of

ME, TS = "UKAIWA", "1767225600.000100"
NAMES = Names({"U1": "tanaka", "U2": "suzuki"}, {"C9": "日本語"})

Json = dict[str, Any]


def event(text: str = "こんにちは", **more: Any) -> Json:
    """A message of tanaka's in a channel."""
    said = {"type": "message", "user": "U1", "text": text, "ts": TS}
    return said | {"channel": "C1", "channel_type": "channel"} | more


def text_of(said: Json) -> str:
    """What it says."""
    return read(said, ME, NAMES).text


def word(text: str, **style: bool) -> Json:
    """A text element of rich text."""
    return {"type": "text", "text": text} | ({"style": style} if style else {})


def section(*elements: Json, kind: str = "section", **more: Any) -> Json:
    """A part of rich text."""
    return {"type": f"rich_text_{kind}", "elements": list(elements), **more}


def rich(*parts: Json) -> list[Json]:
    """A message's blocks, as Slack makes them of what somebody typed."""
    return [{"type": "rich_text", "block_id": "b", "elements": list(parts)}]


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


def test_attachments_of_apps_are_read() -> None:
    """All of their parts; what stands for them all only where there is nothing else."""
    part = {
        "pretext": "新着 :tada:",
        "title": "課題 &amp; 12",
        "title_link": "https://a.example/12",
        "text": "<@U2> が *書いた*",
        "fields": [{"title": "状態", "value": "<#C9>"}, {"title": "", "value": "急ぎ"}],
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "詳細"}}],
        "fallback": "課題 12",
    }
    said = event(
        "", attachments=[part, {"fallback": "代わり <b>"}, {"fallback": "[no preview available]"}]
    )
    assert text_of(said) == (
        "新着 🎉\n課題 & 12\n@suzuki が *書いた*\n状態: #日本語\n急ぎ\n詳細\n代わり <b>"
    )
    assert references(said) == ({"U1", "U2"}, {"C9"})


@pytest.mark.parametrize(
    "mark", [{"from_url": "https://a.example"}, {"service_name": "A"}, {"is_app_unfurl": True}]
)
def test_a_links_preview_is_not_what_somebody_said(mark: Json) -> None:
    """Slack adds it later; it would look like an edit."""
    assert (
        text_of(event("<https://a.example>", attachments=[{"text": "題", **mark}]))
        == "https://a.example"
    )


@pytest.mark.parametrize("kind", ["is_share", "is_msg_unfurl"])
def test_a_shared_message_is_quoted(kind: str) -> None:
    """With its names; the author's own words come first."""
    shared = {kind: True, "from_url": "https://a", "text": "<@UKAIWA> <@U2> 猫\nの手 &amp; 足"}
    said = event("これは？", attachments=[shared])
    assert text_of(said) == "これは？\n> @suzuki 猫\n> の手 & 足"
    assert references(event("", attachments=[shared])) == ({"U1", "U2", "UKAIWA"}, set())


def test_all_of_a_forward_is_read_wherever_it_stands() -> None:
    """Its blocks, what was shared into it, an app's attachments, and its files."""
    inner = {"is_share": True, "author_id": "U3", "text": "元の<@U2>"}
    share = {
        "is_share": True,
        "author_id": "U2",
        "text": "",
        "message_blocks": [
            {
                "team": "T1",
                "ts": TS,
                "message": {"blocks": rich(section(word("猫"))), "attachments": [{"text": "表"}]},
            }
        ],
        "attachments": [inner, {"title": "題", "text": "文"}],
        "files": [
            {"name": "memo.txt", "mimetype": "text/plain", "size": 3, "url_private": "https://f/1"}
        ],
    }
    said = event("", attachments=[share])
    assert text_of(said) == "> 猫\n> > 元の@suzuki\n> 題\n> 文\n> 表\n> （添付ファイル：memo.txt）"
    assert [file.name for file in read(said, ME, NAMES).files] == ["memo.txt"]
    assert share_authors(said) == {"U2", "U3"}
    assert text_of(dict(without_shares_of(said, {"U3"}))) == (
        "> 猫\n> 題\n> 文\n> 表\n> （添付ファイル：memo.txt）"
    )
    assert text_of(dict(without_shares_of(said, {"U2"}))) == ""


def test_forwards_of_forwards_come_to_an_end() -> None:
    """However deep an event is."""
    deep: Json = {"is_share": True, "text": "底"}
    for _ in range(50):
        deep = {"is_share": True, "text": "上", "attachments": [deep]}
    assert text_of(event("", attachments=[deep])).count("上") == 3
    part = {"type": "rich_text_section", "elements": [word("底")]}
    for _ in range(50):
        part = {"type": "rich_text_list", "elements": [part]}
    assert isinstance(text_of(event("", blocks=rich(part))), str)


URL = {
    "url_private": "https://files.slack.com/a",
    "url_private_download": "https://files.slack.com/d/a",
}


@pytest.mark.parametrize(
    "file",
    [
        {"mimetype": "text/plain", "filetype": "text", "mode": "snippet"},
        {"mimetype": "application/json", "mode": "hosted"},
        {"mimetype": "application/octet-stream", "filetype": "binary"},
        {"filetype": "post", "mode": "post", "mimetype": "text/plain"},
        {},
    ],
)
def test_files_that_may_hold_text_are_to_be_fetched(file: Json) -> None:
    """Snippets and posts too, and whatever does not say what it is; each is named."""
    reading = read(event("", files=[file | URL | {"name": "memo.txt", "size": 7}]), ME, NAMES)
    (ref,) = reading.files
    assert (ref.name, ref.size, ref.url) == ("memo.txt", 7, "https://files.slack.com/d/a")
    assert reading.text == "（添付ファイル：memo.txt）" and reading.unreadable == ()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ({"mimetype": "image/png", "original_w": 10} | URL, "a picture"),
        ({"mimetype": "image/heic"}, "a picture"),
        ({"mimetype": "audio/mp4", "subtype": "slack_audio"} | URL, "a voice message"),
        ({"mimetype": "audio/mpeg"} | URL, "a sound file"),
        ({"mimetype": "video/mp4", "subtype": "slack_video"} | URL, "a video clip"),
        ({"mimetype": "video/quicktime"} | URL, "a video"),
        ({"mimetype": "application/vnd.slack-docs", "filetype": "quip"} | URL, "a canvas"),
        ({"mimetype": "application/vnd.slack-list", "filetype": "list"} | URL, "a list"),
        ({"mimetype": "application/pdf"} | URL, "a PDF"),
        ({"mimetype": "application/zip"} | URL, "an archive"),
        ({"mimetype": "application/vnd.openxmlformats-officedocument"} | URL, "an office document"),
        (
            {"mode": "external", "url_private": "https://docs.google.com/x"},
            "a file that is kept elsewhere",
        ),
        ({"mode": "tombstone"}, "a deleted file"),
        ({"mode": "hidden_by_limit", **URL}, "a deleted file"),
        ({"file_access": "check_file_info"}, "a file"),
    ],
)
def test_what_cannot_be_read_is_told_by_name(file: Json, name: str) -> None:
    """Alone it is nothing to answer; beside a text, or quoted, it is named there."""
    alone = read(event("<@UKAIWA>", files=[file | {"name": "neko"}]), ME, NAMES)
    assert (alone.text, alone.files) == ("", ()) and [u.english for u in alone.unreadable] == [name]
    beside = read(event("見て", files=[file | {"name": "neko"}]), ME, NAMES)
    assert beside.text == "見て\n（添付ファイル：neko）" and beside.unreadable == alone.unreadable
    assert quoted(event("", files=[file | {"name": "neko"}]), ME, NAMES).endswith(
        "（添付ファイル：neko）"
    )


def test_a_picture_that_slack_could_not_draw_may_be_text() -> None:
    """A text by the name of one is told by its bytes; until then it is both."""
    reading = read(event("", files=[{"name": "a.png", "mimetype": "image/png"} | URL]), ME, NAMES)
    assert [file.name for file in reading.files] == ["a.png"]
    assert [each.english for each in reading.unreadable] == ["a picture"]


def test_files_are_named_and_mails_read() -> None:
    """The bot can say of which it speaks; a mail's text is in the event."""
    files = [{"title": "犬"}, {"id": "F1"}, {"name": "a\n（添付ファイル：b）"}]
    assert text_of(event("見て", subtype="file_share", files=files)) == (
        "見て\n（添付ファイル：犬）\n（添付ファイル：file）\n（添付ファイル：a （添付ファイル：b））"
    )
    mail = {
        "name": "mail",
        "mode": "email",
        "subject": "会議 <明日>",
        "plain_text": "十時です & 二階",
    }
    assert text_of(event("", files=[mail])).startswith("会議 <明日>\n十時です & 二階\n")


def test_only_the_names_that_a_text_needs_are_asked_for() -> None:
    """The author, who is mentioned, and channels that come without a name; of all of it."""
    found = references(event("<@U2> <#C9> <#C7|general> <#C8|> <!here> &lt;@U5&gt;"))
    assert found == ({"U1", "U2"}, {"C9", "C8"})
    shared = {
        "is_share": True,
        "message_blocks": [
            {"message": {"blocks": rich(section({"type": "user", "user_id": "U4"}))}}
        ],
    }
    cell = {"type": "rich_text", "elements": [section({"type": "channel", "channel_id": "C5"})]}
    table = {"blocks": [{"type": "table", "rows": [[cell]]}]}
    assert references(event("", attachments=[shared, table]), {"user": "U6"}) == (
        {"U1", "U4", "U6"},
        {"C5"},
    )


def test_a_quotation_names_its_author_and_is_shortened() -> None:
    """Every line is marked; an app goes by its name."""
    assert quoted(event("<@U2>\n猫"), ME, NAMES) == "> tanaka: @suzuki\n> 猫"
    robot = {"user": "U7", "bot_id": "B1", "bot_profile": {"name": "辞書"}}
    assert quoted(event("猫", **robot), ME, NAMES) == "> 辞書: 猫"
    assert quoted({"text": "猫", "username": "hook"}, ME, NAMES) == "> hook: 猫"
    assert quoted({"text": "猫"}, ME, NAMES) == "> app: 猫"
    long = quoted(event("あ" * 5_000), ME, NAMES)
    assert long == "> tanaka: " + "あ" * LONGEST_QUOTE + "…"
    blocks = rich(section({"type": "user", "user_id": "U2"}, word(" 猫")))
    assert quoted(event("", blocks=blocks), ME, NAMES) == "> tanaka: @suzuki 猫"


def test_a_condensed_message_is_quoted_as_the_whole_one() -> None:
    """Whatever it said where; its names are looked up later."""
    share = {"is_share": True, "author_id": "U2", "text": "<@U1> 元 &amp; "}
    files = [{"name": "a.png", "mimetype": "image/png"}]
    whole = event(
        "",
        blocks=rich(section({"type": "user", "user_id": "U2"}, word(" <猫>"))),
        attachments=[share, {"text": "表"}],
    )
    small = condensed(whole, ME)
    assert quoted(small, ME, NAMES) == "> tanaka: @suzuki <猫>\n> 表\n> > @tanaka 元 &"
    assert references(small) == references(whole) and share_authors(small) == {"U2"}
    assert quoted(condensed(event("", files=files), ME), ME, NAMES) == quoted(
        event("", files=files), ME, NAMES
    )
    cut = condensed(event("あ" * 8 + "<@U2>"), ME, 10)["text"]
    assert cut == "あ" * 8 + "…"


FIELDS = ["user", "text", "ts", "files", "attachments", "blocks", "bot_profile", "username"]
ODD = st.recursive(
    st.none()
    | st.integers(-9, 9)
    | st.text(max_size=5)
    | st.sampled_from(["rich_text", "table", "section", "<@U2>", "1f600"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "text",
                    "elements",
                    "rows",
                    "blocks",
                    "fields",
                    "message_blocks",
                    "message",
                    "files",
                    "attachments",
                    "is_share",
                    "name",
                    "unicode",
                    "skin_tone",
                    "style",
                    "user_id",
                    "url",
                    "size",
                    "mimetype",
                    "indent",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(FIELDS), ODD))
def test_whatever_a_message_holds_it_is_read(said: Json) -> None:
    """Nothing that Slack may send one day ends in an exception here."""
    reading = read(said, ME, NAMES)
    assert isinstance(reading.text, str)
    assert quoted(said, ME, NAMES).startswith("> ") and references(said)
    assert quoted(condensed(said, ME), ME, NAMES).startswith("> ")
    assert share_authors(without_shares_of(said, share_authors(said))) == set()


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
