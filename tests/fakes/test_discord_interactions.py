"""Commands, buttons and forms on the fake Discord."""

from __future__ import annotations

import asyncio
from typing import Any

import discord
import pytest
from discord import app_commands

from tests.fakes.discord_client import code, running, with_commands
from tests.fakes.discord_server import DiscordServer


async def test_slash_commands_are_given_with_their_options() -> None:
    """Options arrive with their types, users resolved; the answer may be for one user only."""
    async with with_commands() as (server, _):
        user = server.user("田中")
        general = server.channel(server.guild("学校", user), "general")
        answer = server.slash(general, user, "echo", text="あ", times=2, who=user)
        assert await answer.said() == ["ああ田中"]
        assert answer.messages[0].ephemeral and server.messages(general) == []
        assert await server.slash(general, user, "quiz start", level=3).said() == ["3"]
        assert [message.text for message in server.messages(general)] == ["3"]


async def test_only_what_is_offered_can_be_commanded() -> None:
    """A command that is unknown, lacks an option, or is not for this place, is the test's error."""
    async with with_commands() as (server, _):
        user = server.user("田中")
        dm, group = server.dm(user), server.group_dm(user)
        for channel, name, options in (
            (dm, "nothing", {}),
            (dm, "echo", {}),
            (dm, "echo", {"text": "あ", "times": 3}),
            (dm, "quiz start", {"level": 1}),
            (group, "echo", {"text": "あ"}),
        ):
            with pytest.raises(LookupError):
                server.slash(channel, user, name, **options)


async def test_a_deferral_is_filled_by_the_first_follow_up() -> None:
    """The first message after a deferral takes its place; further ones follow it."""
    async with with_commands() as (server, _):
        user = server.user("田中")
        dm = server.dm(user)
        later = await server.slash(dm, user, "later").answered()
        assert later.deferred
        await later.said(3)
        assert later.texts == ["零", "三", ""]
        assert later.messages[2].ephemeral
        assert later.messages[2].attachments[0].content == b"abc"
        assert [message.text for message in server.messages(dm)] == ["零", "三"]
        assert not server.pings


async def test_an_answer_must_come_in_time_and_once() -> None:
    """After three seconds, a second time, and after a quarter of an hour, answers are refused."""
    async with DiscordServer() as server, running(server) as bot:
        called: asyncio.Queue[discord.Interaction] = asyncio.Queue()

        @bot.tree.command(description="waits")
        async def wait(interaction: discord.Interaction) -> None:
            called.put_nowait(interaction)

        await bot.tree.sync()
        user = server.user("田中")
        server.slash(server.dm(user), user, "wait")
        late = await called.get()
        server.advance(4)
        with pytest.raises(discord.NotFound) as error:
            await late.response.send_message("遅い")
        assert code(error) == 10062

        asked = server.slash(server.dm(user), user, "wait")
        twice = await called.get()
        with pytest.raises(discord.NotFound) as error:
            await twice.followup.send("まだ")
        assert code(error) == 10015
        await twice.response.send_message("はい")
        second = discord.InteractionResponse(twice)
        with pytest.raises(discord.HTTPException) as http_error:
            await second.send_message("はい")
        assert code(http_error) == 40060
        server.advance(16 * 60)
        with pytest.raises(discord.HTTPException) as http_error:
            await twice.edit_original_response(content="もっと")
        assert code(http_error) == 50027
        assert asked.texts == ["はい"]


async def test_a_message_command_sees_its_message() -> None:
    """The message that a command was used on comes in full, even without the content intent."""
    async with with_commands() as (server, _):
        user = server.user("田中")
        general = server.channel(server.guild("学校", user), "general")
        message = server.user_says(general, user, "猫")
        assert await server.context_menu(general, user, "訳す", message).said() == ["[猫]"]


async def test_buttons_work_while_they_are_there() -> None:
    """A click reaches the view and may change its message; a button that is gone cannot be used."""

    class Stop(discord.ui.View):
        @discord.ui.button(label="止める", custom_id="stop")
        async def stop_it(self, interaction: discord.Interaction, button: Any) -> None:
            button.disabled = True
            await interaction.response.edit_message(content="止まった", view=self)
            await interaction.followup.send("本当に", ephemeral=True)

    async with DiscordServer() as server, running(server) as bot:
        user = server.user("田中")
        general = server.channel(server.guild("学校", user), "general")
        await (await bot.text_channel(general)).send("書いている", view=Stop(timeout=None))
        [message] = server.bot_messages(general)
        click = server.click(message, user, "stop")
        assert await click.said() == ["本当に"]
        assert message.text == "止まった" and click.original is message
        with pytest.raises(LookupError):
            server.click(message, user, "stop")


async def test_a_modal_is_shown_and_sent() -> None:
    """What a user fills into a modal arrives as a further interaction."""
    async with with_commands() as (server, _):
        user = server.user("田中")
        asked = await server.slash(server.dm(user), user, "ask").answered()
        assert asked.modal is not None and asked.modal["title"] == "質問"
        assert await server.submit(asked, answer="猫").said() == ["猫!"]


@pytest.mark.parametrize("place", ["guild", "group"])
async def test_an_app_that_a_user_installed_works_where_the_bot_is_not(place: str) -> None:
    """There it hears nothing but interactions, and may follow up five times."""
    async with with_commands() as (server, bot):
        user = server.user("田中")
        if place == "guild":
            channel = server.channel(server.guild("他所", user, bot=False), "general")
        else:
            channel = server.group_dm(user, server.user("鈴木"))
        server.user_says(channel, user, server.bot.mention)
        many = server.slash(channel, user, "many")
        error = await bot.failures.get()
        assert isinstance(error, app_commands.CommandInvokeError | discord.HTTPException)
        assert many.texts == ["零", "0", "1", "2", "3", "4"]
        assert bot.heard.empty()
        with pytest.raises(discord.Forbidden) as forbidden:
            await bot.get_partial_messageable(channel.id).send("やあ")
        assert code(forbidden) == 50001


async def test_commands_keep_their_ids_when_registered_again() -> None:
    """Registering the same commands again changes nothing; too many or bad ones are refused."""
    async with with_commands() as (server, bot):
        before = {each["name"]: each["id"] for each in server.commands[None]}
        await bot.tree.sync()
        assert {each["name"]: each["id"] for each in server.commands[None]} == before
        assert [each.name for each in await bot.tree.fetch_commands()] == list(before)
        route = "PUT /applications/{application}/commands"
        assert server.counts[route] == 2
        menu = {"type": 3, "options": []}
        for bad in (
            [{"name": f"menu {n}", **menu} for n in range(6)],
            [{"name": "Big", "description": "x"}],
            [{"name": "x", "description": ""}],
            [{"name": "x", "description": "x"}] * 2,
        ):
            with pytest.raises(discord.HTTPException):
                await bot.http.bulk_upsert_global_commands(server.application_id, bad)
        guild = server.guild("学校")
        bot.tree.copy_global_to(guild=discord.Object(guild.id))
        assert len(await bot.tree.sync(guild=discord.Object(guild.id))) == len(before)
