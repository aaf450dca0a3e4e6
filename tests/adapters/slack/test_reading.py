"""What a message says beside its own words on Slack: attachments, forwards, files, quotations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.reading import LONGEST_QUOTE
from adapters.slack.reading import condensed, quoted, read, references
from adapters.slack.shares import share_authors, without_shares_of
from tests.adapters.slack.said import ME, NAMES, TS, Json, event, rich, section, text_of, word


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


@pytest.mark.parametrize("small", [False, True])
def test_what_a_forward_forwards_is_its_own_authors(small: bool) -> None:
    """Also where it stands in the blocks of messages, and in what a form carries along."""
    deepest = {"is_share": True, "author_id": "U4", "text": "底"}
    inner = {"is_share": True, "author_id": "U3", "text": "秘密", "attachments": [deepest]}
    blocks = [{"message": {"attachments": [inner, {"text": "表"}]}}]
    share = {"is_share": True, "author_id": "U2", "text": "上", "message_blocks": blocks}
    said = event("", attachments=[share])
    if small:
        said = condensed(said, ME)
    assert share_authors(said) == {"U2", "U3", "U4"}
    texts = text_of(said).split("\n")
    assert sorted(texts) == ["> > > 底", "> > 秘密", "> 上", "> 表"]
    assert sorted(text_of(dict(without_shares_of(said, {"U3"}))).split("\n")) == ["> 上", "> 表"]
    assert "底" not in text_of(dict(without_shares_of(said, {"U4"})))


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
    files = [{"title": "犬"}, {"id": "F1"}, {"name": "a\n（添付：b）"}]
    assert text_of(event("見て", subtype="file_share", files=files)) == (
        "見て\n（添付ファイル：犬）\n（添付ファイル：file）\n（添付ファイル：a （添付：b））"
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
                    "author_id",
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
