"""The response_url of interactions and commands: answers without a token, five within 30 minutes.

docs.slack.dev/interactivity/handling-user-interaction. What Slack answers to the sixth is not
documented there; "used_url" and "expired_url" are what people report.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from aiohttp import web

from tests.fakes.slack_api import events
from tests.fakes.slack_api.api import ApiError
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.chat import Chat, check_content
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.objects import Json, User
from tests.fakes.slack_api.world import World

USES, LIFETIME = 5, 1800.0
_TAKEN = {
    "text",
    "blocks",
    "attachments",
    "response_type",
    "replace_original",
    "delete_original",
    "thread_ts",
    "mrkdwn",
    "unfurl_links",
    "unfurl_media",
    "metadata",
}


@dataclass(eq=False, slots=True)
class Hook:
    """A response_url: whose, where, and of which message, if it was one that was acted on."""

    user: User
    channel: Channel
    message: Message | None
    deadline: float
    uses: int = 0


@dataclass(slots=True)
class Hooks:
    """All of them. `answers` is everything that was sent to one."""

    world: World
    chat: Chat
    answers: list[Json] = field(default_factory=list)
    _hooks: dict[str, Hook] = field(default_factory=dict)

    def url(self, user: User, channel: Channel, message: Message | None = None) -> str:
        """A new response_url."""
        id = self.world.id("hook")
        self._hooks[id] = Hook(user, channel, message, self.world.clock.now() + LIFETIME)
        return f"{self.world.url}/hooks/{id}"

    async def handle(self, request: web.Request) -> web.Response:
        """Answer what is sent to one."""
        hook = self._hooks.get(request.match_info["id"])
        if hook is None:
            raise web.HTTPNotFound(text="no_service")
        given: Json = json.loads(await request.text())
        self.answers.append(given)
        if unknown := set(given) - _TAKEN:
            complaint = f"invalid_payload: {', '.join(sorted(unknown))}"
            return web.Response(status=400, text=complaint)
        if self.world.clock.now() > hook.deadline or hook.uses >= USES:
            error = "used_url" if hook.uses >= USES else "expired_url"
            return web.json_response({"ok": False, "error": error}, status=404)
        try:
            self.take(hook.user, hook.channel, given, hook.message)
        except ApiError as error:
            return web.json_response(error.body, status=400)
        hook.uses += 1
        self.world.touch()
        return web.Response(text="ok")

    def take(
        self, user: User, channel: Channel, given: Json, message: Message | None = None
    ) -> None:
        """Do what an answer says: to the message that was acted on, or with a new one."""
        if message is not None and given.get("delete_original"):
            if message.only_for:
                channel.ephemerals.remove(message)
            else:
                self.world.delete(channel, message)
        elif message is not None and given.get("replace_original"):
            text, blocks = check_content(given)
            if message.only_for:
                message.earlier.append(message.shown)
                message.text, message.blocks = text, blocks
            else:
                self.chat.change(channel, message, text, blocks, given)
        elif given.get("response_type") == "in_channel":
            new = self.chat.create(channel, given)
            channel.add(new)
            told = events.message(channel, new, self.world.files_url)
            self.world.tell_in(channel, told, new.user)
        else:
            self.chat.post_ephemeral(channel, user, given)
