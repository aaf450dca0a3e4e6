"""The commands that a user can give on every platform, as one table.

A command is a name, its help in both languages, and a coroutine over `Chat`. Adapters show the
table in their platform's own way (text here, slash commands there) and call `run`.
"""

from __future__ import annotations

import difflib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from bot.chat import Chat
from bot.decoding import BY_NAME, OPTIONS, checked
from bot.errors import BotError
from bot.messages import ConversationKey, ReplyEvent
from bot.prompt import SPEAKER


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the bot says of itself, in both languages; never part of the conversation.

    `detail` is a list that needs no translation, shown once below.
    """

    english: str
    japanese: str
    detail: str = ""

    def both(self) -> str:
        """Both languages, for a place whose language is not known."""
        return f"{self.japanese}\n{self.english}\n{self.detail}".rstrip()


Answer = AsyncGenerator[Notice | ReplyEvent, None]


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `argument` shows what may follow the name, or is empty."""

    name: str
    english: str
    japanese: str
    run: Callable[[Chat, ConversationKey, str], Answer]
    argument: str = ""


class UnknownCommand(BotError):
    """A command that does not exist; names the nearest one."""

    def __init__(self, name: str) -> None:
        near = difflib.get_close_matches(name, BY_COMMAND, n=1)
        hint = f"/{near[0]}" if near else "/help"
        super().__init__(
            f"There is no command /{name}. Try {hint}.",
            f"「/{name}」というコマンドはありません。{hint} をお試しください。",
        )


def command(chat: Chat, conversation: ConversationKey, text: str) -> Answer | None:
    """The answer to a text that begins with a slash; None where the text is a message.

    Raises UnknownCommand. `//text` is a message that begins with a slash.
    """
    if not text.startswith("/") or text.startswith("//"):
        return None
    name, _, argument = text[1:].partition(" ")
    found = BY_COMMAND.get(name.lower())
    if found is None:
        raise UnknownCommand(name)
    return found.run(chat, conversation, argument.strip())


async def _help(chat: Chat, conversation: ConversationKey, argument: str) -> Answer:
    lines = (
        f"  /{entry.name} {entry.argument}".rstrip() + f"  {entry.japanese} / {entry.english}"
        for entry in COMMANDS
    )
    yield Notice("You can use these commands:", "使えるコマンド：", "\n".join(lines))


async def _context(chat: Chat, conversation: ConversationKey, argument: str) -> Answer:
    context = await chat.context(conversation)
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


async def _reset(chat: Chat, conversation: ConversationKey, argument: str) -> Answer:
    hidden = await chat.reset(conversation)
    yield Notice(
        f"My memory starts here; I no longer look at {hidden} earlier messages.",
        f"ここから新しく始めます。これまでの{hidden}件はもう見ません。",
    )


async def _stop(chat: Chat, conversation: ConversationKey, argument: str) -> Answer:
    if await chat.stop(conversation):
        yield Notice("Stopped.", "止めました。")
    else:
        yield Notice("I am not writing anything.", "今は何も書いていません。")


async def _regenerate(chat: Chat, conversation: ConversationKey, argument: str) -> Answer:
    async for event in chat.regenerate(conversation):
        yield event


async def _settings(chat: Chat, conversation: ConversationKey, argument: str) -> Answer:
    name, _, value = argument.partition(" ")
    if value.strip().lower() in ("default", "off"):
        if name not in BY_NAME:
            checked(name, "0")  # says what there is
        await chat.store.set_setting(conversation, name, None)
    elif name:
        await chat.store.set_setting(conversation, name, checked(name, value.strip()))
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


def _shortened(text: str, limit: int = 60) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


COMMANDS = (
    Command("help", "show the commands", "コマンドの一覧", _help),
    Command("context", "show what I remember here", "覚えている内容を表示", _context),
    Command("reset", "start afresh; nothing is deleted", "新しく始める（削除はしません）", _reset),
    Command("stop", "stop the reply that is being written", "書いている返答を止める", _stop),
    Command("regenerate", "write the last reply again", "最後の返答を書き直す", _regenerate),
    Command(
        "settings",
        "show or change how I write here",
        "書き方の設定を表示・変更",
        _settings,
        argument="[NAME VALUE]",
    ),
)
BY_COMMAND = {entry.name: entry for entry in COMMANDS}
