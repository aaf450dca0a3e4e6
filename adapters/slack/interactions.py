"""Buttons, the command /kaiwa, and "Ask about this": what a person asks by Slack's own means.

Each was acknowledged before it comes here. Longer than most files: every way to ask is a few lines
over what they share, who asks and where.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from slack_sdk.errors import SlackApiError

from adapters.controls import Controls
from adapters.delivery import Deliveries
from adapters.outlet import MessageGone, TryAgain
from adapters.sentences import KEEPS_NOTHING, NOT_HERE, OFF
from adapters.slack import ask_about, asking, blocks
from adapters.slack.errors import REFUSED, CannotWrite, code_of, translated
from adapters.slack.hearing import Hearing
from adapters.slack.incoming import PLATFORM, moment, place
from adapters.slack.markup import typed as typed_text
from adapters.slack.outlet import CLOCKS, SlackOutlet
from adapters.slack.speech import Speech
from adapters.slack.transport.workspaces import Workspace
from bot.chat import Chat
from bot.command import MessageCommand
from bot.commands import MESSAGE_COMMANDS, READINGS, command_named, typed
from bot.errors import BotError, EngineClosed, GenerationFailed, OptedOut
from bot.messages import ConversationKey, IncomingMessage
from bot.notices import Notice
from bot.policy import Mode
from bot.ports import Caller

log = logging.getLogger(__name__)

Body = Mapping[str, Any]

MESSAGE_SHORTCUTS = {f"kaiwa_{entry.command.name}": entry for entry in MESSAGE_COMMANDS}
QUESTION = "kaiwa_question"  # the metadata's event_type
POST_TRIES, POST_PAUSE = 3, 1.0  # to show a question; seconds between them

_ASK_BY_MENTION = BotError(
    "That is no command of mine; see /help. To ask me something, mention me in a message.",
    "そのようなコマンドはありません。/help をご覧ください。質問は、メッセージで私をメンション"
    "してください。",
)


class Interactions:
    """Answers to commands, the form of "Ask about this", and presses of buttons."""

    def __init__(
        self, chat: Chat, hearing: Hearing, deliveries: Deliveries, controls: Controls
    ) -> None:
        self._chat = chat
        self._hearing = hearing
        self._deliveries = deliveries
        self._controls = controls

    async def command(self, workspace: Workspace, body: Body) -> None:
        """`/kaiwa …`, which is of the channel: Slack has no commands in threads."""
        key = ConversationKey(PLATFORM, workspace.team, str(body["channel_id"]))
        speech = self._speech(workspace, key, str(body["user_id"]), body)
        async with self._deliveries.at_work():
            if not await self._welcome(speech):
                return
            try:
                given = typed_text(str(body.get("text") or ""))
                text = given.strip().removeprefix("/").lstrip() or "help"
                found = typed(f"/{text}") if command_named(text.split()[0]) else None
                if found is None:
                    raise _ASK_BY_MENTION
                caller = await self._caller(speech, key)
                outlet = self._outlet(speech, key, "")
                there = partial(self._outlet, speech, question="")
                await self._controls.give(*found, caller, outlet, there)
            except BotError as error:
                await speech.say(error, private=True)

    async def press_stop(self, workspace: Workspace, body: Body) -> None:
        """Stop, below a reply that is being written."""
        key, speech = self._pressed(workspace, body)
        if await self._welcome(speech):
            notice = await self._controls.stop(key, str(body["message"]["ts"]))
            if notice is not None:
                await speech.say(notice, private=True)

    async def press_regenerate(self, workspace: Workspace, body: Body) -> None:
        """Regenerate, below a reply: it is written again in the messages in which it stands."""
        key, speech = self._pressed(workspace, body)
        async with self._deliveries.at_work():
            if not await self._welcome(speech):
                return
            ts = str(body["message"]["ts"])
            outlet = self._outlet(speech, key, f"{ts}/again")
            await self._controls.regenerate(Caller(key, str(speech.person)), outlet, message=ts)

    async def press_readings(self, workspace: Workspace, body: Body) -> None:
        """あ, below a reply: how it is read, for who presses it."""
        key, speech = self._pressed(workspace, body)
        text = await self._controls.reply_text(key, str(body["message"]["ts"]))
        await self._about(workspace, speech, key, READINGS, body["message"], text)

    async def about_message(self, workspace: Workspace, body: Body) -> None:
        """A shortcut about what a message says."""
        message, channel = body["message"], str(body["channel"]["id"])
        key, _ = place(workspace.team, channel, message, threads=False)
        speech = self._speech(workspace, key, str(body["user"]["id"]), body)
        entry = MESSAGE_SHORTCUTS[str(body["callback_id"])]
        await self._about(workspace, speech, key, entry, message, None)

    async def _about(
        self,
        workspace: Workspace,
        speech: Speech,
        key: ConversationKey,
        entry: MessageCommand,
        message: Body,
        text: str | None,
    ) -> None:
        if text is None:
            text = (await self._hearing.heard(workspace, message)).text
        await self._give(speech, key, f"{entry.command.name} {entry.option} {text}")

    async def press_offer(self, workspace: Workspace, body: Body) -> None:
        """A button of a notice, which is a command."""
        key, speech = self._pressed(workspace, body)
        action = body["actions"][0]
        at = moment(str(action["action_ts"])) if action.get("action_ts") else None
        await self._give(speech, key, str(action.get("value")), given_at=at)

    async def press_asking(self, workspace: Workspace, body: Body) -> None:
        """A button of a notice, which is a command that lacks something."""
        key, speech = self._pressed(workspace, body)
        if await self._welcome(speech):
            command = str(body["actions"][0].get("value"))
            view = asking.form(key.channel, key.thread, command)
            with translated():
                await workspace.hasty.views_open(trigger_id=str(body["trigger_id"]), view=view)

    async def asked(self, workspace: Workspace, body: Body) -> None:
        """What it lacked was given."""
        channel, thread, command = asking.read(body["view"])
        key = ConversationKey(PLATFORM, workspace.team, channel, thread)
        speech = self._speech(workspace, key, str(body["user"]["id"]), {})
        await self._give(speech, key, command)

    async def _give(
        self,
        speech: Speech,
        key: ConversationKey,
        command: str,
        *,
        given_at: datetime | None = None,
    ) -> None:
        """Give a command, whose answer is for the person alone."""
        async with self._deliveries.at_work():
            if not await self._welcome(speech):
                return

            async def tell(notice: Notice, private: bool) -> None:
                await speech.say(notice, private=True)

            try:
                found = typed(f"/{command}")
                assert found is not None
                caller = replace(await self._caller(speech, key), given_at=given_at)
                await self._controls.run(*found, caller, tell)
            except BotError as error:
                await speech.say(error, private=True)

    async def rate(self, workspace: Workspace, body: Body) -> None:
        """👍 or 👎 below a reply."""
        key, speech = self._pressed(workspace, body)
        if not await self._welcome(speech):
            return
        value = 1 if body["actions"][0].get("value") == blocks.GOOD else -1
        caller = Caller(key, str(speech.person))
        said = await self._controls.rate(caller, str(body["message"]["ts"]), value)
        if said is not None:
            await speech.say(said, private=True)

    async def ask_about(self, workspace: Workspace, body: Body) -> None:
        """ "Ask about this": asks what to ask, before anything else is asked or read: Slack waits
        three seconds."""
        message, channel = body["message"], str(body["channel"]["id"])
        key, _ = place(workspace.team, channel, message, threads=True)
        speech = self._speech(workspace, key, str(body["user"]["id"]), body)
        speech.opens = not message.get("thread_ts")
        if await self._welcome(speech):
            view = ask_about.form(channel, key.thread, message, workspace.me)
            with translated():
                await workspace.hasty.views_open(trigger_id=str(body["trigger_id"]), view=view)

    async def asked_about(self, workspace: Workspace, body: Body) -> None:
        """The form was sent: the question goes into the message's thread, and so the answer."""
        channel, thread, about, question = ask_about.read(body["view"])
        who = str(body["user"]["id"])
        key = ConversationKey(PLATFORM, workspace.team, channel, thread)
        speech = replace(self._speech(workspace, key, who, {}), opens=True)
        async with self._deliveries.at_work():
            if not question or not await self._welcome(speech):
                return
            if await self._chat.mode_of(key) is Mode.OFF and not speech.direct:
                await speech.say(OFF, private=True)
                return
            if await self._chat.store.opted_out(PLATFORM, who):
                await speech.say(OptedOut(), private=True)
                return
            quotation = await self._hearing.quotation(workspace, about)
            if not quotation:
                await speech.say(KEEPS_NOTHING, private=True)
                return
            name = (await workspace.directory.person(who)).name
            try:
                shown = f"{name}: {question}"
                posted = await _posted(workspace, channel, thread, shown, str(body["view"]["id"]))
            except BotError as error:
                await speech.say(error, private=True)
                return
            except (TryAgain, *REFUSED):
                await speech.say(GenerationFailed(), private=True)
                return
            incoming = IncomingMessage(
                conversation=key,
                id=posted,
                author_id=who,
                author_name=name,
                text=f"{quotation}\n{question}",
                sent_at=moment(posted),
                thread_root=thread,
                private=speech.direct,
            )
            outlet = self._hearing.places.at(workspace, key, incoming.id, who)
            await self._deliveries.show(key, self._chat.respond(incoming), outlet)

    async def failed(self, workspace: Workspace, body: Body) -> None:
        """Something that no user can mend: an apology to who asked. The log has the rest."""
        url = body.get("response_url")
        if url:
            speech = Speech(workspace, "", "", None, response_url=str(url))
            await speech.say(GenerationFailed(), private=True)

    def _pressed(self, workspace: Workspace, body: Body) -> tuple[ConversationKey, Speech]:
        """The conversation of the message whose button was pressed, and where to answer."""
        message = body.get("message")
        if message is None:  # it is shown to one person alone
            where = body["container"]
            message = {"ts": where["message_ts"], "thread_ts": where.get("thread_ts")}
        channel = str(body["channel"]["id"])
        key, _ = place(workspace.team, channel, message, threads=False)
        return key, self._speech(workspace, key, str(body["user"]["id"]), body)

    async def _caller(self, speech: Speech, key: ConversationKey) -> Caller:
        who = str(speech.person)
        return await self._hearing.caller(speech.workspace, key, who, direct=speech.direct)

    def _outlet(self, speech: Speech, key: ConversationKey, question: str) -> SlackOutlet:
        place = self._hearing.places.at
        return place(speech.workspace, key, question, speech.person, speech=speech)

    def _speech(self, workspace: Workspace, key: ConversationKey, who: str, body: Body) -> Speech:
        direct = key.channel.startswith("D")
        speech = Speech(workspace, key.channel, key.thread, who, direct)
        # In a thread an answer to a response_url would stand in the channel.
        url = None if key.thread else body.get("response_url")
        return replace(speech, response_url=url)

    async def _welcome(self, speech: Speech) -> bool:
        """Whether to do what this person asks here; tells those with whom the bot does not talk."""
        if self._deliveries.closing:
            await speech.say(EngineClosed(), private=True)
            return False
        team, who = speech.workspace.team, speech.person or ""
        if self._hearing.access.allows(team, speech.channel, who, direct=speech.direct):
            return True
        await speech.say(NOT_HERE, private=True)
        return False


async def _posted(workspace: Workspace, channel: str, thread: str, text: str, form: str) -> str:
    """Show a question where it was asked; the ts of its message.

    `form` names it: where Slack does not say whether it was posted, it is looked for. Raises
    CannotWrite, and TryAgain where Slack cannot be reached.
    """
    metadata: dict[str, Any] = {"event_type": QUESTION, "event_payload": {"form": form}}
    # A long thread's oldest messages are not of interest.
    since = f"{workspace.time.now().timestamp() - CLOCKS:.6f}"
    for further in reversed(range(POST_TRIES)):
        try:
            with translated():
                posted = await workspace.client.chat_postMessage(
                    channel=channel,
                    thread_ts=thread,
                    text=blocks.escape(text),
                    mrkdwn=False,
                    metadata=metadata,
                )
            return str(posted["ts"])
        except MessageGone as gone:  # a channel that the bot does not see, for one
            cause = gone.__cause__
            raise CannotWrite(code_of(cause) if isinstance(cause, SlackApiError) else "") from gone
        except TryAgain:
            if not further:
                raise
            await asyncio.sleep(POST_PAUSE)
            with suppress(TryAgain, *REFUSED), translated():
                found = await workspace.client.conversations_replies(
                    channel=channel, ts=thread, oldest=since, include_all_metadata=True, limit=200
                )
                for message in found.get("messages") or ():
                    if message.get("metadata") == metadata:
                        return str(message["ts"])
    raise AssertionError("the last try returns or raises")
