"""What a message of Discord's says, wherever it stands. Pure: it asks nobody and fetches nothing.

One function for new messages, edits, quotations, "Ask about this" and what is read from a
channel's history. Whom a message is for is incoming.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

import discord

from adapters.discord.files import PICTURE, kind_of
from adapters.discord.markup import Names, own_ids, readable
from adapters.discord.snapshots import Snapshot
from adapters.reading import FileRef, Reading, Unreadable, attached, quotation

GuildOf = Callable[[int], discord.Guild | None]
Part = discord.Message | discord.MessageSnapshot  # what has content, files, embeds, components

# Embeds whose fields are Discord's own notes.
_NOTES = {"poll_result", "auto_moderation_message", "auto_moderation_notification"}


def read(
    message: discord.Message,
    me: int,
    *,
    own_roles: Collection[int] = (),
    guild_of: GuildOf | None = None,
) -> Reading:
    """A message's text with names in place of ids, its files, and what cannot be read of it.

    Mentions of the bot are left out: `me` is its user id, `own_roles` are roles that are its
    alone. `guild_of` finds the guild of the bot's from which a message was forwarded.
    """
    names = _names(message, me, own_roles)
    parts: list[tuple[Part, Names]] = [(message, names)]
    for snapshot in message.message_snapshots:
        parts.append((snapshot, _names_there(message, snapshot, names, guild_of)))
    lines = [_title(message)]
    for part, known in parts:
        lines += (readable(line, known) for line in _said(part))
    attachments = [each for part, known in parts for each in _attached(part, known)]
    kinds = [kind for kind, _ in attachments]
    files = tuple(kind for kind in kinds if isinstance(kind, FileRef))
    unreadable = tuple(kind for kind in kinds if isinstance(kind, Unreadable))
    described = any(file.description for part, _ in parts for file in part.attachments)
    if any(lines) or files or described:
        lines += (name for _, name in attachments)
    return Reading("\n".join(filter(None, lines)), files, unreadable)


def quoted(reading: Reading, author_name: str) -> str:
    """What a message says as a quotation; where there is no text, it names what cannot be read."""
    text = reading.text or "\n".join(f"（{each.japanese}）" for each in reading.unreadable)
    return quotation(text, author_name)


def _names(message: discord.Message, me: int, own_roles: Collection[int]) -> Names:
    people = {user.id: user.display_name for user in message.mentions}
    guilds = (message.guild,) if message.guild is not None else ()
    return Names(own_ids(message.guild, me, own_roles), guilds, people)


def _names_there(
    message: discord.Message,
    snapshot: discord.MessageSnapshot,
    names: Names,
    guild_of: GuildOf | None,
) -> Names:
    """The names in a forwarded message: those of the guild that it comes from first.

    It was not said to the bot, whose mention stays in it.
    """
    number = message.reference.guild_id if message.reference is not None else None
    there = guild_of(number) if guild_of is not None and number is not None else None
    guilds = (there,) if there is not None else ()
    people = snapshot.people if isinstance(snapshot, Snapshot) else {}
    mine = {guild.me.id: guild.me.display_name for guild in names.guilds if guild.me is not None}
    return replace(names, own=(), guilds=guilds + names.guilds, people=mine | people)


def _title(message: discord.Message) -> str:
    """A forum post's title, which stands before its first message: the one with the post's id."""
    channel = message.channel
    if isinstance(channel, discord.Thread) and channel.id == message.id:
        return channel.name
    return ""


def _said(part: Part) -> Iterator[str]:
    """All text of a message, as Discord has it: its own, its poll, its embeds and components."""
    yield part.content
    question, choices = _poll(part)
    if question:
        yield f"（投票）{question}"
        yield from (f"- {choice}" for choice in choices)
    for embed in part.embeds:
        if not _is_preview(embed, part):
            yield from _embed(embed)
    yield from _components(part.components)


def _poll(part: Part) -> tuple[str, Iterable[str]]:
    if isinstance(part, Snapshot):
        return part.question, part.choices
    poll = getattr(part, "poll", None)
    if poll is None:
        return "", ()
    return poll.question or "", [choice.text or str(choice.emoji or "") for choice in poll.answers]


def _is_preview(embed: discord.Embed, part: Part) -> bool:
    """Whether an embed only shows what an address in the text leads to.

    A person's embeds are nothing else; a bot makes its own, of the type "rich".
    """
    if embed.type in _NOTES:
        return True
    if "://" not in part.content:
        return False
    by_person = isinstance(part, discord.Message) and not (
        part.author.bot or part.webhook_id is not None
    )
    if by_person or embed.type != "rich":
        return True
    return embed.url is not None and embed.url.rstrip("/") in part.content


def _embed(embed: discord.Embed) -> Iterator[str]:
    yield embed.author.name or ""
    yield embed.title or ""
    yield embed.description or ""
    for field in embed.fields:
        name, value = (field.name or "").strip("\u200b "), (field.value or "").strip("\u200b ")
        yield ": ".join(filter(None, (name, value)))
    yield embed.footer.text or ""


def _components(components: Iterable[Any]) -> Iterator[str]:
    """The text in components, however deep it lies; not what is written on buttons."""
    for each in components:
        if isinstance(each, discord.TextDisplay):
            yield each.content
        elif isinstance(each, discord.MediaGalleryComponent):
            yield from (item.description or "" for item in each.items)
        elif isinstance(each, discord.ThumbnailComponent):
            yield each.description or ""
        elif isinstance(each, discord.SectionComponent):
            yield from _components([*each.children, each.accessory])
        elif isinstance(each, discord.Container):
            yield from _components(each.children)


def _attached(part: Part, names: Names) -> Iterator[tuple[FileRef | Unreadable, str]]:
    """What a message has besides text, and how that is named in the text, if it is.

    What a picture shows stands beside its name where its author said so.
    """
    for file in part.attachments:
        shows = readable(file.description or "", names)
        yield kind_of(file), attached(file.filename) + (f"\n{shows}" if shows else "")
    for sticker in part.stickers:
        kind = Unreadable(f"a sticker ({sticker.name})", f"スタンプ「{sticker.name}」")
        yield kind, f"（スタンプ：{sticker.name}）"
    for embed in part.embeds:
        if embed.image.url and not _is_preview(embed, part):
            yield PICTURE, ""
