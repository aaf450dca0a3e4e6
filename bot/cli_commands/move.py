"""`kaiwa move`: everything that is stored, into another database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from bot.command_line import ConfigOption, read_settings, say

if TYPE_CHECKING:
    from storage.moving import Moved


def move(
    url: Annotated[
        str,
        typer.Argument(
            envvar="KAIWA_MOVE_URL",
            show_envvar=True,
            help="an empty database: postgresql+asyncpg://user:password@host/database, or "
            "sqlite+aiosqlite:///FILE",
        ),
    ],
    config: ConfigOption = None,
) -> None:
    """Copy everything into another database, and compare; while no bot runs."""
    from bot.home import placed, shown_place
    from storage.moving import move as moved

    source, target = read_settings(config).storage.url, placed(url)
    say(f"{shown_place(source)} → {shown_place(target)}")
    tables = asyncio.run(moved(source, target, lambda table: say(f"  {described(table)}")))
    for table in tables:
        print(f"✓ {described(table)}")
    rows = sum(table.rows for table in tables)
    print(f"✓ {len(tables)}テーブル、{rows:,}行 / {rows:,} rows of {len(tables)} tables")
    say(
        "元のデータベースはそのままです。[storage] url（または KAIWA_STORAGE__URL）を新しい"
        "データベースにしてから起動してください。\n"
        "The old database is left as it is. Set [storage] url (or KAIWA_STORAGE__URL) to the new "
        "one before the next start."
    )


def described(table: Moved) -> str:
    """A table that arrived, on one line."""
    return f"{table.table}: {table.rows:,}, {table.checksum}"
