"""The commands as Discord shows them: the core's table, /ask, and "Ask about this".

Knows how a command is declared, translated and registered; what it does is its caller's.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from typing import Any, Protocol

import discord
from discord import app_commands

from bot.command import Argument, Command, MessageCommand
from bot.commands import COMMANDS, MESSAGE_COMMANDS

LONGEST_CHOICE, MOST_CHOICES = 100, 25  # characters of an autocompletion, and how many


class Does(Protocol):
    """What the commands do."""

    async def run_command(
        self, interaction: discord.Interaction, command: Command, argument: str
    ) -> None: ...

    async def ask(self, interaction: discord.Interaction, question: str) -> None: ...

    async def ask_about(
        self, interaction: discord.Interaction, message: discord.Message
    ) -> None: ...

    async def about_message(
        self, interaction: discord.Interaction, entry: MessageCommand, message: discord.Message
    ) -> None: ...

    async def completions(self, argument: Argument, current: str) -> tuple[str, ...]: ...


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


def declare(tree: app_commands.CommandTree[Any], does: Does) -> None:
    """Put every command into the tree."""
    for entry in COMMANDS:
        tree.add_command(_from_table(entry, does))

    @app_commands.describe(question=text("what you want to ask", "質問"))
    @app_commands.rename(question=text("question", "質問"))
    async def ask_command(interaction: discord.Interaction, question: str) -> None:
        await does.ask(interaction, question)

    asking: Any = app_commands.Command(
        name=text("ask", "質問"),
        description=text("ask me something", "質問する"),
        callback=ask_command,
    )

    async def ask_about_command(interaction: discord.Interaction, message: discord.Message) -> None:
        await does.ask_about(interaction, message)

    about: Any = app_commands.ContextMenu(
        name=text("Ask about this", "これについて質問"), callback=ask_about_command
    )
    for command in (asking, about, *(_about_message(entry, does) for entry in MESSAGE_COMMANDS)):
        _offer(command, everywhere=True)
        tree.add_command(command)


def _about_message(entry: MessageCommand, does: Does) -> app_commands.ContextMenu:
    async def about_message(interaction: discord.Interaction, message: discord.Message) -> None:
        await does.about_message(interaction, entry, message)

    name = text(entry.english, entry.japanese)
    return app_commands.ContextMenu(name=name, callback=about_message)


def _from_table(entry: Command, does: Does) -> app_commands.Command[Any, ..., None]:
    """A command of the core's table. Its arguments are joined, as if they had been typed."""
    # Discord shows what is required first.
    shown = sorted(enumerate(entry.arguments), key=lambda found: not found[1].required)

    async def callback(interaction: discord.Interaction, **given: str | None) -> None:
        words = (given.get(f"argument{number}") for number in range(len(entry.arguments)))
        await does.run_command(interaction, entry, " ".join(filter(None, words)))

    # discord.py reads a command's options off its callback's parameters.
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [
        inspect.Parameter("interaction", positional, annotation=discord.Interaction),
        *(
            inspect.Parameter(
                f"argument{number}",
                positional,
                default=inspect.Parameter.empty if argument.required else None,
                annotation=str if argument.required else str | None,
            )
            for number, argument in shown
        ),
    ]
    callback.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # any function may have one
    for number, argument in shown:
        _describe(callback, f"argument{number}", argument)
    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=text(entry.name, entry.japanese_name),
        description=text(entry.english, entry.japanese),
        callback=callback,
    )
    for number, argument in shown:
        if argument.complete is not None:
            command.autocomplete(f"argument{number}")(_completing(argument, does))
    _offer(command, everywhere=entry.everywhere)
    return command


def _completing(argument: Argument, does: Does) -> Any:
    async def complete(
        interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        found = await does.completions(argument, current)
        # Discord refuses a list with one that is empty or too long.
        fitting = [value for value in found if 0 < len(value) <= LONGEST_CHOICE][:MOST_CHOICES]
        return [app_commands.Choice(name=value, value=value) for value in fitting]

    return complete


def _describe(callback: Any, parameter: str, argument: Argument) -> None:
    app_commands.rename(**{parameter: text(argument.name, argument.japanese_name)})(callback)
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
