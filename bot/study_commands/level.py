"""/level: at which level of the JLPT replies are held in a channel."""

from __future__ import annotations

from bot.channel_commands import unset
from bot.chat import Chat
from bot.command import Answer
from bot.errors import BotError, repeated
from bot.learning import profile
from bot.level import LEVEL, level_in
from bot.notices import Notice
from bot.ports import Caller
from bot.study.levels import Level
from bot.study_commands import given


async def level(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Show or set the level to which replies are held."""
    wanted = argument.lower()
    if wanted == given.MINE:
        wanted = await _own(chat, caller)
    if wanted and wanted not in given.LEVELS and not unset(wanted):
        raise BotError(
            f"A level is one of {', '.join(given.LEVELS)}, not {repeated(argument)!r}.",
            f"レベルは {'、'.join(given.LEVELS)} のどれかにしてください。",
        )
    off = unset(wanted) or wanted == "off"
    if wanted and (off or chat.study.available):
        await chat.store.set_setting(caller.conversation, LEVEL, None if off else wanted)
    current = await level_of(chat, caller)
    if (wanted or current) and not off and (lacking := chat.study.lacking()):
        raise lacking
    if current is None:
        yield Notice(
            "Replies here are held to no level. /level n4 changes that.",
            "ここの返答はレベルを決めていません。/level n4 のように決められます。",
        )
        return
    yield Notice(
        f"Replies here are held to {current.name}: of several I choose the one with the fewest "
        "words above it, and explain those. The lists are unofficial.",
        f"ここの返答は{current.name}に合わせます。いくつか書いて、難しい言葉がいちばん少ないものを"
        "選び、残った言葉を説明します（レベルのリストは非公式です）。",
    )


async def _own(chat: Chat, caller: Caller) -> str:
    """The caller's own level. Raises BotError where they told none."""
    own = await profile.level_of(chat.store, caller)
    if own is None:
        raise BotError(
            "You have not told me your level yet. Write /me level n4, for example.",
            "あなたのレベルがまだわかりません。/me level n4 のように教えてください。",
        )
    return own


async def level_of(chat: Chat, caller: Caller) -> Level | None:
    """The level that is set in a channel."""
    stored = level_in(await chat.store.settings(caller.conversation))
    return None if stored is None else Level[stored.upper()]
