"""What the app can look up: channels, their messages and members, people, workspaces, itself."""

from __future__ import annotations

from dataclasses import dataclass

from tests.fakes.slack_api.api import Api, ApiError, Call
from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.chat import channel_of
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.objects import Json, Team, User
from tests.fakes.slack_api.world import World


def _page(call: Call, items: list[Json], name: str, usual: int) -> Json:
    """One page of a list; cursors are offsets."""
    cursor = call.arguments.get("cursor", "")
    if cursor and not cursor.isdigit():
        raise ApiError("invalid_cursor")
    start, limit = int(cursor or 0), int(call.arguments.get("limit", usual))
    limit = min(limit, call.team.most_objects)
    following = str(start + limit) if start + limit < len(items) else ""
    answer: Json = {name: items[start : start + limit], "has_more": bool(following)}
    return answer | {"response_metadata": {"next_cursor": following}}


def _within(call: Call, messages: list[Message]) -> list[Message]:
    """The messages between `oldest` and `latest`, themselves only where `inclusive`."""
    given = call.arguments
    oldest, latest = given.get("oldest", "0"), given.get("latest", "9" * 10)
    for name, ts in (("oldest", oldest), ("latest", latest)):
        if not ts.replace(".", "", 1).isdigit():
            raise ApiError(f"invalid_ts_{name}")
    edges = (float(oldest), float(latest)) if given.get("inclusive") else ()
    return [
        each
        for each in messages
        if float(oldest) < float(each.ts) < float(latest) or float(each.ts) in edges
    ]


@dataclass(slots=True)
class Conversations:
    """The methods. Adds itself to the API."""

    world: World
    api: Api

    def __post_init__(self) -> None:
        self.api.add("conversations.info", self._info)
        self.api.add("conversations.history", self._history)
        self.api.add("conversations.replies", self._replies)
        self.api.add("conversations.members", self._members)
        self.api.add("conversations.open", self._open)
        self.api.add("users.conversations", self._of_user)
        self.api.add("users.info", self._user)
        self.api.add("bots.info", self._bot)
        self.api.add("team.info", self._team)
        self.api.add("reactions.add", self._react)

    def _readable(self, call: Call) -> Channel:
        channel = channel_of(self.world, call)
        if not channel.has_bot:
            raise ApiError("not_in_channel")
        return channel

    def _payload(self, call: Call, channel: Channel, message: Message) -> Json:
        payload = channel.message_payload(message, self.world.files_url)
        if not call.arguments.get("include_all_metadata"):
            payload.pop("metadata", None)
        return payload

    def _info(self, call: Call) -> Json:
        return {"channel": channel_of(self.world, call).payload()}

    def _history(self, call: Call) -> Json:
        channel = self._readable(call)
        top = [each for each in channel.messages() if not each.in_thread or each.broadcast]
        found = [self._payload(call, channel, each) for each in reversed(_within(call, top))]
        return _page(call, found, "messages", 100)

    def _replies(self, call: Call) -> Json:
        channel = self._readable(call)
        thread = channel.thread(call.arguments["ts"])
        if not thread:
            raise ApiError("thread_not_found")
        # The first message comes with every page, whatever is asked for.
        chosen = [each for each in thread if each in _within(call, thread) or each is thread[0]]
        return _page(
            call, [self._payload(call, channel, each) for each in chosen], "messages", 1000
        )

    def _members(self, call: Call) -> Json:
        members = [{"id": each.id} for each in channel_of(self.world, call).members]
        answer = _page(call, members, "members", 100)
        return answer | {"members": [each["id"] for each in answer["members"]]}

    def _open(self, call: Call) -> Json:
        if "channel" in call.arguments:
            channel = channel_of(self.world, call)
        else:
            ids = str(call.arguments.get("users", "")).split(",")
            users = [self.world.users.get(id) for id in ids]
            if len(users) != 1:
                raise ApiError("method_not_supported_for_channel_type")
            user = users[0]
            if user is None or user.team is not call.team:
                raise ApiError("user_not_found")
            channel = self.world.dm(user)
        full = call.arguments.get("return_im")
        return {"channel": channel.payload() if full else {"id": channel.id}}

    def _of_user(self, call: Call) -> Json:
        user = self.world.users.get(call.arguments.get("user", call.team.bot.id))
        if user is None:
            raise ApiError("user_not_found")
        kinds = call.arguments.get("types", "public_channel").split(",")
        names = {"channel": "public_channel", "group": "private_channel"}
        found = [
            each.payload()
            for each in self.world.channels.values()
            if user in each.members
            and names.get(each.type, each.type) in kinds
            # An organization's bot is the same in all of its workspaces.
            and (call.team.organization is None or each.team is call.team)
        ]
        return _page(call, found, "channels", 100)

    def _user(self, call: Call) -> Json:
        user = self.world.users.get(call.arguments["user"])
        if user is None:
            raise ApiError("user_not_found")
        if user.team is not call.team and not self._is_met(user, call.team):
            raise ApiError("user_not_visible")
        return {"user": user.payload(locale=bool(call.arguments.get("include_locale")))}

    def _is_met(self, user: User, team: Team) -> bool:
        """Whether a stranger is in a channel that a team shares with others."""
        return any(
            user in each.members for each in self.world.channels.values() if each.team is team
        )

    def _bot(self, call: Call) -> Json:
        id = call.arguments.get("bot", call.team.bot.bot_id)
        for user in self.world.users.values():
            if user.bot_id == id and id:
                return {"bot": user.bot_profile() | {"icons": {}}}
        raise ApiError("bot_not_found")

    def _team(self, call: Call) -> Json:
        team = call.team
        about = {"id": team.id, "name": team.name, "domain": team.id.lower(), "url": team.url}
        return {"team": about | {"email_domain": "", "icon": {"image_default": True}}}

    def _react(self, call: Call) -> Json:
        given = call.arguments
        message = self._readable(call).get(given["timestamp"])
        if message is None:
            raise ApiError("message_not_found")
        reaction = (call.team.bot.id, given["name"])
        if reaction in message.reactions:
            raise ApiError("already_reacted")
        message.reactions.append(reaction)
        return {}
