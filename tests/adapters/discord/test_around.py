"""Which messages belong together, over real messages of the real library."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.discord.around import asks_about_previous, before, belongs, made_from
from tests.adapters.discord.listening import Place, listening


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """A guild, and a client in it."""
    async with listening() as place:
        yield place


async def test_a_bare_mention_asks_about_its_authors_message_before(place: Place) -> None:
    """By the bot's name or its role, however often."""
    own = next(role for role in place.guild.roles.values() if role.bot_id)
    for text in (f"<@{place.me}>", f" <@!{place.me}> \n", f"{own.mention} <@{place.me}>"):
        said = await place.said("これは何？")
        bare = await place.said(text)
        assert asks_about_previous(bare, place.me) and belongs(said, bare, place.me)
        found = await before(bare)
        assert found is not None and found.id == said.id


@pytest.mark.parametrize(
    "how", [{"attachments": {"a.png": b"x"}}, {"sticker": True}, {"text": "<@ME> これ"}]
)
async def test_a_mention_that_says_something_asks_about_that(
    place: Place, how: dict[str, Any]
) -> None:
    """A picture, a sticker or a word."""
    said = await place.said("これは何？")
    text = how.pop("text", "<@ME>").replace("ME", str(place.me))
    mention = await place.said(text, **how)
    assert not asks_about_previous(mention, place.me) and not belongs(said, mention, place.me)


async def test_a_bare_mention_in_an_answer_asks_about_what_it_answers(place: Place) -> None:
    """Not about what stands before it."""
    original = place.server.user_says(place.general, place.suzuki, "猫")
    await place.bot.others()
    said = await place.said("これは何？")
    bare = await place.said(f"<@{place.me}>", reply_to=original)
    assert not asks_about_previous(bare, place.me) and not belongs(said, bare, place.me)


async def test_what_others_said_or_what_is_old_does_not_belong(place: Place) -> None:
    """Nor what was said elsewhere; five minutes are the bound."""
    others = await place.said("これは何？", author=place.suzuki)
    elsewhere = await place.said("これは何？", channel=place.server.channel(place.guild, "b"))
    said = await place.said("これは何？")
    bare = await place.said(f"<@{place.me}>")
    assert belongs(said, bare, place.me) and not belongs(bare, said, place.me)
    assert not belongs(others, bare, place.me) and not belongs(elsewhere, bare, place.me)
    place.server.advance(240)
    assert belongs(bare, await place.said(f"<@{place.me}>"), place.me)
    place.server.advance(120)
    assert not belongs(bare, await place.said(f"<@{place.me}>"), place.me)


async def test_a_forward_belongs_to_its_authors_mention(place: Place) -> None:
    """Also where that has a text: Discord sends what is added to a forward behind it."""
    original = place.server.user_says(place.general, place.suzuki, "猫の手も借りたい")
    await place.bot.others()
    place.server.user_forwards(original, place.general, place.tanaka)
    forward = await place.bot.others()
    assert not belongs(forward, await place.said("意味は？"), place.me)
    assert belongs(forward, await place.said(f"<@{place.me}> 意味は？"), place.me)
    by_suzuki = await place.said(f"<@{place.me}> 意味は？", author=place.suzuki)
    assert not belongs(forward, by_suzuki, place.me)


async def test_a_thread_was_made_from_the_message_with_its_id(place: Place) -> None:
    """Other threads, forum posts, channels and threads whose beginning is gone from none."""
    first = place.server.user_says(place.general, place.suzuki, "猫の手も借りたい")
    await place.bot.others()
    thread = place.server.thread(place.general, "猫", first)
    message = await place.said(f"<@{place.me}> 意味は？", channel=thread)
    found = await made_from(message)
    assert found is not None and found.content == "猫の手も借りたい"
    place.server.user_deletes(first)
    assert await made_from(message) is None
    bare = place.server.thread(place.general, "雑談")
    post = place.server.posts(place.server.forum(place.guild, "質問箱"), place.tanaka, "題", "文")
    assert await made_from(await place.bot.others()) is None
    for channel in (bare, post.channel, place.general):
        assert await made_from(await place.said("やあ", channel=channel)) is None


async def test_what_may_not_be_read_is_not_before(place: Place) -> None:
    """The question is answered without."""
    await place.said("これは何？")
    place.server.permit(place.general, read_message_history=False)
    assert await before(await place.said(f"<@{place.me}>")) is None
