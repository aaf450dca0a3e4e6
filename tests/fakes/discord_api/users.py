"""The part of DiscordServer by which a test plays the users."""

from __future__ import annotations

from collections.abc import Mapping

from tests.canary import CANARY
from tests.fakes.discord_api import offers
from tests.fakes.discord_api.callbacks import Callbacks
from tests.fakes.discord_api.channels import Channel
from tests.fakes.discord_api.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    Interaction,
)
from tests.fakes.discord_api.messages import FORWARDED, VOICE, Message
from tests.fakes.discord_api.objects import PUBLIC_THREAD, Json, User
from tests.fakes.discord_api.places import Places
from tests.fakes.discord_api.posts import Posts

STICKER = {"id": "749054660769218631", "name": "Wave", "format_type": 3}


class Users(Places):
    """What users write, edit, delete, command and click."""

    _posts: Posts
    _callbacks: Callbacks

    def user_says(
        self,
        channel: Channel,
        author: User,
        text: str,
        *,
        reply_to: Message | None = None,
        ping: bool = True,
        webhook: bool = False,
        attachments: Mapping[str, bytes] | None = None,
        voice: bytes | None = None,
        sticker: bool = False,
        type: int = 0,
        fields: Json | None = None,
    ) -> Message:
        """A user posts a message; mentions are those of the text (User.mention, Role.mention).

        reply_to: the message it replies to, whose author is mentioned too if `ping`
        webhook: a webhook posts it under the author's name
        voice: the sound of a voice message
        type: of another than 0 or a reply, the message is one of Discord's own
        fields: further parts of the message object, such as `embeds`, `components` and `poll`
        """
        CANARY.said(text)
        clock = self._world.clock
        message = Message(clock.id(), channel, author, text, clock.now(), type=type)
        message.fields = dict(fields or {})
        self._world.fill_mentions(message)
        if reply_to is not None:
            message.type, message.reply_to = 19, reply_to
            if ping and reply_to.author not in message.mentions:
                message.mentions.append(reply_to.author)
        if webhook:
            message.webhook_id = author.id
        files = (attachments or {}).items()
        message.attachments = [self._posts.attachment(*file) for file in files]
        if voice is not None:
            message.attachments.append(self._posts.attachment("voice-message.ogg", voice))
            message.attachments[-1].fields = {"duration_secs": 1.5, "waveform": "AAAA"}
            message.flags |= VOICE
        self._world.files.extend(message.attachments)
        if sticker:
            message.fields["sticker_items"] = [STICKER]
        self._world.post(message)
        return message

    def user_forwards(self, message: Message, channel: Channel, user: User) -> Message:
        """A user passes a message on to a channel, as it stands now."""
        clock = self._world.clock
        forward = Message(clock.id(), channel, user, "", clock.now(), flags=FORWARDED)
        origin = {"message_id": str(message.id), "channel_id": str(message.channel.id)}
        if message.channel.guild:
            origin["guild_id"] = str(message.channel.guild.id)
        forward.fields = {
            "message_reference": {"type": 1} | origin,
            "message_snapshots": [message.snapshot(self._world.bot)],
        }
        self._world.post(forward)
        return forward

    def posts(self, forum: Channel, user: User, title: str, text: str) -> Message:
        """A user makes a post in a forum: a thread with the id of its first message."""
        thread = self._add(
            Channel(self._world.clock.id(), PUBLIC_THREAD, title, forum.guild, forum)
        )
        message = Message(thread.id, thread, user, text, self._world.clock.now())
        self._world.fill_mentions(message)
        self._world.post(message)
        return message

    def user_edits(self, message: Message, text: str) -> None:
        """The author edits a message."""
        CANARY.said(text)
        self._world.change(message, text)
        self._world.fill_mentions(message)
        self._world.tell(message, "MESSAGE_UPDATE")

    def user_deletes(self, *messages: Message) -> None:
        """Messages of one channel are deleted by a user; several at once are a bulk deletion."""
        self._world.remove(messages)

    def tell_again(self, message: Message, *, update: bool = False) -> None:
        """Tell of a message once more; `update` as Discord does when it has unfolded a link."""
        self._world.tell(message, "MESSAGE_UPDATE" if update else "MESSAGE_CREATE")

    def slash(
        self, channel: Channel, user: User, name: str, /, **options: offers.Option
    ) -> Interaction:
        """A user gives a slash command, with a subcommand's name after a space.

        Raises LookupError if the bot has not registered it for such a place or with such options.
        """
        data = offers.slash_data(self._world, channel, name, options)
        return self._callbacks.start(COMMAND, user, channel, data)

    def types(
        self, channel: Channel, user: User, name: str, option: str, beginning: str
    ) -> Interaction:
        """A user types the beginning of an option that the bot completes; errors as in `slash`."""
        data = offers.typing_data(self._world, channel, name, option, beginning)
        return self._callbacks.start(AUTOCOMPLETE, user, channel, data)

    def context_menu(
        self, channel: Channel, user: User, name: str, target: Message | User
    ) -> Interaction:
        """A user chooses a command in the menu of a message or a user; errors as in `slash`."""
        data = offers.menu_data(self._world, channel, name, target)
        return self._callbacks.start(COMMAND, user, channel, data, message_type=23)

    def click(self, message: Message, user: User, custom_id: str, *values: str) -> Interaction:
        """A user clicks a button under a message, or chooses values from a menu there."""
        data = offers.component_data(message, custom_id, list(values))
        channel = message.channel
        return self._callbacks.start(
            COMPONENT, user, channel, data, message_type=19, target=message
        )

    def submit(self, asked: Interaction, /, **values: str) -> Interaction:
        """A user sends the modal that answered an interaction, with values by custom id."""
        if asked.modal is None:
            raise LookupError("there is no modal to send")
        data = offers.modal_data(asked.modal, values)
        return self._callbacks.start(
            MODAL_SUBMIT, asked.user, asked.channel, data, target=asked.target
        )
