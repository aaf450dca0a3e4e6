"""`kaiwa backup` and `kaiwa restore`: a copy of the database, and a copy put in its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.command_line import ConfigOption, read_settings, say
from bot.errors import BotError

if TYPE_CHECKING:
    from storage.sqlite_files import Contents


def backup(
    file: Annotated[Path, typer.Argument(help="where to put the copy")],
    force: Annotated[
        bool, typer.Option("--force", help="also where FILE is there already")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Copy the database into one file, also while the bot runs."""
    from bot.copies import copy_to

    settings = read_settings(config)
    try:
        made = copy_to(settings.storage.url, file, replace=force)
    except FileExistsError as error:
        raise BotError(
            f"{file} is there already. Name another file, or add --force to replace it.",
            f"{file} はすでにあります。別の名前にするか、--force で置き換えてください。",
        ) from error
    print(f"✓ {file}: {described(made)}")
    say(
        "会話、設定、単語と復習、クイズ、暗号化されたSlackのトークンが入っています。config.toml、"
        "環境変数のトークン、モデル、study.db は入っていません。\n"
        "It holds conversations, settings, words and reviews, quizzes, and Slack's encrypted "
        "tokens; not config.toml, tokens of the environment, the model, nor study.db."
    )


def restore(
    file: Annotated[Path, typer.Argument(help="a copy that `kaiwa backup` made")],
    config: ConfigOption = None,
) -> None:
    """Put a copy in the database's place, while no bot runs; what was there is kept."""
    from bot.copies import put_back

    settings = read_settings(config)
    restored = put_back(settings.storage.url, file)
    print(f"✓ {described(restored.contents)}")
    if restored.kept is not None:
        say(
            f"前のデータベースは {restored.kept} に残してあります。\n"
            f"The database that was there is kept as {restored.kept}."
        )
    if restored.contents.old:
        say(
            "古いバージョンのコピーです。次の起動で更新されます。\n"
            "The copy is of an older version; the next start brings it up to date."
        )


def described(contents: Contents) -> str:
    """How large a database is and what it holds, on one line."""
    rows = [f"{name} {count:,}" for name, count in contents.rows.items() if count]
    size = f"{contents.bytes / 1e6:,.1f} MB, version {contents.version}"
    return ", ".join([size, *(rows or ["nothing stored"])])
