"""The routes that answer interactions: callbacks, and follow-ups by webhook.

The first answer has three seconds, the token lives a quarter of an hour.
"""

from __future__ import annotations

from tests.fakes.discord_api import offers
from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_api.http import Api, ApiError, Call
from tests.fakes.discord_api.interactions import (
    CHOICES,
    DEFER,
    DEFER_UPDATE,
    MESSAGE,
    MODAL,
    UPDATE,
    Interaction,
)
from tests.fakes.discord_api.messages import EPHEMERAL, LOADING, Message
from tests.fakes.discord_api.objects import Json, User
from tests.fakes.discord_api.posts import Posts
from tests.fakes.discord_api.world import Event, World

ANSWER_SECONDS = 3.0
TOKEN_SECONDS = 15 * 60.0
FOLLOW_UPS_LIMIT = 5  # where the bot itself is not, but a user has installed it


class Callbacks:
    """The routes, which need no token of the bot's, and the interactions that they answer."""

    def __init__(self, world: World, posts: Posts, api: Api) -> None:
        self._world = world
        self._posts = posts
        self._by_token: dict[str, Interaction] = {}
        messages = "/webhooks/{application}/{token}/messages/{message}"
        callback = "/interactions/{interaction}/{token}/callback"
        api.add("POST", callback, self._callback, token=False)
        api.add("POST", "/webhooks/{application}/{token}", self._follow_up, token=False)
        api.add("GET", messages, self._get, token=False)
        api.add("PATCH", messages, self._edit, token=False)
        api.add("DELETE", messages, self._delete, token=False)

    def start(
        self,
        type: int,
        user: User,
        channel: Channel,
        data: Json,
        *,
        message_type: int = 20,
        target: Message | None = None,
    ) -> Interaction:
        """A user sets something off; the bot is told, wherever it is."""
        id = self._world.clock.id()
        interaction = Interaction(
            id,
            f"token-{id}",
            type,
            user,
            channel,
            data,
            self._world.clock.now(),
            self._world,
            message_type,
            target,
        )
        self._by_token[interaction.token] = interaction
        if self._world.keep is not None and len(self._by_token) > self._world.keep:
            del self._by_token[next(iter(self._by_token))]
        payload = interaction.payload()
        self._world.emit(Event("INTERACTION_CREATE", channel.guild, 0, lambda _: payload))
        return interaction

    def _callback(self, call: Call) -> Json | None:
        interaction = self._by_token.get(call.parts["token"])
        if interaction is None or interaction.id != call.id("interaction"):
            raise ApiError(404, 10062, "Unknown interaction")
        if interaction.response is not None:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        if self._world.clock.now() - interaction.created > ANSWER_SECONDS:
            raise ApiError(404, 10062, "Unknown interaction")
        type, data = call.body["type"], call.body.get("data") or {}
        if type == MESSAGE:
            interaction.original = self._create(call, data, interaction)
        elif type == DEFER:
            interaction.original = self._placeholder(data, interaction)
        elif type in (DEFER_UPDATE, UPDATE):
            if interaction.target is None:
                raise ApiError(400, 50035, "Invalid Form Body")
            interaction.original = interaction.target
            if type == UPDATE:
                self._posts.edit(call, data, interaction.target)
        elif type == MODAL:
            interaction.modal = data
        elif type == CHOICES:
            offers.check_choices(interaction.type, data)
            interaction.choices = [choice["value"] for choice in data["choices"]]
        interaction.response = type
        if call.query.get("with_response") not in ("1", "true"):
            return None
        answer: Json = {"interaction": {"id": str(interaction.id), "type": interaction.type}}
        if (original := interaction.original) is not None:
            answer["interaction"] |= {
                "response_message_id": str(original.id),
                "response_message_loading": original.loading,
                "response_message_ephemeral": original.ephemeral,
            }
            message = self._world.payload(original, sees_content=True)
            answer["resource"] = {"type": type, "message": message}
        return answer

    def _create(self, call: Call, data: Json, interaction: Interaction) -> Message:
        return self._posts.create(
            call,
            data,
            interaction.channel,
            type=interaction.message_type,
            reply_to=interaction.target,
            webhook_id=self._world.application_id,
            fields=interaction.metadata(),
        )

    def _placeholder(self, data: Json, interaction: Interaction) -> Message:
        """The message that says that the bot is thinking."""
        clock = self._world.clock
        bot, channel = self._world.bot, interaction.channel
        message = Message(clock.id(), channel, bot, "", clock.now(), type=interaction.message_type)
        message.flags = LOADING | (int(data.get("flags") or 0) & EPHEMERAL)
        message.reply_to = interaction.target
        message.webhook_id = self._world.application_id
        message.fields = interaction.metadata()
        self._world.post(message)
        return message

    def _answered(self, call: Call) -> Interaction:
        interaction = self._by_token.get(call.parts["token"])
        ours = call.id("application") == self._world.application_id
        if interaction is None or interaction.response is None or not ours:
            raise ApiError(404, 10015, "Unknown Webhook")
        if self._world.clock.now() - interaction.created > TOKEN_SECONDS:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        return interaction

    def _follow_up(self, call: Call) -> Json:
        interaction = self._answered(call)
        original = interaction.original
        if interaction.response == DEFER and original is not None and original.loading:
            # For old bots: the first message after a deferral takes the deferral's place.
            return self._payload(self._posts.edit(call, call.body, original))
        if interaction.channel.user_installed and len(interaction.follow_ups) >= FOLLOW_UPS_LIMIT:
            text = "This interaction has reached the maximum number of follow up messages"
            raise ApiError(400, 40094, text)
        message = self._create(call, call.body, interaction)
        interaction.follow_ups.append(message)
        return self._payload(message)

    def _find(self, call: Call) -> tuple[Interaction, Message]:
        interaction = self._answered(call)
        if call.parts["message"] == "@original":
            message = interaction.original
        else:
            id = call.id("message")
            message = next((each for each in interaction.messages if each.id == id), None)
        if message is None or message.deleted:
            raise ApiError(404, 10008, "Unknown Message")
        return interaction, message

    def _get(self, call: Call) -> Json:
        return self._payload(self._find(call)[1])

    def _edit(self, call: Call) -> Json:
        return self._payload(self._posts.edit(call, call.body, self._find(call)[1]))

    def _delete(self, call: Call) -> None:
        self._world.remove([self._find(call)[1]])

    def _payload(self, message: Message) -> Json:
        return self._world.payload(message, sees_content=True)
