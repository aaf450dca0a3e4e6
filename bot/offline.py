"""The exact prompts of turns and of stored conversations, while no model runs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence

from bot.app import model_source, prompt_format
from bot.chat import Chat
from bot.config import Settings
from bot.kept import NoSuchConversation, opened
from bot.messages import GenerationEvent, GenerationRequest, Prompt, Turn
from bot.prompt import PromptFormat
from bot.tokenizer import load_tokenizer


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
    from storage.store import SqlStore

    async with opened(settings) as database:
        store = SqlStore(database)
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


def _format(settings: Settings) -> tuple[PromptFormat, int]:
    from bot.engine.checkpoint import context_length, find_folder

    source = model_source(settings)
    folder = find_folder(source, settings.model.revision)
    chosen = prompt_format(settings, load_tokenizer(folder), folder)
    known = context_length(folder)
    return chosen, min(known, settings.engine.context_length or known)
