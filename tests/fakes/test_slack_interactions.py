"""What people can do on the fake Slack with buttons, modals, commands, the home, suggestions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_sdk.errors import SlackApiError

from tests.fakes.slack_api.listening import Listener, by_socket
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.people import Person
from tests.fakes.slack_server import SlackServer

Json = dict[str, Any]


def plain(text: str) -> Json:
    """A text object."""
    return {"type": "plain_text", "text": text}


def button(action_id: str, value: str) -> Json:
    """A button."""
    return {"type": "button", "action_id": action_id, "value": value, "text": plain(action_id)}


async def with_buttons(bot: Listener, tanaka: Person) -> Message:
    """A message of the bot in someone's direct messages, with buttons and feedback."""
    feedback = {
        "type": "feedback_buttons",
        "action_id": "feedback",
        "positive_button": {"text": plain("良い"), "value": "good"},
        "negative_button": {"text": plain("悪い"), "value": "bad"},
    }
    blocks: list[Json] = [
        {"type": "markdown", "text": "猫"},
        {"type": "actions", "elements": [button("stop", "7"), button("again", "8")]},
        {"type": "context_actions", "elements": [feedback]},
    ]
    await bot.client.chat_postMessage(channel=tanaka.dm.id, text="猫", blocks=blocks)
    return tanaka.dm.messages()[-1]


async def test_a_button_tells_of_its_message_and_can_be_answered() -> None:
    """Through response_url the message is replaced, deleted, or answered for one alone."""
    async with SlackServer() as server, by_socket(server) as bot:

        async def stop(ack: AsyncAck, respond: AsyncRespond, action: Json) -> None:
            await ack()
            await respond(f"止めた {action['value']}")
            await respond("止めた", replace_original=True)

        async def delete(ack: AsyncAck, respond: AsyncRespond) -> None:
            await ack()
            await respond(delete_original=True)

        bot.app.action("stop")(stop)
        bot.app.action("feedback")(delete)
        tanaka = server.person("田中")
        message = await with_buttons(bot, tanaka)
        pressed = tanaka.presses(message, "stop")
        await server.until(lambda: message.shown == "止めた")
        await server.settled()  # Bolt looks only now and then whether a listener has acknowledged
        assert pressed.acked and pressed.payload["message"]["ts"] == message.ts
        assert [each.shown for each in tanaka.dm.ephemerals] == ["止めた 7"]
        again = await with_buttons(bot, tanaka)
        judged = tanaka.presses(again, "feedback", "negative")
        assert judged.payload["actions"][0]["value"] == "bad"
        await server.until(lambda: again.deleted)
        assert not server.complaints


async def test_a_response_url_is_good_for_five_answers() -> None:
    """What comes after is refused."""
    async with SlackServer() as server, by_socket(server) as bot:
        done: asyncio.Queue[list[int]] = asyncio.Queue()

        async def answer(ack: AsyncAck, respond: AsyncRespond) -> None:
            await ack()
            done.put_nowait([(await respond(str(n))).status_code for n in range(6)])

        bot.app.command("/kaiwa")(answer)
        tanaka = server.person("田中")
        tanaka.commands(tanaka.dm, "/kaiwa")
        assert await done.get() == [200] * 5 + [404]
        assert len(server.answers) == 6


async def test_a_modal_opens_by_its_trigger_is_submitted_and_closes() -> None:
    """An error keeps it open; a trigger is good once, and for 3 s."""
    async with SlackServer() as server, by_socket(server) as bot:
        answers: list[Json] = [{"response_action": "errors", "errors": {"name": "短い"}}, {}]
        field = {"type": "plain_text_input", "action_id": "value"}
        block = {"type": "input", "block_id": "name", "label": plain("名前"), "element": field}
        view: Json = {"type": "modal", "callback_id": "settings", "title": plain("設定")}
        view |= {"submit": plain("保存"), "blocks": [block]}

        async def settings(ack: AsyncAck, body: Json) -> None:
            await ack()
            await bot.client.views_open(trigger_id=body["trigger_id"], view=view)

        async def submitted(ack: AsyncAck) -> None:
            await ack(**answers.pop(0))

        bot.app.shortcut("settings")(settings)
        bot.app.view("settings")(submitted)
        tanaka = server.person("田中")
        tanaka.uses_shortcut("settings")
        await server.until(lambda: server.modals)
        (modal,) = server.modals
        values = {"name": {"value": {"type": "plain_text_input", "value": "花"}}}
        refused = tanaka.submits(modal, values)
        await server.settled()
        assert refused.answer["errors"] == {"name": "短い"} and server.modals == [modal]
        tanaka.submits(modal, values)
        await server.settled()
        assert not server.modals
        sent = server.deliveries.all[-1].payload
        assert sent["view"]["state"]["values"] == values
        used = server.deliveries.all[0].payload["trigger_id"]
        with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
            await bot.client.views_open(trigger_id=used, view=view)
        late = server.views.trigger(tanaka)
        server.advance(3.1)
        with pytest.raises(SlackApiError, match="expired_trigger_id"):
            await bot.client.views_open(trigger_id=late, view=view)


async def test_a_modal_with_too_long_a_title_is_refused() -> None:
    """24 characters are possible."""
    async with SlackServer() as server, by_socket(server) as bot:
        view = {"type": "modal", "title": plain("あ" * 25), "blocks": []}
        trigger = server.views.trigger(server.person("田中"))
        with pytest.raises(SlackApiError, match="invalid_arguments"):
            await bot.client.views_open(trigger_id=trigger, view=view)


async def test_a_slash_command_says_who_where_and_what() -> None:
    """An answer in the acknowledgement is for the one who typed, unless it says otherwise."""
    async with SlackServer() as server, by_socket(server) as bot:

        async def answer(ack: AsyncAck, command: Json) -> None:
            await ack(f"{command['user_name']}: {command['text']}", response_type="in_channel")

        bot.app.command("/kaiwa")(answer)
        tanaka = server.person("田中")
        general = server.channel("general", tanaka)
        typed = tanaka.commands(general, "/kaiwa", "猫 について")
        await server.settled()
        assert typed.acked and general.shown() == ["田中: 猫 について"]
        assert general.messages()[0].user is server.bot


async def test_a_message_shortcut_brings_its_message_along() -> None:
    """Also where someone else wrote it."""
    async with SlackServer() as server, by_socket(server) as bot:

        async def translate(ack: AsyncAck, shortcut: Json, respond: AsyncRespond) -> None:
            await ack()
            await respond(shortcut["message"]["text"].upper())

        bot.app.shortcut("translate")(translate)
        tanaka, suzuki = server.person("田中"), server.person("鈴木")
        general = server.channel("general", tanaka, suzuki)
        tanaka.uses_shortcut("translate", suzuki.says(general, "cat"))
        await server.until(lambda: general.ephemerals)
        assert (general.ephemerals[0].shown, general.ephemerals[0].only_for) == ("CAT", tanaka)


async def test_what_is_acknowledged_too_late_is_seen_by_its_user_and_not_sent_again() -> None:
    """Slack shows an error after 3 s, and does not repeat a command."""
    async with SlackServer() as server, by_socket(server) as bot:
        server.deliveries.ack_within, bot.slow = 0.05, 0.1

        async def answer(ack: AsyncAck) -> None:
            await ack()

        bot.app.command("/kaiwa")(answer)
        tanaka = server.person("田中")
        typed = tanaka.commands(tanaka.dm, "/kaiwa")
        await server.until(lambda: server.late_acks)
        assert not typed.acked and len(server.lost) == 1 and bot.heard.qsize() == 1


async def test_the_home_is_published_and_used() -> None:
    """Each person has their own."""
    async with SlackServer() as server, by_socket(server, "app_home_opened") as bot:

        async def pressed(ack: AsyncAck) -> None:
            await ack()

        bot.app.action("forget")(pressed)
        tanaka = server.person("田中")
        blocks = [{"type": "actions", "elements": [button("forget", "all")]}]
        await bot.client.views_publish(user_id=tanaka.id, view={"type": "home", "blocks": blocks})
        home = server.home(tanaka)
        assert home is not None and server.home(server.person("鈴木")) is None
        outcome = tanaka.presses_in(home, "forget")
        await server.settled()
        assert outcome.acked and outcome.payload["container"]["type"] == "view"
        tanaka.opens_home()
        await bot.bodies(1)
        assert (await bot.events(1))[0]["view"]["id"] == home.id
        assert not server.complaints


async def test_a_thread_has_a_status_a_title_suggestions_and_a_session() -> None:
    """A post in the thread clears the status, as on Slack."""
    async with SlackServer() as server, by_socket(server, "message") as bot:
        tanaka = server.person("田中")
        ts = tanaka.says(tanaka.dm, "やあ").ts
        where = {"channel_id": tanaka.dm.id, "thread_ts": ts}
        await bot.client.assistant_threads_setStatus(
            **where, status="考えています…", loading_messages=["猫を数えています…"]
        )
        thread = server.thread(tanaka.dm, ts)
        assert thread.status == "考えています…" and thread.loading
        await bot.client.assistant_threads_setTitle(**where, title="猫")
        prompts = [{"title": "猫", "message": "猫とは?"}]
        await bot.client.assistant_threads_setSuggestedPrompts(**where, prompts=prompts)
        answer = await bot.client.agents_sessions_setStatus(**where, status="processing")
        assert answer["agent_status"] == thread.session == "processing"
        await bot.client.chat_postMessage(channel=tanaka.dm.id, thread_ts=ts, text="はい")
        assert thread.status == "" and thread.statuses == ["考えています…", ""]
        assert thread.title == "猫" and thread.prompts == prompts
        assert not server.complaints


async def test_an_ephemeral_message_is_for_one_member_and_in_no_history() -> None:
    """Who is not in the channel cannot get one."""
    async with SlackServer() as server, by_socket(server) as bot:
        tanaka, suzuki = server.person("田中"), server.person("鈴木")
        general = server.channel("general", tanaka)
        where: Json = {"channel": general.id, "text": "内緒"}
        await bot.client.chat_postEphemeral(**where, user=tanaka.id)
        assert general.ephemerals[0].only_for is tanaka and not general.messages()
        with pytest.raises(SlackApiError, match="user_not_in_channel"):
            await bot.client.chat_postEphemeral(**where, user=suzuki.id)
