"""/daily and /week: what a channel is given each day, and what its group did in a week."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.channel_commands import unset
from bot.chat import Chat
from bot.command import Answer
from bot.learning import profile
from bot.learning.calendar import DEFAULT_ZONE, ZONE, zone_of_name
from bot.learning.day import plan
from bot.learning.day.plan import Plan
from bot.learning.day.week import summary
from bot.notices import Notice
from bot.ports import Caller

_KINDS = {
    "word": ("a word", "言葉"),
    "sentence": ("a sentence", "文"),
    "topic": ("a topic", "話題"),
}


async def daily(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Show or change it."""
    channel = caller.conversation.parent() or caller.conversation
    wanted = argument.strip()
    if unset(wanted) or wanted.lower() == "off":
        await chat.store.set_setting(channel, plan.SETTING, None)
    elif wanted:
        told = await chat.store.member_settings(caller.platform, caller.user_id)
        made = plan.read(
            wanted,
            level=await profile.level_of(chat.store, caller) or "n5",
            zone_name=told.get(ZONE, DEFAULT_ZONE),
        )
        if made.kind != "topic" and (lacking := chat.study.lacking()) is not None:
            raise lacking
        await chat.store.set_setting(channel, plan.SETTING, str(made))
    stored = (await chat.store.settings(channel)).get(plan.SETTING)
    if stored is None:
        yield Notice(
            "Nothing is given here each day. /daily 08:30 Asia/Tokyo n4 word changes that; "
            "in place of word, sentence and topic will do.",
            "ここに毎日届けるものは決まっていません。/daily 08:30 Asia/Tokyo n4 word のように"
            "決められます（word のかわりに sentence や topic も使えます）。",
        )
    else:
        yield await _told(chat, caller, plan.read(stored))


async def _told(chat: Chat, caller: Caller, given: Plan) -> Notice:
    """What is given, and when next."""
    now = datetime.now(UTC)
    channel = caller.conversation.parent() or caller.conversation
    today = given.today(now)
    was_given = await chat.store.was_given(channel, given.kind, today)
    following = given.following(now, given=was_given).astimezone(zone_of_name(given.zone))
    english, japanese = _KINDS[given.kind]
    level = given.level.upper()
    moment = f"{following:%Y-%m-%d %H:%M}"
    return Notice(
        f"Each day at {given.at:%H:%M} {given.zone} I give you {english} of {level} here, and on "
        f"Mondays what happened in the week. Next: {moment}. /daily off ends it.",
        f"毎日{given.at:%H:%M}（{given.zone}）に{level}の{japanese}を、月曜日には1週間の"
        f"まとめも届けます。次は{moment}です。/daily off で止められます。",
    )


async def week(chat: Chat, caller: Caller, argument: str) -> Answer:
    """The week until now."""
    channel = caller.place.parent() or caller.place
    zone = await profile.zone_of(chat.store, caller)
    found = await summary(chat.store, channel, datetime.now(zone).date(), zone)
    yield found or Notice(
        "Nothing was looked up or asked in a quiz here this week.",
        "この1週間は、調べた言葉もクイズもまだありません。",
    )
