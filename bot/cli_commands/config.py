"""`kaiwa config`: what is in force, and where each of it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.command_line import ConfigOption, read_settings


def config(
    config: ConfigOption = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="only what differs from the defaults")
    ] = False,
) -> None:
    """Print the settings in force, and from where each comes; secrets only as set or not set."""
    from bot.config import settings_file
    from bot.config_origins import origins, secrets
    from bot.home import home
    from bot.tokens import SECRETS

    settings = read_settings(config)
    file = settings_file(config)
    print(f"# home: {home() or Path.cwd()}")
    print(f"# file: {file.absolute() if file else 'none (kaiwa init writes one)'}")
    section = ""
    for each in origins(settings, config):
        if changed and each.usual:
            continue
        if each.section != section:
            section = each.section
            print(f"\n[{section}]")
        line = f"#{each.key} is not set" if each.value is None else f"{each.key} = {each.value}"
        print(f"{line}  # {each.origin}")
    print("\n# Secrets, from the environment:")
    for line in secrets(SECRETS):
        if not changed or ": not set" not in line:
            print(f"# {line}")
