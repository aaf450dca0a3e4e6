"""What a terminal does for whoever types."""

from __future__ import annotations

from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory

from adapters.console_input import CommandCompleter, InputHistory, kept_in
from bot.chat import Chat
from bot.errors import BotError


def completed(chat: Chat, typed: str) -> list[str]:
    """The lines that Tab would make of what was typed."""
    found = CommandCompleter(chat).get_completions(Document(typed), CompleteEvent())
    return [typed[: len(typed) + each.start_position] + each.text for each in found]


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        ("/reg", ["/regenerate"]),
        ("/設", ["/設定"]),
        ("/settings top", ["/settings top_p", "/settings top_k"]),
        ("/設定 temp", ["/設定 temperature"]),
        ("/mode ", ["/mode mention", "/mode always", "/mode off", "/mode default"]),
        ("/quiz n5 20 x", []),
        ("/jisho たべ", []),  # there is no dictionary here
        ("/nonsense a", []),
        ("//reg", []),
        ("reg", []),
        ("", []),
    ],
)
def test_tab_completes_commands_and_what_may_follow(
    chat: Chat, typed: str, lines: list[str]
) -> None:
    """Where a command is being typed; a message is nobody's to complete."""
    assert completed(chat, typed) == lines


def test_tab_after_a_slash_lists_every_command(chat: Chat) -> None:
    """By its English name alone, or the list would be twice as long."""
    listed = completed(chat, "/")
    assert "/help" in listed and "/ヘルプ" not in listed


def test_what_was_typed_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    """Between sessions, until it is forgotten; then no session that goes on has it either."""
    file = tmp_path / "history"
    first = kept_in(file)
    assert isinstance(first, InputHistory) and file.stat().st_mode & 0o777 == 0o600
    first.append_string("秘密です")
    assert list(kept_in(file).load_history_strings()) == ["秘密です"]
    first.forget()
    assert first.get_strings() == [] and file.read_bytes() == b""
    first.keeps = False
    first.append_string("秘密です")
    first.keeps = True
    first.append_string("また")
    assert list(kept_in(file).load_history_strings()) == ["また"]


def test_a_history_that_is_not_wanted_or_cannot_be_is_none(tmp_path: Path) -> None:
    """In memory only; or what to do."""
    assert isinstance(kept_in(None), InMemoryHistory)
    with pytest.raises(BotError) as error:
        kept_in(tmp_path / "nowhere" / "history")
    assert "--no-history" in error.value.english
