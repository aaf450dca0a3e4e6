"""Posting, changing and deleting messages: the methods chat.*, without streams (streams.py)."""

from __future__ import annotations

from dataclasses import dataclass

from tests.fakes.slack_api import blocks as block_kit
from tests.fakes.slack_api.api import Api, ApiError, Call
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.messages import Message, block_texts
from tests.fakes.slack_api.objects import Json, User
from tests.fakes.slack_api.world import World

TRUNCATED_AT, UPDATE_TEXT, MARKDOWN_TEXT = 40_000, 4_000, 12_000


def channel_of(world: World, call: Call, name: str = "channel") -> Channel:
    """The channel that a request names, if the app can see it."""
    channel = world.channels.get(call.arguments.get(name, ""))
    if channel is None or channel.team is not call.team:
        raise ApiError("channel_not_found")
    if not channel.has_bot and channel.type != "channel":
        raise ApiError("channel_not_found")  # what is private and the app is not in
    return channel


def writable(world: World, call: Call, name: str = "channel") -> Channel:
    """The channel that a request names, if the app may write there.

    A person's id stands for the direct messages with them.
    """
    user = world.users.get(call.arguments.get(name, ""))
    channel = world.dm(user) if user and not user.is_bot else channel_of(world, call, name)
    if channel.archived:
        raise ApiError("is_archived")
    if not channel.has_bot:
        raise ApiError("not_in_channel")
    return channel


def check_content(arguments: Json) -> tuple[str, list[Json]]:
    """The text and the blocks of a message, if Slack takes them."""
    text, blocks = arguments.get("text", ""), arguments.get("blocks", [])
    markdown = arguments.get("markdown_text")
    if markdown is not None:
        if text or blocks:
            raise ApiError("markdown_text_conflict")
        if len(markdown) > MARKDOWN_TEXT:
            raise ApiError("msg_too_long")
        blocks = [{"type": "markdown", "text": markdown}] if markdown else []
    if not (text.strip() or blocks or arguments.get("attachments")):
        raise ApiError("no_text")
    if refused := block_kit.refusal(blocks):
        raise ApiError(*refused)
    metadata = arguments.get("metadata")
    if metadata and "event_type" in metadata and "event_payload" not in metadata:
        raise ApiError("invalid_metadata_format")
    return text, [{"block_id": f"b{n}"} | block for n, block in enumerate(blocks)]


@dataclass(slots=True)
class Chat:
    """The methods. Adds itself to the API."""

    world: World
    api: Api

    def __post_init__(self) -> None:
        self.api.add("chat.postMessage", self._post)
        self.api.add("chat.update", self._update)
        self.api.add("chat.delete", self._delete)
        self.api.add("chat.postEphemeral", self._post_ephemeral)
        self.api.add("chat.getPermalink", self._permalink)

    def create(self, channel: Channel, arguments: Json) -> Message:
        """A message of the app from checked arguments, not in its channel yet."""
        text, blocks = check_content(arguments)
        message = Message(
            self.world.clock.ts(),
            channel.id,
            channel.team.bot,
            text[:TRUNCATED_AT],
            blocks,
            self._thread(channel, arguments.get("thread_ts")),
            arguments.get("attachments", []),
            arguments.get("metadata"),
            broadcast=bool(arguments.get("reply_broadcast")),
            username=arguments.get("username"),
        )
        self.note_pings(message, arguments)
        return message

    def note_pings(self, message: Message, arguments: Json) -> None:
        """Remember whom the message notifies; names count where the request has them linked."""
        text = "\n".join([message.text, *block_texts(message.blocks)])
        if arguments.get("parse") == "full" or arguments.get("link_names"):
            text = text.replace("@channel", "<!channel>").replace("@here", "<!here>")
        self.world.note_pings(message, text)

    def _thread(self, channel: Channel, ts: str | None) -> str | None:
        """The thread that a reply goes to: its first message, even if another was named."""
        if ts is None:
            return None
        message = channel.get(ts)
        # A ts that nobody has makes a thread without its first message, as on Slack.
        return message.thread_ts or message.ts if message else ts

    def _post(self, call: Call) -> Json:
        channel = writable(self.world, call)
        message = self.create(channel, call.arguments)
        self.world.post(channel, message)
        return self._answer(channel, message)

    def _answer(self, channel: Channel, message: Message) -> Json:
        payload = channel.message_payload(message, self.world.files_url)
        return {"channel": channel.id, "ts": message.ts, "message": payload}

    def own(self, call: Call, channel: Channel, refusal: str) -> Message:
        """The app's own message that a request names."""
        message = channel.get(call.arguments["ts"])
        if message is None or message.deleted:
            raise ApiError("message_not_found")
        if message.user is not call.team.bot:
            raise ApiError(refusal)
        return message

    def _update(self, call: Call) -> Json:
        channel = writable(self.world, call)
        message = self.own(call, channel, "cant_update_message")
        if message.streaming:
            raise ApiError("streaming_state_conflict")
        if len(call.arguments.get("text", "")) > UPDATE_TEXT:
            raise ApiError("msg_too_long")
        text, blocks = check_content(call.arguments)
        self.change(channel, message, text, blocks, call.arguments)
        return self._answer(channel, message) | {"text": message.text}

    def change(
        self, channel: Channel, message: Message, text: str, blocks: list[Json], arguments: Json
    ) -> None:
        """Put other text and blocks in the place of a message's."""
        previous = self.world.shown(channel, message)
        message.earlier.append(message.shown)
        message.text, message.blocks, message.stream = text, blocks, None
        message.attachments = arguments.get("attachments", [])
        message.metadata = arguments.get("metadata", message.metadata)
        if not blocks:  # Slack marks only changes of text alone as edited
            message.edited = self.world.clock.ts()
        self.note_pings(message, arguments)
        self.world.changed(channel, message, previous)

    def _delete(self, call: Call) -> Json:
        channel = channel_of(self.world, call)
        message = self.own(call, channel, "cant_delete_message")
        if message.streaming:
            raise ApiError("cant_delete_message")
        self.world.delete(channel, message)
        return {"channel": channel.id, "ts": message.ts}

    def _post_ephemeral(self, call: Call) -> Json:
        channel = writable(self.world, call)
        user = self.world.users.get(call.arguments["user"])
        if user not in channel.members or user is None:
            raise ApiError("user_not_in_channel")
        return {"message_ts": self.post_ephemeral(channel, user, call.arguments).ts}

    def post_ephemeral(self, channel: Channel, user: User, arguments: Json) -> Message:
        """Show someone a message that only they see."""
        message = self.create(channel, arguments)
        message.only_for = user
        channel.ephemerals.append(message)
        return message

    def _permalink(self, call: Call) -> Json:
        channel = channel_of(self.world, call)
        ts = call.arguments["message_ts"]
        if channel.get(ts) is None:
            raise ApiError("message_not_found")
        link = f"{call.team.url}archives/{channel.id}/p{ts.replace('.', '')}"
        return {"channel": channel.id, "permalink": link}
