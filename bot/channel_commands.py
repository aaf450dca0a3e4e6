"""Commands that show a channel's settings, and change them for everybody there."""

from __future__ import annotations

from bot.chat import Chat
from bot.command import Answer
from bot.decoding import BY_NAME, OPTIONS, Option, checked, without_effect
from bot.errors import BotError, repeated
from bot.language import reads_japanese
from bot.messages import Sampling
from bot.notices import Notice
from bot.persona import PERSONA, checked_persona
from bot.policy import MODE, Mode
from bot.ports import Caller
from bot.retention import RETENTION, told


async def settings(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Show how the bot writes, all of it or one setting by its name; or change one."""
    conversation = caller.conversation
    name, *rest = argument.split(maxsplit=1) or [""]
    value = "".join(rest)
    if name and name not in BY_NAME:
        checked(name, "0")  # says what there is
    if unset(value):
        await chat.store.set_setting(conversation, name, None)
    elif value:
        await chat.store.set_setting(conversation, name, checked(name, value))
    current = await chat.sampling_for(conversation)
    stored = await chat.store.settings(conversation)
    japanese = await reads_japanese(chat.store, caller)
    shown = [option for option in OPTIONS if name in ("", option.name)]
    lines = [_line(option, current, stored.get(option.name), japanese) for option in shown]
    if name:
        option = BY_NAME[name]
        yield Notice(
            f"/settings {name} VALUE sets it, from {option.low:g} to {option.high:g}; "
            f"/settings {name} default unsets it; * is set for this channel.",
            f"/settings {name} 値 で変更（{option.low:g}から{option.high:g}まで）、"
            f"/settings {name} default で元に戻ります。*はこのチャンネルの設定です。",
            "\n".join(lines),
        )
    else:
        yield Notice(
            "/settings NAME VALUE sets, NAME default unsets; * is set for this channel.",
            "/settings 名前 値 で変更、値をdefaultにすると元に戻ります。"
            "*はこのチャンネルの設定です。",
            "\n".join(lines),
        )


def _line(option: Option, current: Sampling, stored: str | None, japanese: bool | None) -> str:
    """A setting as it is, in the reader's language; what cannot take effect says so below."""
    line = f"  {option.name} = {getattr(current, option.name)}{'' if stored is None else ' *'}  "
    line += _told((option.english, option.japanese), japanese)
    idle = without_effect(option.name, stored, current) if stored is not None else None
    return line if idle is None else f"{line}\n    ⚠ {_told(idle, japanese)}"


def _told(texts: tuple[str, str], japanese: bool | None) -> str:
    """One language, or both where the reader's is not known."""
    english, in_japanese = texts
    if japanese is None:
        return f"{in_japanese} / {english}"
    return in_japanese if japanese else english


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
        yield Notice(
            "No persona is set here: I am as my operator set me up.",
            "ここでは人物設定はありません（運営者の設定のままです）。",
        )
    else:
        yield Notice("My persona here:", "ここでの人物設定：", current)


async def retention(chat: Chat, caller: Caller, argument: str) -> Answer:
    """Show or set how long messages are kept."""
    conversation = caller.conversation
    if argument:
        wish = None if unset(argument) else chat.retention.checked(argument)
        await chat.store.set_setting(conversation, RETENTION, wish)
    yield told(chat.retention.of(await chat.store.settings(conversation)))


def unset(value: str) -> bool:
    """Whether a setting is to be as if it had never been set."""
    return value.strip().lower() == "default"
