"""An interaction: what a user has set off, and how the bot has answered it.

How it comes about (the command, its options, the button) is in offers.py, the routes by which
the bot answers in callbacks.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_api.messages import Message
from tests.fakes.discord_api.objects import Json, User
from tests.fakes.discord_api.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5  # types of interactions
# Types of answers.
MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9


@dataclass(eq=False, slots=True)
class Interaction:
    """One interaction and its answers.

    `response` is the type of the first answer, None until there is one. `original` is the message
    that this answer made or, to a button, the button's own; `target` is what the button is on.
    """

    id: int
    token: str
    type: int
    user: User
    channel: Channel
    data: Json
    created: float
    world: World
    message_type: int = 20
    target: Message | None = None
    response: int | None = None
    original: Message | None = None
    follow_ups: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[str] | None = None

    @property
    def deferred(self) -> bool:
        """Whether the first answer was that an answer will come."""
        return self.response in (DEFER, DEFER_UPDATE)

    @property
    def messages(self) -> list[Message]:
        """The messages that answer it, in their order, without any that were deleted."""
        answers = [] if self.original in (None, self.target) else [self.original]
        return [each for each in (*answers, *self.follow_ups) if each and not each.deleted]

    @property
    def texts(self) -> list[str]:
        """What the messages say, without one that is still loading."""
        return [message.text for message in self.messages if not message.loading]

    async def answered(self) -> Interaction:
        """Wait for the first answer, be it that an answer will come."""
        await self.world.until(lambda: self.response is not None)
        return self

    async def said(self, count: int = 1) -> list[str]:
        """Wait until so many messages answer it, and say what they say."""
        await self.world.until(lambda: len(self.texts) >= count)
        return self.texts

    def payload(self) -> Json:
        """What INTERACTION_CREATE says of it."""
        world, guild = self.world, self.channel.guild
        here = {"0": str(guild.id if guild else 0)}
        owner = {"1": str(self.user.id)} if self.channel.user_installed else here
        payload: Json = {
            "id": str(self.id),
            "token": self.token,
            "type": self.type,
            "version": 1,
            "application_id": str(world.application_id),
            "channel_id": str(self.channel.id),
            "channel": self.channel.payload(),
            "data": self.data,
            "locale": "ja",
            "entitlements": [],
            "attachment_size_limit": 10 * 1024 * 1024,
            "app_permissions": str(self.channel.permissions()),
            "authorizing_integration_owners": owner,
            "context": self.channel.context,
        }
        if guild:
            member = guild.members[self.user.id].payload()
            payload["guild_id"] = str(guild.id)
            payload["guild_locale"] = "ja"
            payload["guild"] = {"id": str(guild.id), "locale": "ja", "features": []}
            payload["member"] = member | {"permissions": str(self.channel.permissions())}
        else:
            payload["user"] = self.user.payload()
        if self.target is not None:
            payload["message"] = world.payload(self.target, sees_content=True)
        return payload

    def metadata(self) -> Json:
        """What a message that answers it says of it."""
        interaction = {"id": str(self.id), "type": self.type, "user": self.user.payload()}
        return {
            "application_id": str(self.world.application_id),
            "interaction_metadata": interaction | {"authorizing_integration_owners": {}},
        }
