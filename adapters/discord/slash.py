"""The commands as Discord shows them: the core's table, /ask, and "Ask about this".

Knows how a command is declared, translated and registered; what it does is its caller's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord import app_commands

from bot.commands import COMMANDS, Argument, Command

Run = Callable[[discord.Interaction, Command, str], Awaitable[None]]
Ask = Callable[[discord.Interaction, str], Awaitable[None]]
AskAbout = Callable[[discord.Interaction, discord.Message], Awaitable[None]]

# Commands that make sense where the bot is not a member, only installed by a user.
PERSONAL = ("help", "privacy", "export", "forget-me")


def text(english: str, japanese: str) -> app_commands.locale_str:
    """A description that Discord shows in the reader's language."""
    return app_commands.locale_str(english, ja=japanese)


class Translator(app_commands.Translator):
    """Gives Discord the Japanese of each text."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """The text in a language; None where there is no translation."""
        japanese: str | None = string.extras.get("ja")
        return japanese if locale is discord.Locale.japanese else None


def declare(tree: app_commands.CommandTree[Any], run: Run, ask: Ask, ask_about: AskAbout) -> None:
    """Put every command into the tree."""
    for entry in COMMANDS:
        tree.add_command(_from_table(entry, run))

    @app_commands.describe(question=text("what you want to ask", "質問"))
    async def ask_command(interaction: discord.Interaction, question: str) -> None:
        await ask(interaction, question)

    asking: Any = app_commands.Command(
        name="ask", description=text("ask me something", "質問する"), callback=ask_command
    )

    async def ask_about_command(interaction: discord.Interaction, message: discord.Message) -> None:
        await ask_about(interaction, message)

    about: Any = app_commands.ContextMenu(
        name=text("Ask about this", "これについて質問"), callback=ask_about_command
    )
    for command in (asking, about):
        _offer(command, everywhere=True)
        tree.add_command(command)


def _from_table(entry: Command, run: Run) -> app_commands.Command[Any, ..., None]:
    """A command of the core's table. Its arguments are joined, as if they had been typed."""
    first, second = (*entry.arguments, None, None)[:2]
    callback: Any
    if second is not None:

        async def two(
            interaction: discord.Interaction, first: str | None = None, second: str | None = None
        ) -> None:
            await run(interaction, entry, " ".join(filter(None, (first, second))))

        callback = two
    elif first is not None:

        async def one(interaction: discord.Interaction, first: str | None = None) -> None:
            await run(interaction, entry, first or "")

        callback = one
    else:

        async def none(interaction: discord.Interaction) -> None:
            await run(interaction, entry, "")

        callback = none
    for parameter, argument in (("first", first), ("second", second)):
        if argument is not None:
            _describe(callback, parameter, argument)
    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=entry.name, description=text(entry.english, entry.japanese), callback=callback
    )
    _offer(command, everywhere=entry.name in PERSONAL)
    return command


def _describe(callback: Any, parameter: str, argument: Argument) -> None:
    app_commands.rename(**{parameter: argument.name})(callback)
    app_commands.describe(**{parameter: text(argument.english, argument.japanese)})(callback)
    if argument.choices:
        choices = [app_commands.Choice(name=value, value=value) for value in argument.choices]
        app_commands.choices(**{parameter: choices})(callback)


def _offer(command: Any, *, everywhere: bool) -> None:
    """Where a command is shown: in guilds and DMs with the bot, or wherever its user is."""
    command.allowed_contexts = app_commands.AppCommandContext(
        guild=True, dm_channel=True, private_channel=everywhere
    )
    command.allowed_installs = app_commands.AppInstallationType(guild=True, user=everywhere)


async def digest(tree: app_commands.CommandTree[Any]) -> str:
    """What the commands declare, as a hash: it changes when they are to be registered anew."""
    translator = tree.translator
    assert translator is not None
    declared = [
        await command.get_translated_payload(tree, translator) for command in tree.get_commands()
    ]
    return hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()
