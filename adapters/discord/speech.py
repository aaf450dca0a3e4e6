"""What the bot says of itself, as Discord's messages: text, a file, and buttons."""

from __future__ import annotations

import io
import re
from typing import Any

import discord

from adapters.discord.offers import offered
from adapters.splitting import split
from bot.errors import BotError
from bot.notices import Notice, Span, Style

LIMIT = 2_000  # characters of a message
MOST = 5  # messages of a notice: where only a user installed the bot there can be no more
SILENT = discord.AllowedMentions.none()
_AROUND = {Style.BOLD: "**", Style.ADDED: "**", Style.REMOVED: "~~", Style.HIDDEN: "||"}
# What means something in Discord's Markdown: headings, lists and quotations begin a line. In links
# and custom emoji nothing does (discord.py's own escape_markdown breaks both).
_MEANS = re.compile(
    r"(?P<kept>https?://[\w./?=&%#:+@~-]+|<a?:\w+:\d+>)"
    r"|(?P<begins>^[ \t]*(?=[-#>]))|[\\`*_~|]|\[(?=.*\]\()",
    re.ASCII | re.MULTILINE,
)


def shown(span: Span) -> str:
    """A span in Discord's Markdown."""
    text = _MEANS.sub(_escaped, span.text)
    if span.style is None or not text.strip():
        return text
    # Marks around white space are shown as they are.
    before, after = len(text) - len(text.lstrip()), len(text.rstrip())
    mark = _AROUND[span.style]
    return f"{text[:before]}{mark}{text[before:after]}{mark}{text[after:]}"


def _escaped(found: re.Match[str]) -> str:
    if found["kept"]:
        return found[0]
    return f"{found[0]}\\" if found["begins"] is not None else f"\\{found[0]}"


def in_language(interaction: discord.Interaction, notice: Notice | BotError) -> str:
    """A notice in the language that the person's Discord is set to."""
    japanese = is_japanese(interaction)
    if isinstance(notice, BotError):
        return notice.japanese if japanese else notice.english
    return notice.in_one(japanese=japanese, show=shown)


def is_japanese(interaction: discord.Interaction) -> bool:
    """Whether the person's Discord is in Japanese."""
    return interaction.locale is discord.Locale.japanese


def parts(
    notice: Notice | BotError,
    whole: str | None = None,
    *,
    japanese: bool | None = None,
    source: int | None = None,
) -> list[dict[str, Any]]:
    """A notice as messages: the arguments of discord.py's `send`. Where it would take more than
    MOST, its beginning and all of it as a file.

    `whole`: its text, where that is not to be in both languages; `japanese`: that of its buttons,
    or None for both. `source`: the message whose text its offers are about.
    """
    if whole is None:
        whole = notice.both(shown) if isinstance(notice, Notice) else notice.both()
    messages: list[dict[str, Any]] = [{"content": part.text} for part in split(whole, LIMIT)]
    attached = files(notice)
    if len(messages) > MOST:
        del messages[1:]
        attached.append(discord.File(io.BytesIO(notice.both().encode()), "kaiwa.txt"))
    if attached:
        messages[0]["files"] = attached
    offers = notice.offers if isinstance(notice, Notice) else ()
    view = offered(offers, japanese=japanese, source=source)
    if view is not None:
        messages[-1]["view"] = view
    return messages


async def tell(
    interaction: discord.Interaction,
    notice: Notice | BotError,
    *,
    private: bool = True,
    source: int | None = None,
) -> None:
    """Answer a deferred interaction with a notice, in as many messages as it takes.

    Private ones are in the person's language, public ones in both. The first takes the place
    of "is thinking", and then is as private as the interaction was deferred.
    """
    whole = in_language(interaction, notice) if private else None
    japanese = is_japanese(interaction) if private else None
    for part in parts(notice, whole, japanese=japanese, source=source):
        await interaction.followup.send(
            **part, ephemeral=private, allowed_mentions=SILENT, wait=True
        )


def files(notice: Notice | BotError) -> list[discord.File]:
    """A notice's file, to be sent once."""
    attached = notice.file if isinstance(notice, Notice) else None
    if attached is None:
        return []
    return [discord.File(io.BytesIO(attached.content), attached.name)]
