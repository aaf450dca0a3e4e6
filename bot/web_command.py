"""/web: a link with which somebody logs in to the web page."""

from __future__ import annotations

from dataclasses import replace

from bot.chat import Chat
from bot.command import Answer
from bot.errors import BotError
from bot.logins import LINK_MINUTES
from bot.messages import ConversationKey
from bot.notices import Notice
from bot.ports import Caller


class NoWebPage(BotError):
    """The operator has not switched it on."""

    private = True

    def __init__(self) -> None:
        super().__init__(
            "There is no web page here. My operator can switch it on.",
            "ここではウェブページを使えません。運営者が有効にすると使えます。",
        )


async def web(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Hand a one-time link to the caller alone."""
    if chat.logins is None:
        raise NoWebPage
    if is_direct(caller.place):  # where everybody is an administrator, of their own
        caller = replace(caller, administrator=False)
    link = await chat.logins.link(caller)
    yield Notice(
        f"Your link to the web page. It works once, within {LINK_MINUTES} minutes, for whoever "
        "has it: keep it to yourself.",
        f"ウェブページへのリンクです。{LINK_MINUTES}分以内に1回だけ使えます。リンクを持っている人は"
        "だれでもあなたとして入れるので、ほかの人に見せないでください。",
        link,
        secret=True,
    )


def is_direct(place: ConversationKey) -> bool:
    """Whether a place is somebody's direct messages. Slack's have a workspace, and a D."""
    if place.platform == "slack":
        return place.channel.startswith("D") or not place.channel
    return place.workspace in ("", "@me")
