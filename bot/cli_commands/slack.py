"""`kaiwa slack`: what it takes to set the bot up there."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bot.errors import BotError

slack = typer.Typer(help="Setting Kaiwa up on Slack.", no_args_is_help=True)


@slack.command()
def manifest(
    url: Annotated[
        str | None, typer.Option(help="where Slack reaches Kaiwa, for events over HTTP")
    ] = None,
) -> None:
    """Print the manifest from which Slack makes the app."""
    from adapters.slack.transport.manifest import text

    if url is not None and not url.startswith("https://"):
        raise BotError(
            "Slack sends its requests to an address that begins with https:// only.",
            "Slack がリクエストを送るのは https:// で始まるアドレスだけです。",
        )
    sys.stdout.write(text(url))


@slack.command()
def key() -> None:
    """Make a key for KAIWA_SLACK_INSTALLATION_KEY, which encrypts the workspaces' tokens."""
    from storage.installations import new_key

    print(new_key())
