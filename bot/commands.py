"""The commands that a user can give on every platform, as one table.

Adapters show the table in their platform's own way (text here, slash commands there) and call
`run`. What studying needs is in study_commands/. Longer than most files by the table itself.
"""

from __future__ import annotations

import difflib
import re

from bot import channel_commands, comparing, privacy
from bot.chat import Chat
from bot.command import Answer, Argument, Command, MessageCommand
from bot.decoding import BY_NAME
from bot.errors import BotError, repeated
from bot.language import reads_japanese
from bot.notices import Notice
from bot.persona import PERSONA
from bot.policy import Mode
from bot.ports import Caller
from bot.prompt import SPEAKER
from bot.retention import told
from bot.study_commands.table import STUDY_COMMANDS
from bot.web_command import web

# What goes on like this is a sentence: 辞書 は どこですか.
_PARTICLE = re.compile(r"を|(?:は|が|に|で|の|と|も|へ|や|って|から|まで|より|です)(?:\s|$)")


class UnknownCommand(BotError):
    """A command that does not exist; names the nearest one."""

    def __init__(self, name: str) -> None:
        name = repeated(name)
        near = difflib.get_close_matches(name, _NAMED, n=1)
        hint = f"/{near[0]}" if near else "/help"
        super().__init__(
            f"There is no command /{name}. Try {hint}.",
            f"「/{name}」というコマンドはありません。{hint} をお試しください。",
        )


class AdministratorsOnly(BotError):
    """A command that concerns everybody in a channel, from somebody who may not."""

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
    itself. A sentence that happens to begin with a command's name, in either language, is a
    message.
    """
    slash = text.startswith("/") and not text.startswith("//")
    if not (slash or bare):
        return None
    name, *rest = re.split(r"\s", text.removeprefix("/"), maxsplit=1)  # the Japanese space too
    argument = "".join(rest).strip()
    found = command_named(name)
    if found is None:
        if slash:
            raise UnknownCommand(name)
        return None
    if slash or (found.unmistakable and not _PARTICLE.match(argument)):
        return found, argument
    if found.unmistakable_like and re.match(found.unmistakable_like, argument):
        return found, argument
    if not argument:
        lacking = any(each.required for each in found.arguments)
        return None if lacking else (found, "")
    choices = found.arguments[0].choices if found.arguments else ()
    words = argument.lower().split()
    fits = words[0] in choices and len(words) <= len(found.arguments)
    return (found, argument) if fits else None


def command_named(name: str) -> Command | None:
    """The command of that English or Japanese name."""
    return _NAMED.get(name.lower())


def run(chosen: Command, chat: Chat, caller: Caller, argument: str) -> Answer:
    """A command's answer. Raises AdministratorsOnly; only to look is everybody's."""
    if chosen.administrators and argument and not caller.administrator:
        raise AdministratorsOnly(chosen.name)
    chat.meters.commands.add(chosen.name)
    return chosen.run(chat, caller, argument)


async def _help(chat: Chat, caller: Caller, argument: str) -> Answer:
    japanese = await reads_japanese(chat.store, caller)

    def told(entry: Command) -> str:
        in_japanese = f"{entry.japanese_name}：{entry.japanese}"
        if japanese is None:
            return f"{in_japanese} / {entry.english}"
        return in_japanese if japanese else entry.english

    lines = (f"  {entry.usage()}  {told(entry)}" for entry in COMMANDS)
    yield Notice("You can use these commands:", "使えるコマンド：", "\n".join(lines))


async def _context(chat: Chat, caller: Caller, argument: str) -> Answer:
    context = await chat.context(caller.conversation)
    settings = await chat.store.settings(caller.conversation)
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
        persona = PERSONA in settings
        what = "lines of persona" if persona else "opening lines"
        japanese_what = "人物設定" if persona else "前置き"
        english += f", with {prompt.pinned} {what}"
        japanese += f"（うち{japanese_what}{prompt.pinned}行）"
    english, japanese = f"{english}.", f"{japanese}。"
    if (days := chat.retention.of(settings)) is not None:
        kept = told(days)
        english, japanese = f"{english} {kept.english}", f"{japanese}{kept.japanese}"
    yield Notice(english, japanese, "\n".join(lines))


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


def _shortened(text: str, limit: int = 60) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


COMMANDS = (
    Command(
        "help",
        "ヘルプ",
        "show the commands",
        "コマンドの一覧",
        _help,
        private=True,
        everywhere=True,
    ),
    Command(
        "context",
        "記憶",
        "show what I remember here",
        "覚えている内容を表示",
        _context,
        private=True,
    ),
    Command(
        "reset",
        "新しく始める",
        "start afresh; nothing is deleted",
        "新しく始める（削除はしません）",
        _reset,
    ),
    Command(
        "stop",
        "停止",
        "stop the reply that is being written",
        "書いている返答を止める",
        _stop,
        private=True,
    ),
    Command(
        "regenerate", "書き直し", "write the last reply again", "最後の返答を書き直す", _regenerate
    ),
    Command(
        "mode",
        "モード",
        "show or set when I answer here",
        "返事をする条件を表示・変更",
        channel_commands.mode,
        (Argument("mode", "条件", "when to answer", "返事をする条件", (*Mode, "default")),),
        administrators=True,
    ),
    Command(
        "persona",
        "人物設定",
        "show or set who I am here",
        "人物設定を表示・変更",
        channel_commands.persona,
        (Argument("text", "文", "who to be, or default", "人物設定の文、または default"),),
        administrators=True,
    ),
    Command(
        "settings",
        "設定",
        "show or change how I write here",
        "書き方の設定を表示・変更",
        channel_commands.settings,
        (
            Argument("name", "名前", "which setting", "設定の名前", tuple(BY_NAME)),
            Argument("value", "値", "a number, or default", "数、または default"),
        ),
        administrators=True,
        private=True,
    ),
    Command(
        "compare",
        "比較",
        "two settings answer side by side; vote blindly, or see the results",
        "二つの設定の返答を並べ、伏せたまま投票（results で結果）",
        comparing.compare,
        (
            Argument(
                "what",
                "内容",
                "temperature=0.5 vs temperature=1.2, a question, or results",
                "temperature=0.5 vs temperature=1.2 と質問、または results",
                required=True,
                complete=comparing.completed,
            ),
        ),
        unmistakable_like=comparing.LIKE,
    ),
    Command(
        "retention",
        "保存期間",
        "show or set how many days messages are kept here",
        "メッセージの保存期間（日数）を表示・変更",
        channel_commands.retention,
        (Argument("days", "日数", "days, forever or default", "日数、forever、default"),),
        administrators=True,
        private=True,
    ),
    Command(
        "privacy",
        "プライバシー",
        "what I keep of you; out keeps nothing more",
        "保存している内容の説明（out で保存を停止）",
        privacy.privacy,
        (
            Argument(
                "choice", "選択", "keep nothing more, or again", "保存の停止・再開", ("out", "in")
            ),
        ),
        private=True,
        everywhere=True,
    ),
    Command(
        "export",
        "書き出し",
        "all that I keep of you; channel, all of this channel",
        "保存内容を受け取る（channel でこのチャンネルの分）",
        privacy.export,
        (Argument("what", "範囲", "all of this channel", "このチャンネルの全部", ("channel",)),),
        administrators=True,
        private=True,
        everywhere=True,
    ),
    Command(
        "forget-me",
        "忘れて",
        "delete all that I keep of you",
        "保存内容をすべて削除",
        privacy.forget_me,
        (Argument("sure", "確認", "yes deletes", "yes で削除", ("yes",)),),
        private=True,
        everywhere=True,
    ),
    Command(
        "web",
        "ウェブ",
        "a link to my web page, for you alone",
        "ウェブページへのリンク（あなた専用）",
        web,
        private=True,
        everywhere=True,
    ),
    *STUDY_COMMANDS,
)
BY_COMMAND = {entry.name: entry for entry in COMMANDS}
_NAMED = BY_COMMAND | {entry.japanese_name: entry for entry in COMMANDS}

READINGS = MessageCommand("Readings", "読みかた", BY_COMMAND["furigana"], "inline")
MESSAGE_COMMANDS = (
    READINGS,
    MessageCommand("Look up", "辞書で調べる", BY_COMMAND["jisho"]),
    MessageCommand("Correct", "添削", BY_COMMAND["correct"], "correct"),
)
