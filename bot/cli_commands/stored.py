"""`kaiwa forget` and `kaiwa export`: what is kept, deleted for good or handed over."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.command_line import ConfigOption, read_settings, say
from bot.errors import BotError

PersonOption = Annotated[
    str | None, typer.Option(help="PLATFORM:ID of a person, such as discord:81384788765712384")
]


def forget(
    conversation: Annotated[int | None, typer.Argument(help="id of a conversation")] = None,
    person: PersonOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="delete without asking")] = False,
    config: ConfigOption = None,
) -> None:
    """Delete a conversation, or all of a person, for good; without either, list what is stored."""
    from bot import kept
    from bot.input_history import forgotten_at_the_console
    from bot.privacy import counted, forgotten

    settings = read_settings(config)
    if conversation is not None and person is not None:
        raise BotError(
            "Give an id or --person, not both.", "IDか --person のどちらか一方を指定してください。"
        )
    if person is not None:
        who = kept.person(person)
        _confirm(counted(asyncio.run(kept.counts_of(settings, who))).both(), yes)
        print(forgotten(asyncio.run(kept.forget_who(settings, who))).both())
        forgotten_at_the_console(who[0])
    elif conversation is not None:
        found = asyncio.run(kept.one(settings, conversation))
        _confirm(kept.line(found), yes)
        print(asyncio.run(kept.forget_conversation(settings, conversation)))
        forgotten_at_the_console(found.key.platform)
    else:
        for line in asyncio.run(kept.stored_conversations(settings)):
            print(line)


def _confirm(what: str, yes: bool) -> None:
    """Go on only if that is meant: by --yes, or by somebody at the terminal who says so."""
    if yes:
        return
    say(what)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise BotError(
            "Nothing was deleted. Add --yes to delete this for good.",
            "何も削除していません。完全に削除するには --yes を付けてください。",
        )
    say("完全に削除しますか。 / Delete for good? [y/N]")
    try:
        answer = input("> ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes", "はい"):
        raise BotError("Nothing was deleted.", "何も削除していません。")


def export(
    file: Annotated[Path | None, typer.Argument(help="where to write; standard output")] = None,
    conversation: Annotated[int | None, typer.Option(help="all of this conversation")] = None,
    person: PersonOption = None,
    everything: Annotated[bool, typer.Option("--all", help="all that is stored")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="also where FILE is there already")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Write what is stored as lines of JSON, to FILE (mode 600) or standard output."""
    from bot import kept
    from bot.private import whole_file

    if (conversation is not None) + (person is not None) + everything != 1:
        raise BotError(
            "Give one of --conversation ID, --person PLATFORM:ID and --all.",
            "--conversation ID、--person プラットフォーム:ID、--all の"
            "どれか一つを指定してください。",
        )
    settings = read_settings(config)
    who = None if person is None else kept.person(person)
    if file is None:
        asyncio.run(kept.export(settings, sys.stdout.write, conversation=conversation, who=who))
        sys.stdout.flush()
        return
    with whole_file(file, replace=force) as sink:
        count = asyncio.run(kept.export(settings, sink.write, conversation=conversation, who=who))
    say(f"✓ {file}: {count:,}件 / {count:,} lines")
