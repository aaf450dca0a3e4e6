"""What is read of messages: real ones, as the real library parses what Discord sends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.markup import Names, readable
from adapters.discord.reading import quoted
from adapters.reading import Reading, Unreadable
from tests.adapters.discord.listening import Place, listening

POLL: dict[str, Any] = {
    "question": {"text": "昼ごはんは？"},
    "answers": [
        {"answer_id": 1, "poll_media": {"text": "うどん"}},
        {"answer_id": 2, "poll_media": {"text": "そば", "emoji": {"id": None, "name": "🍜"}}},
    ],
    "expiry": "2099-01-01T00:00:00+00:00",
    "allow_multiselect": False,
    "layout_type": 1,
}
EMBED: dict[str, Any] = {
    "type": "rich",
    "author": {"name": "図書館"},
    "title": "お知らせ",
    "description": "明日は休みです。",
    "fields": [{"name": "場所", "value": "二階"}, {"name": "\u200b", "value": "静かに"}],
    "footer": {"text": "受付"},
}
EMBED_TEXT = "図書館\nお知らせ\n明日は休みです。\n場所: 二階\n静かに\n受付"


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """A guild, and a client in it."""
    async with listening() as place:
        yield place


async def test_ids_become_names(place: Place) -> None:
    """People, roles, channels, emoji, commands, moments and Discord's own pages."""
    other = place.server.channel(place.guild, "日本語")
    role = place.server.role(place.guild, "N5")
    text = (
        f"<@{place.me}> {place.suzuki.mention} {role.mention} <#{other.id}> <a:neko:123> "
        "</ask:123> <t:1767225600:R> <id:customize> <@1> <#2> <@&3>"
    )
    reading = await place.reads(text)
    assert reading.text == (
        "@suzuki @N5 #日本語 :neko: /ask 2026-01-01 00:00 UTC #customize @unknown #unknown @unknown"
    )


async def test_what_only_looks_like_markup_stays_as_it_is(place: Place) -> None:
    """Numbers beyond every id or calendar among it."""
    text = f"<@{'9' * 1500}> <t:-99999999999:R> <#> </:1> <@x>"
    assert (await place.reads(text)).text == text


@given(st.text(alphabet="<@!&#:/at19>- \t\n", max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    """Whatever it looks like; the bot's name is not in what is read."""
    read = readable(text, Names(own={1}))
    assert "<@1>" not in read and read == read.strip()
    if "<" not in text:
        assert read == text.strip()


async def test_a_mention_of_the_bot_is_left_out_with_one_blank_for_it(place: Place) -> None:
    """Between words; at the beginning, the end and a line's end with none."""
    own = next(role for role in place.guild.roles.values() if role.bot_id)
    for text, read in {
        f"<@{place.me}> 元気？": "元気？",
        f"<@!{place.me}>元気？": "元気？",
        f"元気？ <@{place.me}>": "元気？",
        f"ねえ \t<@{place.me}> \t{own.mention}  元気？": "ねえ 元気？",
        f"こんにちは\n<@{place.me}>\n元気？": "こんにちは\n\n元気？",
        f"<@{place.me}>\n  {own.mention}": "",
    }.items():
        assert (await place.reads(text)).text == read


async def test_a_forward_reads_as_its_message_does(place: Place) -> None:
    """With the names of whom it mentions, also of those who are not here."""
    there = place.server.guild("会社", place.suzuki)
    channel, other = place.server.channel(there, "雑談"), place.server.channel(there, "猫")
    role = place.server.role(there, "先輩")
    text = f"{place.suzuki.mention} {role.mention} <#{other.id}> <:neko:1> <t:0> <@{place.me}>"
    original = place.server.user_says(channel, place.suzuki, text)
    await place.bot.others()
    place.server.user_forwards(original, place.general, place.tanaka)
    assert place.read(await place.bot.others()).text == (
        "@suzuki @先輩 #猫 :neko: 1970-01-01 00:00 UTC @kaiwa"
    )


async def test_a_forwards_files_embeds_and_polls_are_read(place: Place) -> None:
    """As those of the message itself."""
    original = place.server.user_says(
        place.general,
        place.server.user("bot", bot=True),
        "見て",
        attachments={"neko.png": b"x", "message.txt": b"text"},
        sticker=True,
        fields={"embeds": [EMBED], "poll": POLL},
    )
    await place.bot.others()
    place.server.user_forwards(original, place.general, place.tanaka)
    reading = place.read(await place.bot.others())
    assert reading.text == (
        f"見て\n（投票）昼ごはんは？\n- うどん\n- そば\n{EMBED_TEXT}\n"
        "（添付ファイル：neko.png）\n（添付ファイル：message.txt）\n（スタンプ：Wave）"
    )
    assert [file.name for file in reading.files] == ["message.txt"]


async def test_a_bots_embed_is_read(place: Place) -> None:
    """Its author, title, description, fields and footer, with names in place of ids."""
    embed = EMBED | {"description": f"{place.suzuki.mention} は <#{place.general.id}> にいます。"}
    bot = place.server.user("bot", bot=True)
    message = await place.said("", author=bot, fields={"embeds": [embed]})
    text = "@unknown は #general にいます。"
    assert place.read(message).text == EMBED_TEXT.replace("明日は休みです。", text)


@pytest.mark.parametrize("type", ["link", "article", "video", "rich"])
async def test_a_preview_of_an_address_in_the_text_is_not_read(place: Place, type: str) -> None:
    """What its author wrote is the address."""
    address = "https://example.com/neko"
    embed = EMBED | {"type": type, "url": "https://www.example.com/neko?ref=1"}
    assert (await place.reads(address, fields={"embeds": [embed]})).text == address


async def test_the_text_of_components_is_read_however_deep_it_lies(place: Place) -> None:
    """In containers and sections; not what is written on buttons."""
    button = {"type": 2, "style": 5, "label": "ボタン", "url": "https://example.com"}
    section = {
        "type": 9,
        "components": [{"type": 10, "content": "## 題"}, {"type": 10, "content": "本文"}],
        "accessory": {"type": 11, "media": {"url": "https://x.y/z"}, "description": "黒い猫"},
    }
    gallery = {"type": 12, "items": [{"media": {"url": "https://x.y/z"}, "description": "海"}]}
    row = {"type": 1, "components": [button]}
    inside = [section, {"type": 14}, gallery, row]
    components = [{"type": 10, "content": "はじめ"}, {"type": 17, "components": inside}]
    bot = place.server.user("bot", bot=True)
    message = await place.said("", author=bot, fields={"components": components, "flags": 1 << 15})
    assert place.read(message).text == "はじめ\n## 題\n本文\n黒い猫\n海"


async def test_a_poll_is_read_with_its_answers(place: Place) -> None:
    """Behind what was said with it."""
    reading = await place.reads(f"<@{place.me}> どう？", fields={"poll": POLL})
    assert reading == Reading("どう？\n（投票）昼ごはんは？\n- うどん\n- そば")


async def test_a_forum_posts_title_stands_before_its_first_message_only(place: Place) -> None:
    """What follows in the post has none."""
    forum = place.server.forum(place.guild, "質問箱")
    first = place.server.posts(forum, place.tanaka, "助詞について", "「は」と「が」は？")
    assert place.read(await place.bot.others()).text == "助詞について\n「は」と「が」は？"
    assert (await place.reads("誰か？", channel=first.channel)).text == "誰か？"


@pytest.mark.parametrize(
    "name",
    ["message.txt", "a.py", "a.ts", "a.json", "a.xml", "a.csv", "a.svg.bak", "LICENSE", "a.xyz"],
)
async def test_a_file_that_may_be_text_is_to_be_fetched(place: Place, name: str) -> None:
    """Whether it is, its content says."""
    reading = await place.reads("", attachments={name: b"text"})
    (file,) = reading.files
    assert (file.name, file.size, reading.unreadable) == (name, 4, ())
    assert reading.text == f"（添付ファイル：{name}）"
    assert file.url.endswith(f"/{name}")


@pytest.mark.parametrize(
    ("name", "english", "japanese"),
    [
        ("a.png", "a picture", "画像"),
        ("a.webm", "a video", "動画"),
        ("a.mp3", "an audio file", "音声ファイル"),
        ("a.pdf", "a PDF file", "PDFファイル"),
        ("a.zip", "an archive", "圧縮ファイル"),
    ],
)
async def test_what_is_no_text_is_called_by_its_name(
    place: Place, name: str, english: str, japanese: str
) -> None:
    """Where it is all there is, there is no text; else the file is named in it."""
    kind = Unreadable(english, japanese)
    assert await place.reads("", attachments={name: b"x"}) == Reading("", (), (kind,))
    named = f"見て\n（添付ファイル：{name}）"
    assert await place.reads("見て", attachments={name: b"x"}) == Reading(named, (), (kind,))


async def test_a_voice_message_is_called_so(place: Place) -> None:
    """And not an audio file."""
    kind = Unreadable("a voice message", "ボイスメッセージ")
    assert await place.reads("", voice=b"x") == Reading("", (), (kind,))


async def test_a_sticker_is_called_by_its_name(place: Place) -> None:
    """Beside a text it is named there."""
    kind = Unreadable("a sticker (Wave)", "スタンプ「Wave」")
    assert await place.reads("", sticker=True) == Reading("", (), (kind,))
    assert (await place.reads("やあ", sticker=True)).text == "やあ\n（スタンプ：Wave）"


async def test_what_a_picture_shows_is_read_where_its_author_said_it(place: Place) -> None:
    """Its alternative text."""
    message = await place.said("", attachments={"neko.png": b"x"})
    message.attachments[0].description = "黒い猫"
    assert place.read(message).text == "（添付ファイル：neko.png）\n黒い猫"


async def test_a_long_quotation_is_shortened(place: Place) -> None:
    """It says so with three dots; every line is marked."""
    assert quoted(Reading("猫の手も\n借りたい"), "suzuki") == "> suzuki: 猫の手も\n> 借りたい"
    text = quoted(Reading("あ" * 601), "suzuki")
    assert text == f"> suzuki: {'あ' * 600}…"


async def test_a_quotation_of_what_cannot_be_read_names_it(place: Place) -> None:
    """Though the message has no text."""
    picture = await place.reads("", attachments={"neko.png": b"x"})
    assert quoted(picture, "suzuki") == "> suzuki: （画像）"
