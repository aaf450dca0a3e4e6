"""In which language a person reads what the bot says of itself: what they chose, or else what
their platform is set to."""

from __future__ import annotations

from bot.errors import BotError
from bot.ports import Caller, Store

LANGUAGE = "language"  # the member setting
CHOICES = ("ja", "en")


async def reads_japanese(store: Store, caller: Caller) -> bool | None:
    """Whether it is Japanese, or else English; None where nobody knows."""
    try:
        chosen = (await store.member_settings(caller.platform, caller.user_id)).get(LANGUAGE)
    except BotError:  # what is to be said is said all the same
        chosen = None
    return caller.japanese if chosen is None else chosen == "ja"
