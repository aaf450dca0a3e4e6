"""Whom discord.py's messages are for: real ones, as the library parses what Discord sends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest

from adapters.discord.incoming import DIRECT, envelope, quotable
from adapters.discord.roles import OwnRoles
from bot.messages import IncomingMessage
from tests.adapters.discord.listening import Place, listening
from tests.fakes.discord_api.objects import Role

COUNTS = "GET /guilds/{guild}/roles/member-counts"


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """A guild, and a client in it."""
    async with listening() as place:
        yield place


def taken(place: Place, message: discord.Message, **more: Any) -> IncomingMessage:
    """A message that must be somebody's to answer."""
    incoming = envelope(message, place.me, **more)
    assert incoming is not None
    return incoming


async def reply_of(place: Place, text: str = "はい。", **how: Any) -> discord.Message:
    """What the bot says, as a message that was answered."""
    message = place.server.user_says(place.general, place.server.bot, text, **how)
    return await (await place.bot.text_channel(place.general)).fetch_message(message.id)


async def answer(place: Place, to: discord.Message, text: str = "うん", **how: Any) -> Any:
    """What Suzuki answers to a message."""
    message = place.general.get(to.id)
    return await place.said(text, author=place.suzuki, reply_to=message, **how)


async def test_a_mention_is_addressed(place: Place) -> None:
    """It says by whom and where it was said, and nothing of what."""
    message = await place.said(f"<@{place.me}> 元気？")
    incoming = taken(place, message)
    assert incoming.addressed and not incoming.to_others and not incoming.by_bot
    assert incoming.author_name == "tanaka" and incoming.author_id == str(place.tanaka.id)
    assert incoming.conversation.workspace == str(place.guild.id)
    assert incoming.conversation.channel == str(place.general.id)
    assert (incoming.conversation.thread, incoming.thread_root, incoming.text) == ("", None, "")
    assert (incoming.id, incoming.sent_at) == (str(message.id), message.created_at)


async def test_a_word_to_somebody_else_is_known_as_such(place: Place) -> None:
    """By a mention of them, or as an answer to them."""
    plain = await place.said("暑いね")
    assert not taken(place, plain).to_others and not taken(place, plain).addressed
    assert taken(place, await place.said(f"{place.suzuki.mention} どう？")).to_others
    both = taken(place, await place.said(f"{place.suzuki.mention} <@{place.me}> どう？"))
    assert both.addressed and not both.to_others
    incoming = taken(place, await answer(place, plain))
    assert incoming.to_others and incoming.reply_to == str(plain.id)


@pytest.mark.parametrize("ping", [True, False])
async def test_an_answer_to_ones_own_message_is_to_nobody_else(place: Place, ping: bool) -> None:
    """Whoever adds a word to theirs."""
    said = place.server.user_says(place.general, place.tanaka, "一")
    await place.bot.others()
    incoming = taken(place, await place.said("二", reply_to=said, ping=ping))
    assert not incoming.to_others and not incoming.addressed


@pytest.mark.parametrize("word", ["@everyone", "@here"])
async def test_a_word_to_everyone_is_to_others(place: Place, word: str) -> None:
    """In a thread in which the bot has spoken it is not for it; unless it is named too."""
    assert taken(place, await place.said(f"{word} 集合")).to_others
    assert taken(place, await place.said(f"{word} <@{place.me}> 集合")).addressed


async def test_a_word_to_a_role_is_to_others(place: Place) -> None:
    """The role that Discord made for the bot is the bot."""
    teachers = place.server.role(place.guild, "先生")
    incoming = taken(place, await place.said(f"{teachers.mention} 質問です"))
    assert incoming.to_others and not incoming.addressed
    own = next(role for role in place.guild.roles.values() if role.bot_id)
    assert taken(place, await place.said(f"{own.mention} 質問です")).addressed


async def test_an_answer_to_a_deleted_message_is_to_others(place: Place) -> None:
    """Whose it was is not known any more."""
    plain = place.server.user_says(place.general, place.tanaka, "暑いね")
    await place.bot.others()
    place.server.user_deletes(plain)
    message = await place.said("そうだね", author=place.suzuki, reply_to=plain, ping=False)
    assert message.reference is not None
    assert isinstance(message.reference.resolved, discord.DeletedReferencedMessage)
    incoming = taken(place, message)
    assert incoming.to_others and incoming.reply_to == str(plain.id)


async def test_an_answer_to_the_bot_is_addressed(place: Place) -> None:
    """Without a mention, and it says to which message."""
    reply = await reply_of(place)
    incoming = taken(place, await answer(place, reply, "もっと", ping=False))
    assert incoming.addressed and incoming.reply_to == str(reply.id)


async def test_a_forward_is_no_answer(place: Place) -> None:
    """Also one of the bot's own message: it is passed on, to nobody."""
    reply = place.general.get((await reply_of(place)).id)
    assert reply is not None
    place.server.user_forwards(reply, place.general, place.tanaka)
    incoming = taken(place, await place.bot.others())
    assert (incoming.reply_to, incoming.addressed, incoming.to_others) == (None, False, False)


async def test_a_mention_in_an_answer_to_somebody_is_about_their_message(place: Place) -> None:
    """Not a mention in an answer to the bot, nor an answer without one."""
    about = await place.said("猫の手も借りたい")
    message = await answer(place, about, f"<@{place.me}> 意味は？")
    found = quotable(message, place.me)
    assert found is not None and place.read(found).text == "猫の手も借りたい"
    assert quotable(await answer(place, about), place.me) is None
    reply = await reply_of(place)
    assert quotable(await answer(place, reply, f"<@{place.me}> 意味は？"), place.me) is None


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"application_id": "1", "webhook_id": "1"},  # an answer to a command, by its webhook
        {"author": {"id": "ME", "username": "kaiwa", "discriminator": "0000", "avatar": None}},
    ],
)
async def test_the_bots_own_message_is_never_taken_in(place: Place, fields: dict[str, Any]) -> None:
    """In whatever shape it comes, from the gateway or a history; also if the operator lists it."""
    own = str(place.me)
    if "author" in fields:
        fields = {"author": fields["author"] | {"id": own}}
    text = f"<@{place.me}> 元気？"
    message = await reply_of(place, text, fields=fields)
    assert message.author.id == place.me
    assert envelope(message, place.me, trusted=[own, "1"]) is None


async def test_what_a_webhook_of_the_bots_own_says_is_its_own(place: Place) -> None:
    """By the application's id, under another name."""
    fields = {"application_id": str(place.me)}
    message = await place.said(f"<@{place.me}> 元気？", webhook=True, fields=fields)
    assert message.webhook_id is not None and message.author.id != place.me
    assert envelope(message, place.me, trusted=[str(message.webhook_id)]) is None


async def test_bots_and_webhooks_are_let_in_where_the_operator_lists_them(place: Place) -> None:
    """And marked; nobody else's."""
    other = place.server.user("relay", bot=True)
    by_bot = await place.said(f"<@{place.me}> 元気？", author=other)
    by_webhook = await place.said(f"<@{place.me}> 元気？", webhook=True)
    for message, id in ((by_bot, other.id), (by_webhook, by_webhook.webhook_id)):
        assert envelope(message, place.me) is None
        assert envelope(message, place.me, trusted=["1"]) is None
        incoming = taken(place, message, trusted=["1", str(id)])
        assert incoming.by_bot and incoming.addressed


@pytest.mark.parametrize("type", [6, 7, 8, 18, 21, 46])
async def test_what_discord_itself_says_is_left_alone(place: Place, type: int) -> None:
    """A pin, a welcome, a boost, a new thread, its first message, the end of a poll."""
    fields = {"message_reference": {"channel_id": str(place.general.id)}}
    message = await place.said(f"<@{place.me}>", type=type, fields=fields)
    assert message.type.value == type and envelope(message, place.me) is None


async def test_a_direct_message_is_private_and_addressed(place: Place) -> None:
    """No guild, no mention."""
    incoming = taken(place, await place.said("やあ", channel=place.server.dm(place.tanaka)))
    assert incoming.private and incoming.addressed
    assert incoming.conversation.workspace == DIRECT


async def test_what_is_said_in_an_unknown_guild_is_not_private(place: Place) -> None:
    """As long as Discord has not told of the guild, or what it told was not understood."""
    message = await place.said("暑いね")
    guild, channel = message.guild, message.channel
    assert guild is not None
    here = place.bot.get_partial_messageable(channel.id, guild_id=1)
    message.guild, message.channel = None, here
    incoming = taken(place, message)
    assert not incoming.private and not incoming.addressed
    assert incoming.conversation.workspace == "1"


async def test_a_thread_knows_its_channel_and_its_beginning(place: Place) -> None:
    """One that was made from a message has its id."""
    first = place.server.user_says(place.general, place.tanaka, "暑いね")
    await place.bot.others()
    thread = place.server.thread(place.general, "暑い", first)
    incoming = taken(place, await place.said("本当に", channel=thread))
    assert incoming.thread_root == incoming.conversation.thread == str(first.id)
    assert incoming.conversation.channel == str(place.general.id)


def bots_role(place: Place, name: str, *others: Any) -> Role:
    """A role that the bot holds, and others."""
    role = place.server.role(place.guild, name)
    for user in (place.server.bot, *others):
        held = place.guild.members[user.id].roles
        place.server.member(place.guild, user, roles=[*held, role])
    return role


async def test_a_role_that_only_the_bot_holds_is_the_bot(place: Place) -> None:
    """Discord is asked how many hold it, once for several mentions; the others are not it."""
    alone = bots_role(place, "先生")
    shared = bots_role(place, "係", place.suzuki)
    foreign = place.server.role(place.guild, "生徒")
    roles = OwnRoles()
    for role, ours in ((foreign, False), (alone, True), (shared, False), (alone, True)):
        message = await place.said(f"{role.mention} 質問です")
        own = await roles.of(message)
        incoming = taken(place, message, own_roles=own)
        assert (incoming.addressed, incoming.to_others) == (ours, not ours)
    assert place.server.counts[COUNTS] == 1


async def test_where_discord_does_not_count_a_role_by_the_bots_name_is_the_bot(
    place: Place,
) -> None:
    """One that it holds; of the others it is not known."""
    place.guild.counts_roles = False
    named, other = bots_role(place, "Kaiwa"), bots_role(place, "先生")
    roles = OwnRoles()
    for role, ours in ((named, True), (other, False), (named, True)):
        message = await place.said(f"{role.mention} 質問です")
        assert bool(await roles.of(message)) is ours
    assert place.server.counts[COUNTS] == 1
