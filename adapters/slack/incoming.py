"""Whom a message on Slack is for, and where it is kept. Pure: it asks nobody and sends nothing.

An event is a dict as Slack's Events API delivers it. What it says is in reading.py; all here is
decided without the names of people and channels.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from adapters.said import RIGHT_AFTER
from adapters.slack import reading
from adapters.slack.reading import author
from adapters.slack.shares import Event as Event
from adapters.slack.shares import shares
from bot.messages import ConversationKey, IncomingMessage

PLATFORM = "slack"
# What people say comes as a message without a subtype, or with one of these.
SAID = {None, "file_share", "thread_broadcast", "me_message"}
BY_APP = "bot_message"


def is_own(event: Event, me: str, bot_id: str = "") -> bool:
    """Whether the bot itself said it, by its user's id `me` or by its messages' `bot_id`,
    whatever else an event of it has or lacks."""
    profile = _profile(event)
    if me and me in (event.get("user"), profile.get("user_id")):
        return True
    return bool(bot_id) and bot_id in (event.get("bot_id"), profile.get("id"))


def is_said(event: Event, me: str = "", *, bot_id: str = "", trusted: Collection[str] = ()) -> bool:
    """Whether a message is somebody's own: not the bot's, no notice of Slack's, and no app's but
    one whose id, or whose bot's, is among the `trusted`."""
    if event.get("hidden") or not event.get("ts") or not author(event):
        return False
    if is_own(event, me, bot_id) or event.get("user") == "USLACKBOT":
        return False
    apps = _apps(event)
    if event.get("subtype") not in SAID and not (event.get("subtype") == BY_APP and apps):
        return False
    return not apps or not apps.isdisjoint(trusted)


def is_by_bot(event: Event) -> bool:
    """Whether an app said it in its own name: not a person, through an app that they gave their
    token to."""
    if not _apps(event):
        return False
    user, profile = event.get("user"), _profile(event)
    if not user or event.get("subtype") == BY_APP:
        return True
    return bool(profile) and profile.get("user_id") in (None, user)


def is_direct(event: Event) -> bool:
    """Whether it happened in direct messages with the bot; app_mention names no channel_type."""
    channel = str(event.get("channel", ""))
    return event.get("channel_type") == "im" or channel.startswith("D")


def place(team: str, channel: str, event: Event, *, threads: bool) -> tuple[ConversationKey, bool]:
    """Where a message's conversation is kept, and whether it opens a thread.

    `threads`: a message that stands in the channel is answered in a thread of its own.
    """
    ts, thread = str(event["ts"]), str(event.get("thread_ts") or "")
    if thread and thread != ts:
        return ConversationKey(PLATFORM, team, channel, thread), False
    if threads:
        return ConversationKey(PLATFORM, team, channel, ts), True
    return ConversationKey(PLATFORM, team, channel), False


def envelope(
    event: Event,
    team: str,
    me: str,
    *,
    bot_id: str = "",
    trusted: Collection[str] = (),
    threads: bool = True,
) -> IncomingMessage | None:
    """A message as the core takes it, but for its text and its author's name, which is their id;
    None where it is nobody's to answer.

    `me` is the bot's user id, `bot_id` that of its messages; `trusted` as in `is_said`, `threads`
    as in `place`.
    """
    if not is_said(event, me, bot_id=bot_id, trusted=trusted) or not event.get("channel"):
        return None
    key, opens = place(team, str(event["channel"]), event, threads=threads)
    mentioned = reading.mentions(event)
    direct = is_direct(event)
    to_me = direct or me in mentioned
    if not to_me and reading.says_nothing(event, me):
        return None
    return IncomingMessage(
        conversation=key,
        id=str(event["ts"]),
        author_id=author(event),
        author_name=author(event),
        text="",
        sent_at=moment(str(event["ts"])),
        addressed=to_me,
        thread_root=None if opens else key.thread or None,
        to_others=bool(mentioned - {me}) and not to_me,
        private=direct,
        opens_thread=opens,
        by_bot=is_by_bot(event),
    )


def is_forward(event: Event) -> bool:
    """Whether a message only passes on another one."""
    return bool(shares(event)) and not reading.own_words(event, "")


def belongs(previous: Event, event: Event) -> bool:
    """Whether the message before this one is what this one is about: its author's own, in the
    same channel or thread, a short while ago."""
    if author(previous) != author(event) or not author(event):
        return False
    channels = {each["channel"] for each in (previous, event) if each.get("channel")}
    if len(channels) > 1 or previous.get("hidden") or not _is_beside(previous, event):
        return False
    between = moment(str(event.get("ts"))) - moment(str(previous.get("ts")))
    return timedelta(0) < between <= RIGHT_AFTER


def _is_beside(previous: Event, event: Event) -> bool:
    """Whether both stand in one thread, or in the channel itself; a thread's first message stands
    before its second one."""
    here, before = _thread(event), _thread(previous)
    return here == before or (bool(here) and here == str(previous.get("ts")))


def _thread(event: Event) -> str:
    thread = str(event.get("thread_ts") or "")
    return "" if thread == str(event.get("ts")) else thread


def moment(ts: str) -> datetime:
    """When a message with this ts was sent; the epoch for what is none."""
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _profile(event: Event) -> Event:
    profile = event.get("bot_profile")
    return profile if isinstance(profile, Mapping) else {}


def _apps(event: Event) -> set[str]:
    """The ids by which the app is known that a message came through."""
    profile = _profile(event)
    found = (event.get("app_id"), event.get("bot_id"), profile.get("app_id"), profile.get("id"))
    return {str(each) for each in found if each}
