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
from adapters.reading import FileRef, Reading, Unreadable

LONGEST_QUOTE = 600  # characters

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
    forwarded = [(each, _names_there(message, each, names, guild_of)) for each in _shots(message)]
    parts: list[tuple[Part, Names]] = [(message, names), *forwarded]
    lines = [_title(message)]
    for part, known in parts:
        lines += (readable(line, known) for line in _said(part))
    files: list[FileRef] = []
    unreadable: list[Unreadable] = []
    named: list[str] = []
    for part, known in parts:
        for kind, name in _attached(part):
            if isinstance(kind, FileRef):
                files.append(kind)
            else:
                unreadable.append(kind)
                named.append(name)
        lines += (readable(line, known) for line in _described(part))
    lines = [line for line in lines if line]
    if lines or files:
        lines += filter(None, named)
    return Reading("\n".join(lines), tuple(files), tuple(unreadable))


def quoted(reading: Reading, author_name: str) -> str:
    """What a message says as a quotation, with its author's name and at most LONGEST_QUOTE
    characters of it. Files that were not fetched are named; so is what cannot be read, where
    there is nothing else."""
    text = reading.text or "\n".join(f"（{each.japanese}）" for each in reading.unreadable)
    text = "\n".join(filter(None, [text, *(attached(file.name) for file in reading.files)]))
    if len(text) > LONGEST_QUOTE:
        text = text[:LONGEST_QUOTE] + "…"
    return "\n".join(f"> {line}" for line in f"{author_name}: {text}".split("\n"))


def attached(name: str) -> str:
    """How a file is named in a text."""
    return f"（添付ファイル：{name}）"


def _names(message: discord.Message, me: int, own_roles: Collection[int]) -> Names:
    people = {user.id: user.display_name for user in message.mentions}
    guilds = (message.guild,) if message.guild is not None else ()
    return Names(own_ids(message.guild, me, own_roles), guilds, people)


def _shots(message: discord.Message) -> list[discord.MessageSnapshot]:
    return message.message_snapshots


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


def _attached(part: Part) -> Iterator[tuple[FileRef | Unreadable, str]]:
    """What a message has besides text, and how that is named in the text, if it is."""
    for file in part.attachments:
        yield kind_of(file), "" if file.description else attached(file.filename)
    for sticker in part.stickers:
        kind = Unreadable(f"a sticker ({sticker.name})", f"スタンプ「{sticker.name}」")
        yield kind, f"（スタンプ：{sticker.name}）"
    for embed in part.embeds:
        if embed.image.url and not _is_preview(embed, part):
            yield PICTURE, ""


def _described(part: Part) -> Iterator[str]:
    """What pictures and other files show, where their author said so."""
    for file in part.attachments:
        if file.description:
            yield attached(f"{file.filename}、{file.description}")
