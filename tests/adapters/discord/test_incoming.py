"""What becomes of discord.py's messages: real ones, parsed by the real library (simcord)."""

from __future__ import annotations

import discord
import pytest
import simcord

from adapters.discord.incoming import DIRECT, quoted, to_incoming
from bot.messages import IncomingMessage


@pytest.fixture
def bot(env: simcord.Env) -> int:
    """The bot's user id."""
    assert env.bot.user is not None
    return env.bot.user.id


def taken(message: discord.Message, bot: int) -> IncomingMessage:
    """A message that must be somebody's to answer."""
    incoming = to_incoming(message, bot)
    assert incoming is not None
    return incoming


async def test_a_mention_is_addressed_and_left_out(env: simcord.Env, bot: int) -> None:
    """Wherever in the text it stands, also in its old form."""
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    tanaka = guild.add_member(env.create_user("tanaka"))
    for text in (f"<@{bot}> 元気？", f"<@!{bot}>元気？", f"元気？ <@{bot}>"):
        incoming = taken(await tanaka.send(channel, text), bot)
        assert incoming.addressed and incoming.text == "元気？"
    middle = taken(await tanaka.send(channel, f"ねえ <@{bot}> 元気？"), bot)
    assert middle.text == "ねえ 元気？"
    assert middle.author_name == "tanaka" and middle.author_id == str(tanaka.id)
    assert middle.conversation.workspace == str(guild.id)
    assert middle.conversation.channel == str(channel.id) and not middle.conversation.thread


async def test_ids_become_names(env: simcord.Env, bot: int) -> None:
    """People, roles, channels, emoji, commands and moments; code stays as it is."""
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    other = guild.create_text_channel("日本語")
    role = guild.create_role("N5")
    tanaka = guild.add_member(env.create_user("tanaka"))
    suzuki = guild.add_member(env.create_user("suzuki"))
    text = (
        f"<@{bot}> {suzuki.mention} <@&{role.id}> <#{other.id}> <a:neko:123456789012345678> "
        "</ask:123456789012345678> <t:1767225600:R>"
    )
    incoming = taken(await tanaka.send(channel, text), bot)
    assert incoming.text == "@suzuki @N5 #日本語 :neko: /ask 2026-01-01 00:00 UTC"
    assert incoming.addressed and not incoming.to_others


async def test_a_word_to_somebody_else_is_known_as_such(env: simcord.Env, bot: int) -> None:
    """By a mention of them, or as an answer to them."""
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    tanaka = guild.add_member(env.create_user("tanaka"))
    suzuki = guild.add_member(env.create_user("suzuki"))
    plain = await tanaka.send(channel, "暑いね")
    assert not taken(plain, bot).to_others and not taken(plain, bot).addressed
    assert taken(await tanaka.send(channel, f"{suzuki.mention} どう？"), bot).to_others
    answer = taken(await suzuki.send(channel, "そうだね", reply_to=plain), bot)
    assert answer.to_others and answer.reply_to == str(plain.id)


async def test_an_answer_to_the_bot_is_addressed(env: simcord.Env, bot: int) -> None:
    """Without a mention, and it says to which message."""
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    tanaka = guild.add_member(env.create_user("tanaka"))
    await tanaka.send(channel, f"<@{bot}> 一")
    reply = channel.last_message
    assert reply is not None
    incoming = taken(await tanaka.send(channel, "もっと", reply_to=reply), bot)
    assert incoming.addressed and incoming.reply_to == str(reply.id)
    assert incoming.text == "もっと"


async def test_a_mention_in_an_answer_to_somebody_quotes_them(env: simcord.Env, bot: int) -> None:
    """So the bot knows what it is asked about; not, if quoting is off."""
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    tanaka = guild.add_member(env.create_user("tanaka"))
    suzuki = guild.add_member(env.create_user("suzuki"))
    about = await suzuki.send(channel, "猫の手も\n借りたい")
    message = await tanaka.send(channel, f"<@{bot}> 意味は？", reply_to=about)
    incoming = taken(message, bot)
    assert incoming.addressed
    assert incoming.text == "> suzuki: 猫の手も\n> 借りたい\n意味は？"
    without = to_incoming(message, bot, quote=False)
    assert without is not None and without.text == "意味は？"


async def test_a_long_quotation_is_shortened(env: simcord.Env, bot: int) -> None:
    """It says so with three dots."""
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    tanaka = guild.add_member(env.create_user("tanaka"))
    text = quoted(await tanaka.send(channel, "あ" * 1_900), bot)
    assert text.endswith("あ…") and len(text) < 700


async def test_attachments_are_named(env: simcord.Env, bot: int) -> None:
    """The bot cannot see them, and can say of which it speaks."""
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    tanaka = guild.add_member(env.create_user("tanaka"))
    message = await tanaka.send(channel, f"<@{bot}> 見て", attachments=[("neko.png", b"x")])
    assert taken(message, bot).text == "見て\n（添付ファイル：neko.png）"


async def test_what_is_nobodys_to_answer_is_left_alone(env: simcord.Env, bot: int) -> None:
    """Bots, webhooks, system messages, and a message with nothing to read in it."""
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    tanaka = guild.add_member(env.create_user("tanaka"))
    webhook = guild.create_webhook(channel)
    assert to_incoming(await webhook.send(f"<@{bot}> a"), bot) is None
    await tanaka.send(channel, f"<@{bot}> 一")
    own = channel.last_message
    assert own is not None and to_incoming(own, bot) is None


async def test_a_direct_message_is_private_and_addressed(env: simcord.Env, bot: int) -> None:
    """No guild, no mention."""
    user = env.create_user("tanaka")
    incoming = taken(await user.send_dm("こんにちは"), bot)
    assert incoming.private and incoming.addressed
    assert incoming.conversation.workspace == DIRECT
