"""What is answered: questions from a file, a line each, and stored conversations.

Makes prompts as the bot itself does: with the settings' persona, or that of the channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.config import Settings
from bot.errors import BotError, system_reason
from bot.explore.running import Asked
from bot.kept import NoSuchConversation, opened
from bot.messages import ConversationKey, Role, Sampling, Turn
from bot.ports import TextGenerator
from bot.prompt import PromptFormat, fit
from bot.recall import NoQuestion, Recall

if TYPE_CHECKING:
    from storage.store import SqlStore


def questions(file: Path) -> list[str]:
    """A file's lines; empty ones are none, nor are those that begin with #. Raises BotError."""
    try:
        lines = file.read_bytes().decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        if isinstance(error, UnicodeDecodeError):
            english, japanese = "is not UTF-8 text", "UTF-8 のテキストではありません"
        else:
            english, japanese = system_reason(error)
        raise BotError(
            f"{file}: cannot be read ({english}). Give a text file with a question on each line.",
            f"{file}：読み込めません（{japanese}）。"
            "一行に一つ質問を書いたテキストファイルを指定してください。",
        ) from error
    found = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not found:
        raise BotError(
            f"{file} has no question. Write one on each line.",
            f"{file} に質問がありません。一行に一つ書いてください。",
        )
    return found


async def look_for(settings: Settings, conversations: Sequence[int]) -> None:
    """Raises NoSuchConversation, before a model is loaded."""
    from storage.store import SqlStore

    if conversations:
        async with opened(settings) as database:
            for number in conversations:
                await _key(SqlStore(database), number)


def of_questions(
    settings: Settings, lines: Sequence[str], chosen: PromptFormat, budget: int
) -> list[Asked]:
    """Each as the first question of a conversation, in `budget` tokens. Raises BotError."""
    preamble = settings.prompt.preamble_turns()
    return [Asked(line, fit(chosen, preamble, (Turn(Role.USER, line),), budget)) for line in lines]


async def of_conversations(
    settings: Settings,
    conversations: Sequence[int],
    generator: TextGenerator,
    chosen: PromptFormat,
    sampling: Sampling,
) -> list[Asked]:
    """Each up to its last question, as its channel's persona has it. Raises BotError."""
    if not conversations:
        return []
    from storage.store import SqlStore

    async with opened(settings) as database:
        store = SqlStore(database)
        preamble = settings.prompt.preamble_turns()
        recall = Recall(store, chosen, lambda: generator.context_length, preamble, sampling)
        found = []
        for number in conversations:
            try:
                prompt = await recall.asked(await _key(store, number))
            except NoQuestion:
                raise BotError(
                    f"Conversation {number} has no question that could be answered.",
                    f"会話 {number} には、答えられる質問がありません。",
                ) from None
            found.append(Asked(prompt.turns[-1].text, prompt))
        return found


async def _key(store: SqlStore, number: int) -> ConversationKey:
    key = await store.key_of(number)
    if key is None:
        raise NoSuchConversation(number)
    return key
