"""Messages that are written bit by bit: chat.startStream, chat.appendStream, chat.stopStream.

The errors are those of docs.slack.dev. Not documented, but told by those who measured it: a stream
lives for about 306 s, whatever is appended; begun with markdown_text, it takes no chunks.

A stream makes its thread an agent's session: "processing" while it is written, then "active" or
what stopStream says.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.fakes.slack_api import blocks as block_kit
from tests.fakes.slack_api.api import Api, ApiError, Call
from tests.fakes.slack_api.assistants import STATUSES, Assistants
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.chat import MARKDOWN_TEXT, Chat, writable
from tests.fakes.slack_api.messages import Message, Stream
from tests.fakes.slack_api.objects import Json
from tests.fakes.slack_api.world import World

TASK_TEXT = 256  # characters


@dataclass(slots=True)
class Streams:
    """The methods. Adds itself to the API.

    lifetime: seconds after which Slack ends a stream by itself
    unavailable: what startStream is answered with in a workspace that has no streams
    """

    world: World
    api: Api
    chat: Chat
    assistants: Assistants
    lifetime: float = 300.0
    unavailable: str = "feature_not_enabled"

    def __post_init__(self) -> None:
        self.api.add("chat.startStream", self._start)
        self.api.add("chat.appendStream", self._append)
        self.api.add("chat.stopStream", self._stop)

    def _start(self, call: Call) -> Json:
        if not call.team.streams:
            raise ApiError(self.unavailable)
        channel = writable(self.world, call)
        given = call.arguments
        if not channel.is_dm:
            for name in ("recipient_team_id", "recipient_user_id"):
                if not given.get(name):
                    raise ApiError(f"missing_{name}")
        if given.get("recipient_team_id", call.team.id) not in self.world.teams:
            raise ApiError("team_not_found")
        if given.get("recipient_user_id", call.team.bot.id) not in self.world.users:
            raise ApiError("user_not_found")
        root = channel.get(given["thread_ts"])
        thread = root.thread_ts or root.ts if root else given["thread_ts"]
        stream = Stream(self.world.clock.now() + self.lifetime, given.get("recipient_user_id"))
        message = Message(
            self.world.clock.ts(), channel.id, call.team.bot, thread_ts=thread, stream=stream
        )
        message.username = given.get("username")
        self._write(message, stream, given)
        self.world.post(channel, message)
        self.assistants.thread(channel, thread).sessions.append("processing")
        return {"channel": channel.id, "ts": message.ts}

    def _streaming(self, call: Call) -> tuple[Channel, Message, Stream]:
        channel = writable(self.world, call)
        message = self.chat.own(call, channel, "message_not_owned_by_app")
        stream = message.stream
        if stream is not None and stream.ended is None:
            if self.world.clock.now() < stream.deadline:
                return channel, message, stream
            stream.ended = "time"
        if stream is not None and stream.ended == "user" and call.method == "chat.appendStream":
            raise ApiError("stopped_by_user")
        raise ApiError("message_not_in_streaming_state")

    def _append(self, call: Call) -> Json:
        channel, message, stream = self._streaming(call)
        if not call.arguments.get("markdown_text") and not call.arguments.get("chunks"):
            raise ApiError("no_text")
        previous = self.world.shown(channel, message)
        self._write(message, stream, call.arguments)
        stream.appends += 1
        self.world.changed(channel, message, previous)
        return {"channel": channel.id, "ts": message.ts}

    def _stop(self, call: Call) -> Json:
        channel, message, stream = self._streaming(call)
        given = call.arguments
        blocks, status = given.get("blocks", []), given.get("session_status", "active")
        if status not in STATUSES:
            raise ApiError("invalid_arguments", ["session_status"])
        if refused := block_kit.refusal(blocks):
            raise ApiError(*refused)
        previous = self.world.shown(channel, message)
        self._write(message, stream, given)
        if not (stream.text or stream.tasks or stream.plan or message.blocks or blocks):
            raise ApiError("no_text")
        stream.ended = "stop"
        self.assistants.thread(channel, message.thread_ts or "").sessions.append(status)
        # Of a form that Slack gives them: ids that are not theirs would be doubled.
        given_ids = [{"block_id": f"s{n}"} | block for n, block in enumerate(blocks)]
        message.blocks = message.blocks + given_ids
        message.metadata = given.get("metadata", message.metadata)
        self.chat.note_pings(message, {})
        self.world.changed(channel, message, previous)
        payload = channel.message_payload(message, self.world.files_url)
        return {"channel": channel.id, "ts": message.ts, "message": payload}

    def _write(self, message: Message, stream: Stream, given: Json) -> None:
        text, chunks = given.get("markdown_text"), given.get("chunks")
        if text and chunks:
            raise ApiError("invalid_arguments")  # a guess: documented is only that one is needed
        mode = "text" if text else "chunks" if chunks else None
        if mode and stream.mode not in (mode, None):
            raise ApiError("streaming_mode_mismatch")
        added, blocks = text or "", list[Json]()
        for chunk in chunks or ():
            if chunk["type"] == "markdown_text":
                added += chunk["text"]
                self._check_length(chunk["text"])
            elif chunk["type"] == "blocks":
                blocks += chunk["blocks"]
            elif len(chunk["title"]) > TASK_TEXT:
                raise ApiError("invalid_chunks")
        self._check_length(text or "")
        if refused := block_kit.refusal(message.blocks + blocks):
            raise ApiError(*refused)
        for chunk in chunks or ():
            if chunk["type"] == "task_update":
                stream.tasks[chunk["id"]] = chunk
            elif chunk["type"] == "plan_update":
                stream.plan = chunk["title"]
        stream.mode = mode or stream.mode
        stream.text += added
        message.blocks = message.blocks + blocks
        if added:
            self.world.note_pings(message, stream.text)

    def _check_length(self, text: str) -> None:
        if len(text) > MARKDOWN_TEXT:
            raise ApiError("msg_too_long")

    def end_by_user(self, channel: Channel, thread_ts: str) -> list[str]:
        """Someone stops what is being written in a thread; the streams that ends."""
        ended = []
        for message in channel.thread(thread_ts):
            if message.streaming and message.stream is not None:
                message.stream.ended = "user"
                ended.append(message.ts)
        return ended
