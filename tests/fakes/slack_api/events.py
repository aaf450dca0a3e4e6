"""The shapes of events, as the Events API sends them, whichever way they travel.

Pure functions of the world's objects. Shapes are those of docs.slack.dev and of @slack/types.
"""

from __future__ import annotations

from tests.fakes.slack_api.channels import Channel
from tests.fakes.slack_api.messages import Message
from tests.fakes.slack_api.objects import File, Json, Team, User
from tests.fakes.slack_api.typed import rich_text

# The words that the subscription of an event of type "message" ends with.
SUBSCRIPTIONS = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


def subscription(event: Json) -> str:
    """What an app subscribes to, to hear of this."""
    kind = str(event["type"])
    return f"message.{SUBSCRIPTIONS[event['channel_type']]}" if kind == "message" else kind


def envelope(
    team: Team,
    event: Json,
    event_id: str,
    event_time: int,
    app_id: str,
    *,
    source: Team | None = None,
    shared: bool = False,
) -> Json:
    """What surrounds every event. `team` is where the app is installed.

    shared: it happened in a channel that another team sees too; `source` is whose person did it
    """
    of = team.organization
    enterprise = None if of is None else of.id
    return {
        "token": "verification",  # deprecated by Slack in favour of the signature, and still sent
        "team_id": (source or team).id,
        "context_team_id": team.id,
        "context_enterprise_id": enterprise,
        "enterprise_id": enterprise,
        "api_app_id": app_id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": event_time,
        "authorizations": [
            {
                "enterprise_id": enterprise,
                "team_id": None if of else team.id,
                "user_id": team.bot.id,
                "is_bot": True,
                "is_enterprise_install": of is not None,
            }
        ],
        "is_ext_shared_channel": shared,
        "event_context": f"4-{event_id}",
    }


def of_message(channel: Channel, message: Message, files_url: str) -> Json:
    """A message object with what only events say."""
    payload = channel.message_payload(message, files_url)
    if not message.user.is_bot and message.text:
        payload.setdefault("blocks", rich_text(message.text))
    if message.subtype == "thread_broadcast" and (root := channel.get(message.thread_ts or "")):
        payload["root"] = channel.message_payload(root, files_url)
    return payload


def message(channel: Channel, message: Message, files_url: str) -> Json:
    """Something was said."""
    payload = of_message(channel, message, files_url)
    where = {"channel": channel.id, "event_ts": message.ts, "channel_type": channel.type}
    return payload | where


def app_mention(channel: Channel, message: Message, files_url: str) -> Json:
    """Something was said that mentions the app: the same, without the kind of the channel."""
    payload = of_message(channel, message, files_url)
    payload.pop("subtype", None)
    return payload | {"type": "app_mention", "channel": channel.id, "event_ts": message.ts}


def _hidden(channel: Channel, subtype: str, ts: str) -> Json:
    return {
        "type": "message",
        "subtype": subtype,
        "channel": channel.id,
        "hidden": True,
        "ts": ts,
        "event_ts": ts,
        "channel_type": channel.type,
    }


def message_changed(channel: Channel, new: Json, previous: Json, ts: str) -> Json:
    """A message was edited; also what tells that replies came or links were unfolded."""
    hidden = _hidden(channel, "message_changed", ts)
    return hidden | {"message": new, "previous_message": previous}


def message_deleted(channel: Channel, previous: Json, ts: str) -> Json:
    """A message is gone."""
    hidden = _hidden(channel, "message_deleted", ts)
    return hidden | {"deleted_ts": previous["ts"], "previous_message": previous}


def tombstone(previous: Json) -> Json:
    """What is left of a thread's first message when it is deleted and its replies are not."""
    kept = ("ts", "thread_ts", "reply_count", "reply_users_count", "latest_reply", "reply_users")
    return {name: previous[name] for name in kept if name in previous} | {
        "type": "message",
        "subtype": "tombstone",
        "text": "This message was deleted.",
        "user": "USLACKBOT",
        "hidden": True,
        "is_locked": False,
    }


def app_home_opened(user: User, dm: Channel, tab: str, ts: str, view: Json | None) -> Json:
    """Someone opened the app's home: its "home" or its "messages" tab."""
    event: Json = {"type": "app_home_opened", "user": user.id, "channel": dm.id, "tab": tab}
    return event | {"event_ts": ts} | ({"view": view} if view else {})


def assistant_thread(kind: str, user: User, dm: Channel, thread_ts: str, about: Json) -> Json:
    """assistant_thread_started or assistant_thread_context_changed, of assistant views."""
    thread = {
        "user_id": user.id,
        "context": about,
        "channel_id": dm.id,
        "thread_ts": thread_ts,
    }
    return {"type": kind, "assistant_thread": thread, "event_ts": thread_ts}


def app_context_changed(user: User, dm: Channel, context: Json, ts: str) -> Json:
    """What someone looks at beside an agent has changed."""
    event: Json = {"type": "app_context_changed", "user": user.id, "channel": dm.id}
    return event | {"context": context, "event_ts": ts}


def agent_session_stopped(
    user: User, channel: Channel, thread_ts: str, streams: list[str], ts: str
) -> Json:
    """Someone pressed Slack's own Stop; `streams` are the streaming messages that it ended."""
    return {
        "type": "agent_session_stopped",
        "channel": channel.id,
        "user": user.id,
        "thread_ts": thread_ts,
        "streaming_message_ts": streams,
        "event_ts": ts,
    }


def member_joined_channel(user: User, channel: Channel, inviter: User | None, ts: str) -> Json:
    """Someone, or the app, came into a channel."""
    event: Json = {
        "type": "member_joined_channel",
        "user": user.id,
        "channel": channel.id,
        "channel_type": "C" if channel.type == "channel" else "G",
        "team": channel.team.id,
        "event_ts": ts,
    }
    return event | ({"inviter": inviter.id} if inviter else {})


def file_shared(user: User, channel: Channel, file: File, ts: str) -> Json:
    """A file was shared; only its id is told."""
    return {
        "type": "file_shared",
        "file_id": file.id,
        "user_id": user.id,
        "file": {"id": file.id},
        "channel_id": channel.id,
        "event_ts": ts,
    }


def tokens_revoked(team: Team) -> Json:
    """The bot's token is no longer valid."""
    return {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [team.bot.id]}}


def app_uninstalled() -> Json:
    """The app was removed from a workspace."""
    return {"type": "app_uninstalled"}
