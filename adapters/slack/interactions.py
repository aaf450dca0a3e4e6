"""Buttons, the command /kaiwa, and "Ask about this": what a person asks by Slack's own means.

Each was acknowledged before it comes here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from slack_sdk.errors import SlackApiError

from adapters.sentences import KEEPS_NOTHING, NOT_HERE, NOT_WRITING, OFF, THANKS
from adapters.slack import ask_about, blocks
from adapters.slack.access import Access
from adapters.slack.delivery import Deliveries
from adapters.slack.errors import REFUSED, CannotWrite, code_of, translated
from adapters.slack.events import Events
from adapters.slack.incoming import PLATFORM, moment, place
from adapters.slack.markup import typed as typed_text
from adapters.slack.outlet import CLOCKS
from adapters.slack.reading import quoted
from adapters.slack.speech import Speech
from adapters.slack.transport.workspaces import Workspace
from adapters.streaming import MessageGone, TryAgain
from bot.chat import Chat
from bot.commands import BY_COMMAND, typed
from bot.errors import BotError, EngineClosed, GenerationFailed, OptedOut
from bot.messages import ConversationKey, IncomingMessage
from bot.policy import Mode

log = logging.getLogger(__name__)

Body = Mapping[str, Any]

QUESTION = "kaiwa_question"  # the metadata's event_type
POST_TRIES, POST_PAUSE = 3, 1.0  # to show a question; seconds between them

_ASK_BY_MENTION = BotError(
    "That is no command of mine; see /help. To ask me something, mention me in a message.",
    "そのようなコマンドはありません。/help をご覧ください。質問は、メッセージで私をメンション"
    "してください。",
)


class Interactions:
    """Answers to commands, the form of "Ask about this", and presses of buttons."""

    def __init__(self, chat: Chat, access: Access, deliveries: Deliveries, events: Events) -> None:
        self._chat = chat
        self._access = access
        self._deliveries = deliveries
        self._events = events

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
                found = typed(f"/{text}") if text.split()[0].lower() in BY_COMMAND else None
                if found is None:
                    raise _ASK_BY_MENTION
                who = str(body["user_id"])
                caller = await self._events.caller(workspace, key, who, direct=speech.direct)
                outlet = self._deliveries.at(workspace, key, "", who, speech=speech)
                await self._events.give(*found, caller, outlet)
            except BotError as error:
                await speech.say(error, private=True)

    async def press_stop(self, workspace: Workspace, body: Body) -> None:
        """Stop, below a reply that is being written."""
        key, speech = self._pressed(workspace, body)
        if await self._welcome(speech):
            message = str(body["message"]["ts"])
            if self._deliveries.is_written(key.channel, message) and await self._chat.stop(key):
                return
            await speech.say(NOT_WRITING, private=True)

    async def press_regenerate(self, workspace: Workspace, body: Body) -> None:
        """Regenerate, below a reply: it is written again in the messages in which it stands."""
        key, speech = self._pressed(workspace, body)
        async with self._deliveries.at_work():
            if not await self._welcome(speech):
                return
            ts, who = str(body["message"]["ts"]), str(body["user"]["id"])
            reply = await self._chat.store.reply_at(key, ts)
            outlet = self._deliveries.at(workspace, key, f"{ts}/again", who, speech=speech)
            events = self._chat.regenerate(key, reply or 0, by=who)
            await self._deliveries.show(key, events, outlet)

    async def rate(self, workspace: Workspace, body: Body) -> None:
        """👍 or 👎 below a reply."""
        key, speech = self._pressed(workspace, body)
        if not await self._welcome(speech):
            return
        who = str(body["user"]["id"])
        value = 1 if body["actions"][0].get("value") == blocks.GOOD else -1
        reply = await self._chat.store.reply_at(key, str(body["message"]["ts"]))
        if await self._chat.store.opted_out(PLATFORM, who):
            await speech.say(OptedOut(), private=True)
        elif reply is not None:
            await self._chat.store.rate(reply, who, value)
            await speech.say(THANKS, private=True)

    async def ask_about(self, workspace: Workspace, body: Body) -> None:
        """ "Ask about this": asks what to ask, and has the message quoted above it."""
        message = await self._events.without_opted_out(body["message"])
        channel, who = str(body["channel"]["id"]), str(body["user"]["id"])
        key, _ = place(workspace.team, channel, message, threads=True)
        speech = self._speech(workspace, key, who, body)
        speech.opens = not message.get("thread_ts")
        if not await self._welcome(speech):
            return
        if await self._chat.store.opted_out(PLATFORM, str(message.get("user"))):
            await speech.say(KEEPS_NOTHING, private=True)
            return
        view = ask_about.form(channel, key.thread, message, workspace.me)
        with translated():
            await workspace.client.views_open(trigger_id=str(body["trigger_id"]), view=view)

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
            name = (await workspace.directory.person(who)).name
            quotation = quoted(about, workspace.me, await workspace.directory.names(about))
            try:
                shown = f"{name}: {question}"
                posted = await _posted(workspace, channel, thread, shown, str(body["view"]["id"]))
            except CannotWrite as error:
                await speech.say(error, private=True)
                return
            except TryAgain:
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
            outlet = self._deliveries.at(workspace, key, incoming.id, who)
            await self._deliveries.show(key, self._chat.respond(incoming), outlet)

    async def failed(self, workspace: Workspace, body: Body) -> None:
        """Something that no user can mend: an apology to who asked. The log has the rest."""
        url = body.get("response_url")
        if url:
            speech = Speech(workspace, "", "", None, response_url=str(url))
            await speech.say(GenerationFailed(), private=True)

    def _pressed(self, workspace: Workspace, body: Body) -> tuple[ConversationKey, Speech]:
        """The conversation of the message whose button was pressed, and where to answer."""
        message, channel = body["message"], str(body["channel"]["id"])
        key, _ = place(workspace.team, channel, message, threads=False)
        return key, self._speech(workspace, key, str(body["user"]["id"]), body)

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
        if self._access.allows(team, speech.channel, who, direct=speech.direct):
            return True
        await speech.say(NOT_HERE, private=True)
        return False


async def _posted(workspace: Workspace, channel: str, thread: str, text: str, form: str) -> str:
    """Show a question where it was asked; the ts of its message.

    `form` names it: where Slack does not say whether it was posted, it is looked for. Raises
    CannotWrite, and TryAgain where Slack cannot be reached.
    """
    metadata: dict[str, Any] = {"event_type": QUESTION, "event_payload": {"form": form}}
    since = f"{time.time() - CLOCKS:.6f}"  # a long thread's oldest messages are not of interest
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
