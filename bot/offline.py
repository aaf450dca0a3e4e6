"""What commands do with prompts and stored conversations while no model runs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.app import model_source, prompt_format
from bot.chat import Chat
from bot.config import Settings
from bot.errors import BotError
from bot.messages import GenerationEvent, GenerationRequest, Prompt, Turn
from bot.prompt import PromptFormat
from bot.tokenizer import load_tokenizer

if TYPE_CHECKING:
    from storage.store import SqlStore


class NoSuchConversation(BotError):
    """An id that no stored conversation has."""

    def __init__(self, conversation_id: int) -> None:
        super().__init__(
            f"There is no conversation {conversation_id}. `kaiwa forget` lists what is stored.",
            f"会話 {conversation_id} はありません。`kaiwa forget` で保存された会話を一覧できます。",
        )


class _NoModel:
    """A text generator's length without its model: enough to make prompts with."""

    remote = False

    def __init__(self, context_length: int) -> None:
        self.context_length = context_length

    def stream(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """Never asked for: prompts are only looked at here."""
        raise AssertionError("there is no model")

    def prefill_ahead(
        self, conversation: str, beginning: Callable[[], Awaitable[Sequence[int]]]
    ) -> None:
        """Nothing is prefilled."""

    def chosen(self, conversation: str, candidate: int) -> None:
        """Nothing is kept."""

    def forget(self, conversations: Collection[str] | None = None) -> None:
        """Nothing is kept."""


def prompt_of_turns(settings: Settings, turns: Sequence[Turn]) -> Prompt:
    """The exact prompt of these turns and no others, whatever their length."""
    chosen, _ = _format(settings)
    text, ids = chosen.encode(turns)
    return Prompt(text, tuple(ids), tuple(turns))


async def prompt_of_conversation(settings: Settings, conversation_id: int) -> Prompt:
    """The prompt that the newest message of a stored conversation would be answered with."""
    chosen, context_length = _format(settings)
    async with _open_store(settings) as store:
        key = await store.key_of(conversation_id)
        if key is None:
            raise NoSuchConversation(conversation_id)
        chat = Chat(
            store,
            _NoModel(context_length),
            chosen,
            preamble=settings.prompt.preamble_turns(),
            sampling=settings.generation.sampling(),
        )
        return (await chat.context(key)).prompt


async def stored_conversations(settings: Settings) -> list[str]:
    """A line for each stored conversation."""
    async with _open_store(settings) as store:
        found = await store.conversations()
    return [
        f"{number}  {key.platform} {key.workspace}/{key.channel}"
        + (f"/{key.thread}" if key.thread else "")
        + f"  {count} messages"
        for number, key, count in found
    ]


async def forget_conversation(settings: Settings, conversation_id: int) -> str:
    """Delete a conversation with all that belongs to it; what was deleted, as a line."""
    async with _open_store(settings) as store:
        deleted = await store.forget(conversation_id)
    if deleted is None:
        raise NoSuchConversation(conversation_id)
    return f"会話 {conversation_id} を削除しました（{deleted}件）。 / Deleted {deleted} messages."


@asynccontextmanager
async def _open_store(settings: Settings) -> AsyncIterator[SqlStore]:
    from storage.database import Database  # prompts of turns need none
    from storage.store import SqlStore

    async with await Database.open(settings.storage.url) as database:
        yield SqlStore(database)


def _format(settings: Settings) -> tuple[PromptFormat, int]:
    from bot.engine.checkpoint import context_length, find_folder

    source = model_source(settings)
    folder = find_folder(source, settings.model.revision)
    chosen = prompt_format(settings, load_tokenizer(folder), folder)
    return chosen, context_length(folder)
