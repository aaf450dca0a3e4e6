"""What a terminal does for whoever types: earlier lines come back, Tab completes commands.

Uses prompt_toolkit; knows no conversation.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.shortcuts import CompleteStyle

from bot.chat import Chat
from bot.command import Argument
from bot.commands import COMMANDS, command_named
from bot.errors import BotError, system_reason
from bot.private import private_file


def session(chat: Chat, history: History) -> PromptSession[str]:
    """Where lines are typed; Tab lists what fits, as a shell does."""
    return PromptSession(
        history=history,
        completer=CommandCompleter(chat),
        complete_while_typing=False,
        complete_style=CompleteStyle.READLINE_LIKE,
    )


def kept_in(file: Path | None) -> History:
    """What was typed, kept in a file that its owner alone may read; None: in memory only.

    Raises BotError where the file cannot be used.
    """
    if file is None:
        return InMemoryHistory()
    try:
        private_file(file)
        with open(file, "ab"):
            return InputHistory(file)
    except OSError as error:
        english, japanese = system_reason(error)
        raise BotError(
            f"What you type cannot be kept in {file} ({english}); --no-history keeps nothing.",
            f"入力履歴を {file} に保存できません（{japanese}）。"
            "--no-history で履歴なしにできます。",
        ) from error


class InputHistory(FileHistory):
    """A file of lines, which can be emptied while it is in use. `keeps`: what is typed from now on
    is written there."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self._file = file
        self.keeps = True

    def store_string(self, string: str) -> None:
        """Keep a line, where lines are kept."""
        if self.keeps:
            super().store_string(string)

    def forget(self) -> None:
        """Keep nothing of what was typed so far."""
        self._loaded_strings.clear()
        with suppress(FileNotFoundError), open(self._file, "r+b") as file:
            file.truncate(0)


class CommandCompleter(Completer):
    """Commands by their beginning, in both languages, and what may follow them."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterator[Completion]:
        """What fits to the text before the cursor."""
        text = document.text_before_cursor
        if not text.startswith("/") or text.startswith("//"):
            return
        name, space, rest = text.removeprefix("/").partition(" ")
        if not space:
            names = [each for entry in COMMANDS for each in (entry.name, entry.japanese_name)]
            fitting = (
                [each for each in names if each.startswith(name)]
                if name
                else [entry.name for entry in COMMANDS]
            )
            for each in fitting:
                yield Completion(f"/{each}", start_position=-len(text))
            return
        entry = command_named(name)
        if entry is None or not entry.arguments:
            return
        *earlier, typed = rest.split(" ")
        argument = entry.arguments[min(len(earlier), len(entry.arguments) - 1)]
        for choice in self._choices(argument, typed):
            yield Completion(choice, start_position=-len(typed))

    def _choices(self, argument: Argument, typed: str) -> Iterator[str]:
        yield from (choice for choice in argument.choices if choice.startswith(typed.lower()))
        if argument.complete is not None:
            with suppress(BotError):  # what completes it is not set up
                yield from argument.complete(self._chat, typed)
