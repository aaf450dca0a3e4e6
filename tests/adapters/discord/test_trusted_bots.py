"""Bots and webhooks that the operator lists, over real sockets."""

from __future__ import annotations

from bot.chat import Chat
from bot.messages import ConversationKey
from bot.policy import MODE, MOST_OF_BOTS, Mode
from tests.adapters.discord.serving import serving
from tests.fakes.discord_server import DiscordServer


async def test_a_bot_that_the_operator_lists_is_answered_and_no_other(chat: Chat) -> None:
    """Also a webhook; what the bot itself says is not, even if it is listed."""
    async with DiscordServer() as server:
        relay, stranger = server.user("relay", bot=True), server.user("stranger", bot=True)
        webhook = server.user("webhook")
        channel = server.channel(server.guild("学校", relay, stranger), "general")
        listed = [str(relay.id), str(webhook.id), str(server.bot.id)]
        async with serving(server, chat, trusted_bots=listed):
            server.user_says(channel, stranger, f"{server.bot.mention} 一")
            server.user_says(channel, server.bot, f"{server.bot.mention} 二")
            asked = server.user_says(channel, relay, f"{server.bot.mention} 三")
            await server.replies(channel, 2)
            hooked = server.user_says(channel, webhook, f"{server.bot.mention} 四", webhook=True)
            said = await server.replies(channel, 3)
        assert [each.reply_to for each in said] == [None, asked, hooked]


async def test_a_bot_that_answers_every_notice_is_left_alone_in_the_end(chat: Chat) -> None:
    """Also where everything that is said is kept: what is not answered gets no notice either."""
    async with DiscordServer() as server:
        relay, tanaka = server.user("relay", bot=True), server.user("tanaka")
        guild = server.guild("学校", relay, tanaka)
        channel = server.channel(guild, "general")
        key = ConversationKey("discord", str(guild.id), str(channel.id))
        await chat.store.set_setting(key, MODE, Mode.ALWAYS)
        async with serving(server, chat, trusted_bots=[str(relay.id)]):
            for _ in range(MOST_OF_BOTS + 5):
                server.user_says(channel, relay, f"{server.bot.mention} /unknown")
            server.user_says(channel, tanaka, f"{server.bot.mention} 最後")
            said = await server.replies(channel, MOST_OF_BOTS + 1)
            assert len(said) == MOST_OF_BOTS + 1 and said[-1].text == "最後"
