"""The commands that a user can give on every platform, as one table.

A command is a name, its help in both languages, and a coroutine over `Chat`. Adapters show the
table in their platform's own way (text here, slash commands there) and call `run`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from bot import privacy
from bot.chat import Chat
from bot.decoding import BY_NAME, OPTIONS, checked
from bot.errors import BotError, repeated
from bot.messages import ReplyEvent
from bot.notices import Notice
from bot.persona import PERSONA, checked_persona
from bot.policy import MODE, Mode
from bot.ports import Caller
from bot.prompt import SPEAKER

Answer = AsyncGenerator[Notice | ReplyEvent, None]


@dataclass(frozen=True, slots=True)
class Argument:
    """What may follow a command's name; the last one takes all that is left."""

    name: str
    english: str
    japanese: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `private`: its answer concerns the caller alone."""

    name: str
    english: str
    japanese: str
    run: Callable[[Chat, Caller, str], Answer]
    arguments: tuple[Argument, ...] = ()
    administrators: bool = False
    private: bool = False

    def usage(self) -> str:
        """The command as it is typed."""
        return " ".join([f"/{self.name}", *(f"[{a.name.upper()}]" for a in self.arguments)])


class UnknownCommand(BotError):
    """A command that does not exist; names the nearest one."""

    def __init__(self, name: str) -> None:
        name = repeated(name)
        near = difflib.get_close_matches(name, BY_COMMAND, n=1)
        hint = f"/{near[0]}" if near else "/help"
        super().__init__(
            f"There is no command /{name}. Try {hint}.",
            f"「/{name}」というコマンドはありません。{hint} をお試しください。",
        )


class AdministratorsOnly(BotError):
    """A command that changes a channel for everybody, from somebody who may not."""

    private = True

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Only administrators may use /{name} like this.",
            f"/{name} のこの使い方は管理者だけができます。",
        )


def command(chat: Chat, caller: Caller, text: str) -> Answer | None:
    """The answer to a text that begins with a slash; None where the text is a message.

    Raises UnknownCommand and AdministratorsOnly. `//text` is a message that begins with a
    slash.
    """
    found = typed(text)
    return None if found is None else run(found[0], chat, caller, found[1])


def typed(text: str, *, bare: bool = False) -> tuple[Command, str] | None:
    """The command and its argument that a text is; None where it is a message.

    It begins with a slash (UnknownCommand where there is no such one). `bare`: or it is a
    command without one, to the letter, since a platform may keep what begins with a slash for
    itself. A sentence that happens to begin with a command's name is a message.
    """
    slash = text.startswith("/") and not text.startswith("//")
    if not (slash or bare):
        return None
    name, *rest = re.split(r"\s", text.removeprefix("/"), maxsplit=1)  # the Japanese space too
    argument = "".join(rest).strip()
    found = BY_COMMAND.get(name.lower())
    if found is None:
        if slash:
            raise UnknownCommand(name)
        return None
    if slash or not argument:
        return found, argument
    choices = found.arguments[0].choices if found.arguments else ()
    words = argument.lower().split()
    fits = words[0] in choices and len(words) <= len(found.arguments)
    return (found, argument) if fits else None


def run(chosen: Command, chat: Chat, caller: Caller, argument: str) -> Answer:
    """A command's answer. Raises AdministratorsOnly; only to look is everybody's."""
    if chosen.administrators and argument and not caller.administrator:
        raise AdministratorsOnly(chosen.name)
    return chosen.run(chat, caller, argument)


async def _help(chat: Chat, caller: Caller, argument: str) -> Answer:
    lines = (f"  {entry.usage()}  {entry.japanese} / {entry.english}" for entry in COMMANDS)
    yield Notice("You can use these commands:", "使えるコマンド：", "\n".join(lines))


async def _context(chat: Chat, caller: Caller, argument: str) -> Answer:
    context = await chat.context(caller.conversation)
    prompt = context.prompt
    remembered = prompt.turns[prompt.pinned :]
    lines = (f"  {SPEAKER[turn.role]}: {_shortened(turn.text)}" for turn in remembered)
    english = f"I remember {len(remembered)} messages here"
    japanese = f"ここでは{len(remembered)}件のメッセージを覚えています"
    if prompt.dropped:
        english += f" ({prompt.dropped} older ones no longer fit)"
        japanese += f"（古い{prompt.dropped}件は入りきりません）"
    english += f": {context.tokens:,} of {context.budget:,} tokens"
    japanese += f"。{context.budget:,}トークン中{context.tokens:,}を使っています"
    if prompt.pinned:
        english += f", with {prompt.pinned} lines of persona"
        japanese += f"（うち設定の文{prompt.pinned}行）"
    yield Notice(f"{english}.", f"{japanese}。", "\n".join(lines))


async def _reset(chat: Chat, caller: Caller, argument: str) -> Answer:
    hidden = await chat.reset(caller.conversation)
    yield Notice(
        f"My memory starts here; I no longer look at {hidden} earlier messages.",
        f"ここから新しく始めます。これまでの{hidden}件はもう見ません。",
    )


async def _stop(chat: Chat, caller: Caller, argument: str) -> Answer:
    if await chat.stop(caller.conversation):
        yield Notice("Stopped.", "止めました。")
    else:
        yield Notice("I am not writing anything.", "今は何も書いていません。")


async def _regenerate(chat: Chat, caller: Caller, argument: str) -> Answer:
    async for event in chat.regenerate(caller.conversation, by=caller.user_id):
        yield event


async def _settings(chat: Chat, caller: Caller, argument: str) -> Answer:
    conversation = caller.conversation
    name, *rest = argument.split(maxsplit=1) or [""]
    value = "".join(rest)
    if _unset(value):
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


async def _mode(chat: Chat, caller: Caller, argument: str) -> Answer:
    conversation = caller.conversation
    wanted = argument.lower()
    if _unset(wanted):
        await chat.store.set_setting(conversation, MODE, None)
    elif wanted:
        if wanted not in list(Mode):
            raise BotError(
                f"The mode is {', '.join(Mode)} or default, not {repeated(argument)!r}.",
                f"モードは {'、'.join(Mode)}、default のどれかにしてください。",
            )
        await chat.store.set_setting(conversation, MODE, wanted)
    mode = await chat.mode_of(conversation)
    english, japanese = _MODES[mode]
    yield Notice(
        f"Mode here: {mode}. I answer: {english}.",
        f"ここでのモード：{mode}（返事をするのは：{japanese}）。",
    )


async def _persona(chat: Chat, caller: Caller, argument: str) -> Answer:
    conversation = caller.conversation
    if argument:
        text = None if _unset(argument) else checked_persona(argument)
        await chat.store.set_setting(conversation, PERSONA, text)
    current = (await chat.store.settings(conversation)).get(PERSONA)
    if current is None:
        yield Notice("No persona is set here.", "ここでは人物設定はありません。")
    else:
        yield Notice("My persona here:", "ここでの人物設定：", current)


def _unset(value: str) -> bool:
    return value.strip().lower() == "default"


def _shortened(text: str, limit: int = 60) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


COMMANDS = (
    Command("help", "show the commands", "コマンドの一覧", _help, private=True),
    Command("context", "show what I remember here", "覚えている内容を表示", _context, private=True),
    Command("reset", "start afresh; nothing is deleted", "新しく始める（削除はしません）", _reset),
    Command(
        "stop",
        "stop the reply that is being written",
        "書いている返答を止める",
        _stop,
        private=True,
    ),
    Command("regenerate", "write the last reply again", "最後の返答を書き直す", _regenerate),
    Command(
        "mode",
        "show or set when I answer here",
        "返事をする条件を表示・変更",
        _mode,
        (Argument("mode", "when to answer", "返事をする条件", (*Mode, "default")),),
        administrators=True,
    ),
    Command(
        "persona",
        "show or set who I am here",
        "人物設定を表示・変更",
        _persona,
        (Argument("text", "who to be, or default", "人物設定の文、または default"),),
        administrators=True,
    ),
    Command(
        "settings",
        "show or change how I write here",
        "書き方の設定を表示・変更",
        _settings,
        (
            Argument("name", "which setting", "設定の名前", tuple(BY_NAME)),
            Argument("value", "a number, or default", "数、または default"),
        ),
        administrators=True,
        private=True,
    ),
    Command(
        "privacy",
        "what I keep of you; out keeps nothing more",
        "保存している内容の説明（out で保存を停止）",
        privacy.privacy,
        (Argument("choice", "keep nothing more, or again", "保存の停止・再開", ("out", "in")),),
        private=True,
    ),
    Command("export", "all that I keep of you", "保存内容を受け取る", privacy.export, private=True),
    Command(
        "forget-me",
        "delete all that I keep of you",
        "保存内容をすべて削除",
        privacy.forget_me,
        (Argument("sure", "yes deletes", "yes で削除", ("yes",)),),
        private=True,
    ),
)
BY_COMMAND = {entry.name: entry for entry in COMMANDS}
