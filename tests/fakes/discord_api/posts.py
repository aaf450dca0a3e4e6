"""Messages that the bot sends and edits: what Discord refuses, and what we do not want sent.

Shared by channels, interactions and their follow-ups; which message it is, and whether the bot
may touch it, is decided before.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_api.http import ApiError, Call, invalid
from tests.fakes.discord_api.messages import LOADING, Attachment, Message, walk
from tests.fakes.discord_api.objects import Json
from tests.fakes.discord_api.world import World

TEXT_LIMIT = 2000
FILES_LIMIT = 10
FILE_SIZE_LIMIT = 10 * 1024 * 1024
NONCE_SECONDS = 300.0
# Default, reply, and the answers to slash and menu commands: what can be replied to.
REPLIABLE = (0, 19, 20, 23)


@dataclass(frozen=True, slots=True)
class Ping:
    """A send or an edit that leaves Discord free to ping somebody.

    `with_text`: it sets the text; Discord looks for mentions only then.
    """

    method: str
    path: str
    message_id: int
    with_text: bool
    allowed_mentions: Json | None


def length(text: str) -> int:
    """A text's length in UTF-16 units.

    Discord's API counts code points and its clients UTF-16 units, of which there are never fewer.
    """
    return len(text.encode("utf-16-le")) // 2


@dataclass(slots=True)
class Posts:
    """Creates and edits messages from the bodies of requests.

    `pings` are those whose allowed_mentions are absent or allow more than nobody, `reply_pings`
    those that ping the author of the message replied to.
    """

    world: World
    pings: deque[Ping] = field(init=False)
    reply_pings: deque[Ping] = field(init=False)
    _by_nonce: dict[str, Message] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pings = deque(maxlen=self.world.keep)
        self.reply_pings = deque(maxlen=self.world.keep)

    def create(self, call: Call, body: Json, channel: Channel, **more: Any) -> Message:
        """A new message of the bot's; `more` are fields of Message."""
        earlier = self._earlier(body)
        if earlier is not None:
            if earlier.deleted:
                raise ApiError(404, 10008, "Unknown Message")
            return earlier
        reply_to = self._reply_to(body, channel)
        message = Message(
            self.world.clock.id(),
            channel,
            self.world.bot,
            (body.get("content") or "").strip(),
            self.world.clock.now(),
            **({"type": 19 if reply_to else 0, "reply_to": reply_to} | more),
            flags=body.get("flags") or 0,
        )
        nonce = body.get("nonce")
        message.nonce = None if nonce is None else str(nonce)
        self._fill(call, body, message, [])
        self._mention(body, message)
        self._check(message, body, call)
        self._note(call, body, message)
        if message.nonce is not None and body.get("enforce_nonce"):
            self._by_nonce[message.nonce] = message
        self.world.post(message)
        return message

    def edit(self, call: Call, body: Json, message: Message) -> Message:
        """A message of the bot's with what the body replaces."""
        text = (body["content"] or "").strip() if "content" in body else message.text
        kept = {str(each["id"]) for each in body.get("attachments") or () if "id" in each}
        old = [a for a in message.attachments if "attachments" not in body or str(a.id) in kept]
        draft = Message(message.id, message.channel, message.author, text, message.sent)
        draft.embeds, draft.components = message.embeds, message.components
        self._fill(call, body, draft, old)
        self._check(draft, body, call)
        self._note(call, body, message)
        if not message.loading:
            self.world.change(message, text)
        message.text = text
        message.flags &= ~LOADING
        message.embeds, message.components = draft.embeds, draft.components
        message.attachments = draft.attachments
        if "content" in body:
            self._mention(body, message)
        self.world.tell(message, "MESSAGE_UPDATE")
        return message

    def _earlier(self, body: Json) -> Message | None:
        """The message that was sent with the same nonce in the last minutes, if that counts."""
        now = self.world.clock.now()
        while self._by_nonce:
            nonce, oldest = next(iter(self._by_nonce.items()))
            if now - oldest.sent < NONCE_SECONDS:
                break
            del self._by_nonce[nonce]
        return self._by_nonce.get(str(body.get("nonce"))) if body.get("enforce_nonce") else None

    def _reply_to(self, body: Json, channel: Channel) -> Message | None:
        reference = body.get("message_reference")
        if reference is None:
            return None
        if channel.lacks("read_message_history"):
            raise ApiError(400, 160002, "Cannot reply without permission to read message history")
        message = channel.get(int(reference["message_id"]))
        if message is None and reference.get("fail_if_not_exists", True):
            raise invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        if message is not None and message.type not in REPLIABLE:
            code = "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE"
            raise invalid("message_reference", code, "Cannot reply to a system message")
        return message

    def _fill(self, call: Call, body: Json, message: Message, kept: list[Attachment]) -> None:
        message.embeds = body["embeds"] or [] if "embeds" in body else message.embeds
        message.components = (
            body["components"] or [] if "components" in body else message.components
        )
        message.attachments = [*kept, *(self.attachment(*file) for file in call.files)]

    def _mention(self, body: Json, message: Message) -> None:
        allowed = body.get("allowed_mentions")
        self.world.fill_mentions(message, allowed)
        pings_author = allowed is None or allowed.get("replied_user")
        if message.reply_to is not None and pings_author:
            author = message.reply_to.author
            message.mentions = [*(u for u in message.mentions if u is not author), author]

    def attachment(self, name: str, content: bytes) -> Attachment:
        """A file with the address that it can be fetched from."""
        id = self.world.clock.id()
        base = self.world.api_url.removesuffix("/api/v10")
        return Attachment(id, name, content, f"{base}/attachments/{id}/{name}")

    def _check(self, message: Message, body: Json, call: Call) -> None:
        content = body.get("content") or ""
        if length(content) > TEXT_LIMIT:
            message_ = f"Must be {TEXT_LIMIT} or fewer in length."
            raise invalid("content", "BASE_TYPE_MAX_LENGTH", message_)
        if message.nonce is not None and len(message.nonce) > 25:
            raise invalid("nonce", "NONCE_TYPE_TOO_LONG", "Must be 25 or fewer in length.")
        if len(message.attachments) > FILES_LIMIT:
            raise invalid("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
        if any(len(content) > FILE_SIZE_LIMIT for _, content in call.files):
            raise ApiError(413, 40005, "Request entity too large")
        if not (message.text or message.embeds or message.attachments or message.components):
            raise ApiError(400, 50006, "Cannot send an empty message")
        _check_components(message.components)

    def _note(self, call: Call, body: Json, message: Message) -> None:
        allowed = body.get("allowed_mentions")
        ping = Ping(call.method, call.path, message.id, "content" in body, allowed)
        if allowed is None or any(allowed.get(key) for key in ("parse", "users", "roles")):
            self.pings.append(ping)
        if message.reply_to is not None and (allowed is None or allowed.get("replied_user")):
            self.reply_pings.append(ping)


def _check_components(components: list[Json]) -> None:
    wrong = None
    ids = [part["custom_id"] for part in walk(components)]
    if len(components) > 5 or any(len(row.get("components", ())) > 5 for row in components):
        wrong = "Must be between 1 and 5 in length."
    elif len(ids) != len(set(ids)):
        wrong = "Component custom id cannot be duplicated"
    elif any(not 1 <= len(id) <= 100 for id in ids):
        wrong = "Must be between 1 and 100 in length."
    elif any(len(part.get("label") or "") > 80 for part in walk(components)):
        wrong = "Must be 80 or fewer in length."
    if wrong:
        raise invalid("components", "BASE_TYPE_BAD_LENGTH", wrong)
