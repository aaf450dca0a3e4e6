"""Slack's markup of a text: names and links in angle brackets, and three entities.

https://docs.slack.dev/messaging/formatting-message-text#advanced. Each function takes time in
proportion to the text's length, whatever stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.slack.emoji import with_emoji

_MARKUP = re.compile(r"<(?P<kind>[@#!]?)(?P<what>[^<>|\n]+)(?:\|(?P<label>[^<>\n]*))?>")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
_ENTITY = re.compile("|".join(_ENTITIES))
_EVERYBODY = ("here", "channel", "everyone")
_NOT_SAID = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Names:
    """Readable names by id: of people, and of channels."""

    people: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)


def readable(text: str, names: Names) -> str:
    """Slack's markup as people read it; entities decoded last, so that nothing is read twice."""

    def spoken(found: re.Match[str]) -> str:
        kind, what, label = found["kind"], found["what"], found["label"]
        if kind == "@":
            return f"@{names.people.get(what) or label or 'unknown'}"
        if kind == "#":
            return f"#{label or names.channels.get(what) or 'unknown'}"
        if kind == "!":
            if what in _EVERYBODY:
                return f"@{what}"
            if what.startswith("subteam^"):
                return f"@{(label or 'group').removeprefix('@')}"
            return label or what  # a date comes with its text
        address = what.removeprefix("mailto:").removeprefix("tel:")
        if not label or label in (what, address) or what.endswith(f"//{label}"):
            return address
        return f"{label} ({address})"

    return unescaped(_MARKUP.sub(spoken, text))


def unescaped(text: str) -> str:
    """A text with Slack's three entities as the characters that people typed."""
    return _ENTITY.sub(lambda found: _ENTITIES[found[0]], text)


def typed(text: str) -> str:
    """What somebody wrote into a form or behind a command, where nothing is marked up."""
    return with_emoji(unescaped(text))


def mentions(text: str) -> set[str]:
    """Whom a text speaks to: the ids of people, and whatever else notifies several."""
    return {
        found["what"]
        for found in _MARKUP.finditer(text)
        if found["kind"] == "@" or (found["kind"] == "!" and "date^" not in found["what"])
    }


def references(text: str) -> tuple[set[str], set[str]]:
    """The ids of the people, and of the channels without a name, that a text names."""
    found = list(_MARKUP.finditer(text))
    people = {each["what"] for each in found if each["kind"] == "@"}
    return people, {each["what"] for each in found if each["kind"] == "#" and not each["label"]}


def without_mention(text: str, me: str) -> str:
    """A text without the mentions of one person, and one blank where one stood within a line."""
    first, *others = re.split(rf"<@{re.escape(me)}(?:\|[^<>]*)?>", text)
    parts = [first]
    for other in others:
        before, after = parts[-1].rstrip(" \t"), other.lstrip(" \t")
        within = before and not before.endswith("\n") and after and not after.startswith("\n")
        parts[-1] = before + " " * bool(within)
        parts.append(after)
    return "".join(parts).strip()


def labelled(text: str, known: str) -> str:
    """A text with the names that another one gives to the same channels and groups."""
    labels = {
        found["what"]: found["label"]
        for found in _MARKUP.finditer(known)
        if found["kind"] in ("#", "!") and found["label"]
    }

    def named(found: re.Match[str]) -> str:
        label = labels.get(found["what"])
        if found["label"] or not label or found["kind"] not in ("#", "!"):
            return found[0]
        return f"<{found['kind']}{found['what']}|{label}>"

    return _MARKUP.sub(named, text) if labels else text


def says_all_of(whole: str, part: str) -> bool:
    """Whether a text has all the words of another one, in their order, and more.

    Marks, spaces and emoji do not count; a person or channel counts by its id.
    """
    longer, shorter = _words(whole), _words(part)
    rest = iter(longer)
    return len(longer) > len(shorter) and all(character in rest for character in shorter)


def _words(text: str) -> str:
    def plain(found: re.Match[str]) -> str:
        return found["what"] if found["kind"] else f"{found['what']}{found['label'] or ''}"

    text = re.sub(r":[a-z0-9_+'-]{1,100}:", "", unescaped(_MARKUP.sub(plain, text)))
    return _NOT_SAID.sub("", text).casefold()
