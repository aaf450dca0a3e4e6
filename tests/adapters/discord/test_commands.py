"""Commands, buttons and permissions as a person on Discord meets them (simcord)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import discord
import pytest
import simcord

from bot.commands import COMMANDS
from storage.store import SqlStore
from tests.adapters.discord.conftest import NewClient
from tests.fakes.generator import FakeGenerator


def place(env: simcord.Env) -> tuple[simcord.ChannelHandle, simcord.MemberActor]:
    """A channel, and somebody in it without any rights beyond talking."""
    guild = env.create_guild()
    return guild.create_text_channel("general"), guild.add_member(env.create_user("tanaka"))


def administrator(env: simcord.Env) -> simcord.MemberActor:
    """Somebody who may manage channels."""
    rights = discord.Permissions(manage_channels=True, send_messages=True, view_channel=True)
    role = env.guild.create_role("Staff", permissions=rights)
    return env.guild.add_member(env.create_user("staff"), roles=[role])


def me(env: simcord.Env) -> str:
    """The bot's mention."""
    assert env.bot.user is not None
    return env.bot.user.mention


def buttons(message: discord.Message | None) -> list[str]:
    """The ids of the buttons below a message."""
    assert message is not None
    return [
        str(child.custom_id)
        for row in message.components
        if isinstance(row, discord.ActionRow)
        for child in row.children
        if isinstance(child, discord.Button)
    ]


def said(result: simcord.InteractionResult) -> str:
    """Everything that a command answered."""
    first = [result.response.content] if result.response else []
    return "\n".join(first + [followup.content for followup in result.followups])


async def test_every_command_of_the_table_can_be_given(env: simcord.Env) -> None:
    """And /ask; all of them are registered with Discord."""
    channel, tanaka = place(env)
    offered = tanaka.available_commands(channel)
    assert {entry.name for entry in COMMANDS} | {"ask"} <= set(offered)


async def test_a_mention_is_answered_below_it(env: simcord.Env) -> None:
    """The reply refers to its question, mentions nobody, and has its buttons."""
    channel, tanaka = place(env)
    question = await tanaka.send(channel, f"{me(env)} 元気ですか")
    reply = channel.last_message
    assert reply is not None and reply.content == "元気ですか"
    assert reply.reference is not None and reply.reference.message_id == question.id
    assert buttons(reply) == ["kaiwa:regenerate", "kaiwa:good", "kaiwa:bad"]


async def test_what_is_said_to_others_is_left_alone(env: simcord.Env, store: SqlStore) -> None:
    """No answer, and nothing of it is kept."""
    channel, tanaka = place(env)
    await tanaka.send(channel, "今日は暑いね")
    assert len(channel.history()) == 1
    assert await store.conversations() == []


async def test_the_answer_to_ask_repeats_the_question(env: simcord.Env) -> None:
    """Discord shows others only that the command was used."""
    channel, tanaka = place(env)
    result = await tanaka.slash(channel, "ask", question="猫は何ですか")
    assert result.response is not None and not result.ephemeral
    assert result.response.content == "> 猫は何ですか\n猫は何ですか"


async def test_an_answer_to_ask_can_be_long(env: simcord.Env, generator: FakeGenerator) -> None:
    """It goes on in follow-ups; nothing is cut off."""
    channel, tanaka = place(env)
    text = "".join(f"これは{n}番目の文です。" for n in range(400))
    generator.script = [[text]]
    result = await tanaka.slash(channel, "ask", question="長く書いて")
    assert said(result).replace("\n", "") == "> 長く書いて" + text
    assert len(result.followups) == 2


async def test_context_is_private_and_shows_what_is_remembered(env: simcord.Env) -> None:
    """In the reader's language."""
    channel, tanaka = place(env)
    await tanaka.send(channel, f"{me(env)} 覚えて")
    result = await tanaka.slash(channel, "context")
    assert result.ephemeral
    assert "I remember 2 messages" in said(result) and "ユーザー: 覚えて" in said(result)


async def test_a_reset_is_a_marker(
    env: simcord.Env, store: SqlStore, generator: FakeGenerator
) -> None:
    """What came before is out of the next prompt, and still stored."""
    channel, tanaka = place(env)
    await tanaka.send(channel, f"{me(env)} 前")
    result = await tanaka.slash(channel, "reset")
    assert not result.ephemeral and "2 earlier messages" in said(result)
    await tanaka.send(channel, f"{me(env)} 後")
    assert "前" not in generator.requests[-1].prompt.text
    assert [count for _, _, count in await store.conversations()] == [4]


async def test_only_administrators_change_a_channel(env: simcord.Env) -> None:
    """To look is everybody's; a refusal is private."""
    channel, tanaka = place(env)
    refused = await tanaka.slash(channel, "mode", mode="always")
    assert "administrators" in said(refused)
    assert "mention" in said(await tanaka.slash(channel, "mode"))
    staff = administrator(env)
    assert "always" in said(await staff.slash(channel, "mode", mode="always"))
    await tanaka.send(channel, "今日は暑いね")
    assert channel.last_message is not None and channel.last_message.content == "今日は暑いね"
    assert len(channel.history()) > 1


async def test_a_setting_is_checked_and_holds(env: simcord.Env, generator: FakeGenerator) -> None:
    """A value that cannot be is refused with what can."""
    channel, _ = place(env)
    staff = administrator(env)
    wrong = said(await staff.slash(channel, "settings", name="temperature", value="hot"))
    assert "temperature" in wrong
    await staff.slash(channel, "settings", name="temperature", value="0.3")
    await staff.send(channel, f"{me(env)} a")
    assert generator.requests[-1].sampling.temperature == 0.3


async def test_a_persona_is_pinned_to_the_prompt(
    env: simcord.Env, generator: FakeGenerator
) -> None:
    """Set by an administrator, for the whole channel."""
    channel, tanaka = place(env)
    await administrator(env).slash(channel, "persona", text="あなたは猫です。")
    await tanaka.send(channel, f"{me(env)} だれ")
    assert generator.requests[-1].prompt.text.startswith("ユーザー: あなたは猫です。\n")


async def test_a_person_sees_and_deletes_what_is_kept(env: simcord.Env, store: SqlStore) -> None:
    """/privacy says it, /export hands it over, /forget-me deletes it; all in private."""
    channel, tanaka = place(env)
    await tanaka.send(channel, f"{me(env)} 秘密です")
    privacy = await tanaka.slash(channel, "privacy")
    assert privacy.ephemeral and "2 messages" in said(privacy)
    export = await tanaka.slash(channel, "export")
    assert export.ephemeral and export.response is not None
    assert [file.filename for file in export.response.attachments] == ["kaiwa-export.json"]
    assert "2 messages" in said(await tanaka.slash(channel, "forget-me"))
    assert "Deleted 2" in said(await tanaka.slash(channel, "forget-me", sure="yes"))
    assert await store.messages_of("discord", str(tanaka.id)) == []


async def test_who_opted_out_is_not_kept_and_told_so_once_asked(
    env: simcord.Env, store: SqlStore
) -> None:
    """A mention gets a private answer; nothing is stored."""
    channel, tanaka = place(env)
    await tanaka.slash(channel, "privacy", choice="out")
    await tanaka.send(channel, f"{me(env)} 秘密です")
    assert await store.messages_of("discord", str(tanaka.id)) == []
    assert "keep nothing" in said(await tanaka.slash(channel, "ask", question="秘密"))


async def test_a_reply_can_be_written_again_by_its_button(
    env: simcord.Env, generator: FakeGenerator
) -> None:
    """In the same message; the first text is no longer remembered."""
    channel, tanaka = place(env)
    generator.script = [["一回目"], ["二回目"]]
    await tanaka.send(channel, f"{me(env)} 言って")
    first = channel.last_message
    assert first is not None
    await tanaka.click(first, custom_id="kaiwa:regenerate")
    again = channel.last_message
    assert again is not None and again.id == first.id and again.content == "二回目"
    assert "一回目" not in said(await tanaka.slash(channel, "context"))


async def test_an_old_reply_cannot_be_written_again(env: simcord.Env) -> None:
    """Others build on it; who tries is told so privately."""
    channel, tanaka = place(env)
    await tanaka.send(channel, f"{me(env)} 一")
    old = channel.last_message
    await tanaka.send(channel, f"{me(env)} 二")
    assert old is not None
    result = await tanaka.click(old, custom_id="kaiwa:regenerate")
    assert "newest" in said(result)


async def test_regenerate_as_a_command_leaves_only_the_reply(
    env: simcord.Env, generator: FakeGenerator
) -> None:
    """And says so where there is nothing to write again."""
    channel, tanaka = place(env)
    assert "no reply" in said(await tanaka.slash(channel, "regenerate"))
    generator.script = [["一回目"], ["二回目"]]
    await tanaka.send(channel, f"{me(env)} 言って")
    assert said(await tanaka.slash(channel, "regenerate")) == ""
    assert [m.content for m in channel.history()][-1] == "二回目"


@pytest.mark.parametrize(("button", "value"), [("kaiwa:good", 1), ("kaiwa:bad", -1)])
async def test_a_rating_is_stored(
    env: simcord.Env, tmp_path: Path, button: str, value: int
) -> None:
    """And thanked for, in private."""
    channel, tanaka = place(env)
    await tanaka.send(channel, f"{me(env)} a")
    assert channel.last_message is not None
    result = await tanaka.click(channel.last_message, custom_id=button)
    assert "noted" in said(result)
    with sqlite3.connect(tmp_path / "kaiwa.db") as connection:
        rows = connection.execute("SELECT user_id, value FROM ratings").fetchall()
    connection.close()
    assert rows == [(str(tanaka.id), value)]


async def test_buttons_work_after_a_restart(
    env: simcord.Env, new_client: NewClient, generator: FakeGenerator
) -> None:
    """They are persistent views: the new process knows them by their ids."""
    channel, tanaka = place(env)
    generator.script = [["一回目"], ["二回目"]]
    await tanaka.send(channel, f"{me(env)} 言って")
    await env.restart_bot(new_client())
    reply = channel.last_message
    assert reply is not None
    await tanaka.click(reply, custom_id="kaiwa:regenerate")
    assert channel.last_message is not None and channel.last_message.content == "二回目"


async def test_ask_about_this_quotes_the_message(
    env: simcord.Env, generator: FakeGenerator
) -> None:
    """A form asks what to ask; the message stands above the question in the prompt."""
    channel, tanaka = place(env)
    suzuki = env.guild.add_member(env.create_user("suzuki"))
    about = await suzuki.send(channel, "猫の手も借りたい")
    form = await tanaka.context_menu(channel, "Ask about this", about)
    shown = await tanaka.submit_modal(form, {_input_id(form): "意味は？"})
    assert "意味は？" in said(shown)
    assert "> suzuki: 猫の手も借りたい" in generator.requests[-1].prompt.text


def _input_id(form: simcord.InteractionResult) -> str:
    """The id of a form's only field."""
    assert form.modal is not None
    found: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if node.get("type") == 4:
                found.append(str(node["custom_id"]))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(form.modal)
    return found[0]


async def test_a_channel_that_is_switched_off_says_so_to_ask(env: simcord.Env) -> None:
    """Instead of thinking for ever."""
    channel, tanaka = place(env)
    await administrator(env).slash(channel, "mode", mode="off")
    assert "switched off" in said(await tanaka.slash(channel, "ask", question="a"))


async def test_a_person_that_is_blocked_gets_no_answer(new_client: NewClient) -> None:
    """In a channel silence, to a command a private word."""
    async with simcord.run(new_client()) as env:
        channel, tanaka = place(env)
        second = new_client(blocked_users=[str(tanaka.id)])
        await env.restart_bot(second)
        await second.tree.sync()
        await tanaka.send(channel, f"{me(env)} a")
        assert len(channel.history()) == 1
        refused = await tanaka.slash(channel, "ask", question="a")
        assert "did not allow" in said(refused)


async def test_who_asks_too_fast_is_told_in_private(new_client: NewClient) -> None:
    """By a direct message: the channel does not need to know."""
    async with simcord.run(new_client(per_user=1)) as env:
        channel, tanaka = place(env)
        await tanaka.send(channel, f"{me(env)} 一")
        await tanaka.send(channel, f"{me(env)} 二")
        assert [m.content for m in channel.history()].count("二") == 0
        assert "1 messages a minute" in tanaka_dm(env, tanaka)


def tanaka_dm(env: simcord.Env, member: simcord.MemberActor) -> str:
    """What the bot wrote to a person directly."""
    last = member.user.dm_channel.last_message
    return last.content if last else ""


async def test_direct_messages_of_strangers_are_declined_if_so_set(new_client: NewClient) -> None:
    """Once, politely; nothing is stored."""
    async with simcord.run(new_client(direct_messages="allowed")) as env:
        user = env.create_user("stranger")
        await user.send_dm("こんにちは")
        last = user.dm_channel.last_message
        assert last is not None and "DM" in last.content


async def test_a_direct_message_needs_no_mention(env: simcord.Env) -> None:
    """And is a conversation of its own."""
    user = env.create_user("tanaka")
    await user.send_dm("こんにちは")
    last = user.dm_channel.last_message
    assert last is not None and last.content == "こんにちは"


async def test_a_missing_permission_is_named_in_private(env: simcord.Env) -> None:
    """The bot says what it lacks, instead of failing silently."""
    guild = env.create_guild()
    channel = guild.create_text_channel("quiet")
    tanaka = guild.add_member(env.create_user("tanaka"))
    assert guild.me is not None
    locked = guild.create_text_channel(
        "locked",
        overwrites={guild.me: discord.PermissionOverwrite(send_messages=False)},
    )
    await tanaka.send(locked, f"{me(env)} a")
    assert "Send Messages" in tanaka_dm(env, tanaka)
    assert channel.last_message is None
