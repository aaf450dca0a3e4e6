"""What a message says on Slack, wherever that stands: in its text, its blocks, attachments of
apps, messages that were shared into it, and files. Pure: it asks nobody and fetches nothing.

An event is a dict as Slack's Events API delivers it, or a message as a channel's history has it.
Names are the caller's to find out: `references` says of whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.reading import LONGEST_QUOTE, FileRef, Reading, Unreadable, attached, quotation
from adapters.slack import files, markup, rich_text
from adapters.slack.blocks import escape
from adapters.slack.markup import Names
from adapters.slack.rich_text import dicts
from adapters.slack.shares import DEEPEST, Event, is_share, shares

# What Slack, or an app, adds when it unfolds a link: nobody said it.
_PREVIEW = ("from_url", "original_url", "app_unfurl_url", "is_app_unfurl", "service_name")
_NO_FALLBACK = "[no preview available]"


@dataclass(slots=True)
class _Said:
    """What a message says, in Slack's markup: what can be read, and the names of its files."""

    lines: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    files: list[FileRef] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)

    def all(self) -> str:
        """Everything, the files' names below the rest."""
        return "\n".join([*self.lines, *self.names])

    def say(self, text: str) -> None:
        """Add a text, if it says anything."""
        if text := text.strip():
            self.lines.append(text)

    def quote(self, other: _Said) -> None:
        """Add what another message says, as a quotation."""
        self.lines += map(rich_text.quoted, other.lines)
        self.names += map(rich_text.quoted, other.names)
        self.files += other.files
        self.unreadable += other.unreadable


def read(event: Event, me: str, names: Names) -> Reading:
    """All that a message says, with names in place of ids and without the bot's own mention."""
    said = _said(event, me)
    text = markup.readable(said.all(), names) if said.lines or said.files else ""
    return Reading(text, tuple(said.files), tuple(said.unreadable))


def references(*events: Event) -> tuple[set[str], set[str]]:
    """The ids of the people and of the channels whose names reading these messages needs."""
    people, channels = set[str](), set[str]()
    for event in events:
        named, places = markup.references("\n".join(_said(event, "").lines))
        people |= named | ({str(event["user"])} if event.get("user") else set())
        channels |= places
    return people, channels


def mentions(event: Event) -> set[str]:
    """Whom a message speaks to; not whom one mentions that is shared into it."""
    blocks = rich_text.blocks_text(event.get("blocks"))
    return markup.mentions(f"{event.get('text') or ''}\n{blocks}")


def own_words(event: Event, me: str) -> str:
    """What its author wrote themself, in Slack's markup; empty for what is only passed on."""
    return markup.without_mention(_own(event), me)


def says_nothing(event: Event, me: str) -> bool:
    """Whether there is nothing in a message but the bot's mention."""
    return not _said(event, me).all()


def quoted(event: Event, me: str, names: Names) -> str:
    """A message as a quotation, with its author's name."""
    text = markup.readable(_said(event, me).all(), names)
    return quotation(text, author_name(event, names))


def condensed(event: Event, me: str, most: int = LONGEST_QUOTE) -> dict[str, Any]:
    """A small message of which the same quotation can be made, with about `most` characters of
    text; what is shared into it stays its own author's. A form carries it along, until it is sent
    and names are looked up."""
    small, _ = _condensed(event, me, most)
    return small | {"user": event.get("user"), "username": author_name(event, Names())}


def _condensed(event: Event, me: str, most: int, depth: int = 0) -> tuple[dict[str, Any], int]:
    """What a message says and shares, and how many characters of `most` are left."""
    parts = [part for part in dicts(event.get("attachments")) if not is_share(part)]
    said = _said({**event, "attachments": parts}, me).all()
    small: dict[str, Any] = {"text": _cut(said, most)}
    most -= len(said)
    shared = []
    for share in shares(event) if depth < DEEPEST else ():
        if most <= 0:
            break
        inner, most = _condensed(share, me, most, depth + 1)
        if inner["text"] or "attachments" in inner:
            shared.append({"is_share": True, "author_id": share["user"], **inner})
    return small | ({"attachments": shared} if shared else {}), most


def author(event: Event) -> str:
    """Who said it: a person's id, or an app's that has no user here."""
    return str(event.get("user") or event.get("bot_id") or "")


def author_name(event: Event, names: Names) -> str:
    """By what name to call who said it; an app by its own."""
    profile = event.get("bot_profile")
    app = profile.get("name") if isinstance(profile, Mapping) else None
    known = names.people.get(str(event.get("user")))
    return str(known or event.get("username") or app or event.get("user") or "app")


def _said(event: Event, me: str, depth: int = 0) -> _Said:
    """`me`: whose mention is left out, the bot's own; depth: in how many others this is shared."""
    said = _Said()
    said.say(own_words(event, me))
    inner = iter(shares(event))
    for part in dicts(event.get("attachments")):
        if is_share(part):
            share = next(inner)
            if depth < DEEPEST:
                said.quote(_said(share, me, depth + 1))
        elif not any(part.get(each) for each in _PREVIEW):
            said.say(markup.without_mention(_of_app(part), me))
    for file in dicts(event.get("files")):
        said.say(escape(files.text_of(file)))
        said.names.append(escape(attached(files.name_of(file))))
        ref, unreadable = files.opened(file)
        said.files += [ref] if ref else []
        said.unreadable += [unreadable] if unreadable else []
    return said


def _own(event: Event) -> str:
    """A message's own words. Slack sends most twice: what its blocks say is what people see, but
    the text may have more, where it has blocks of kinds that say nothing here."""
    text = rich_text.marked(event.get("text"))
    blocks = rich_text.blocks_text(event.get("blocks"))
    if not blocks.strip() or markup.says_all_of(text, blocks):
        return text
    return markup.labelled(blocks, text)


def _of_app(part: Event) -> str:
    """What an attachment says that an app made, or a table that somebody pasted."""
    texts = [rich_text.marked(part.get("pretext")), rich_text.plain(part.get("title"))]
    texts.append(rich_text.marked(part.get("text")))
    for each in dicts(part.get("fields")):
        title, value = rich_text.plain(each.get("title")), rich_text.marked(each.get("value"))
        texts.append(": ".join(filter(None, [title, value])))
    texts.append(rich_text.blocks_text(part.get("blocks")))
    if not any(text.strip() for text in texts) and part.get("fallback") != _NO_FALLBACK:
        texts.append(rich_text.plain(part.get("fallback")))
    return "\n".join(filter(str.strip, texts))


def _cut(text: str, most: int) -> str:
    """The beginning of a markup text, of whose last mention or link nothing is half there."""
    if len(text) <= most:
        return text
    text = text[:most]
    opened = text.rfind("<")
    return (text[:opened] if opened > text.rfind(">") else text) + "…"
