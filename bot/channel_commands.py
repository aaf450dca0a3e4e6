"""Commands that show a channel's settings, and change them for everybody there."""

from __future__ import annotations

from bot.chat import Chat
from bot.command import Answer
from bot.decoding import BY_NAME, OPTIONS, checked
from bot.errors import BotError, repeated
from bot.notices import Notice
from bot.persona import PERSONA, checked_persona
from bot.policy import MODE, Mode
from bot.ports import Caller


async def settings(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Show or change how the bot writes."""
    conversation = caller.conversation
    name, *rest = argument.split(maxsplit=1) or [""]
    value = "".join(rest)
    if unset(value):
        if name not in BY_NAME:
            checked(name, "0")  # says what there is
        await chat.store.set_setting(conversation, name, None)
    elif name:
        await chat.store.set_setting(conversation, name, checked(name, value))
    current = await chat.sampling_for(conversation)
    stored = await chat.store.settings(conversation)
    lines = (
        f"  {option.name} = {getattr(current, option.name)}"
        + (" *" if option.name in stored else "")
        + f"  {option.japanese} / {option.english}"
        for option in OPTIONS
    )
    yield Notice(
        "/settings NAME VALUE sets, NAME default unsets; * is set for this channel.",
        "/settings 名前 値 で変更、値をdefaultにすると元に戻ります。*はこのチャンネルの設定です。",
        "\n".join(lines),
    )


_MODES = {
    Mode.MENTION: ("when I am mentioned or replied to", "メンションか返信されたとき"),
    Mode.ALWAYS: ("every message", "すべてのメッセージ"),
    Mode.OFF: ("nothing", "なし"),
}


async def mode(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Show or set when it answers."""
    conversation = caller.conversation
    wanted = argument.lower()
    if unset(wanted):
        await chat.store.set_setting(conversation, MODE, None)
    elif wanted:
        if wanted not in list(Mode):
            raise BotError(
                f"The mode is {', '.join(Mode)} or default, not {repeated(argument)!r}.",
                f"モードは {'、'.join(Mode)}、default のどれかにしてください。",
            )
        await chat.store.set_setting(conversation, MODE, wanted)
    current = await chat.mode_of(conversation)
    english, japanese = _MODES[current]
    yield Notice(
        f"Mode here: {current}. I answer: {english}.",
        f"ここでのモード：{current}（返事をするのは：{japanese}）。",
    )


async def persona(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Show or set who it is."""
    conversation = caller.conversation
    if argument:
        text = None if unset(argument) else checked_persona(argument)
        await chat.store.set_setting(conversation, PERSONA, text)
    current = (await chat.store.settings(conversation)).get(PERSONA)
    if current is None:
        yield Notice("No persona is set here.", "ここでは人物設定はありません。")
    else:
        yield Notice("My persona here:", "ここでの人物設定：", current)


def unset(value: str) -> bool:
    """Whether a setting is to be as if it had never been set."""
    return value.strip().lower() == "default"
