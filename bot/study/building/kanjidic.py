"""Kanji from a file of KANJIDIC2 (XML). https://www.edrdg.org/wiki/KANJIDIC_Project.html"""

from __future__ import annotations

from pathlib import Path

from bot.study.building.words import RawKanji
from bot.study.building.xml import Element, NotThisFile, elements

KIND = "KANJIDIC2"


def kanji(path: Path) -> tuple[list[RawKanji], str]:
    """All characters, and the day the file was made.

    Raises NotThisFile where it is something else or damaged.
    """
    found: list[RawKanji] = []
    created = ""
    at: dict[tuple[str, str], str] = {}
    variants: list[tuple[RawKanji, tuple[str, str]]] = []
    for element in elements(path, "kanjidic2", {"header", "character"}, KIND):
        if element.tag == "header":
            created = element.first("date_of_creation")
        if element.tag != "character":
            continue
        raw = _kanji(element, path)
        found.append(raw)
        for place in _inside(element, "codepoint"):
            at[place.attributes.get("cp_type", ""), place.text] = raw.character
        for place in _inside(element, "misc"):
            if place.tag == "variant":
                variants.append((raw, (place.attributes.get("var_type", ""), place.text)))
    if not found:
        raise NotThisFile(path, KIND)
    for raw, where in variants:
        if where in at and at[where] not in raw.variants:
            raw.variants.append(at[where])
    return found, created or "of unknown date"


def _kanji(element: Element, path: Path) -> RawKanji:
    misc = {child.tag: child.text for child in reversed(_inside(element, "misc"))}
    character = element.first("literal")
    if len(character) != 1 or not misc.get("stroke_count", "").isdecimal():
        raise NotThisFile(path, KIND)
    raw = RawKanji(
        character, int(misc["stroke_count"]), _number(misc, "grade"), _number(misc, "freq")
    )
    for radical in _inside(element, "radical"):
        if radical.attributes.get("rad_type") == "classical" and radical.text.isdecimal():
            raw.radical = int(radical.text)
    for group in _inside(element, "reading_meaning"):
        for child in group.children if group.tag == "rmgroup" else ():
            if child.tag == "meaning" and child.attributes.get("m_lang", "en") == "en":
                raw.meanings.append(child.text)
            elif child.attributes.get("r_type") == "ja_on":
                raw.on.append(child.text)
            elif child.attributes.get("r_type") == "ja_kun":
                raw.kun.append(child.text)
    return raw


def _inside(element: Element, tag: str) -> list[Element]:
    return [inner for child in element.children if child.tag == tag for inner in child.children]


def _number(misc: dict[str, str], name: str) -> int | None:
    return int(misc[name]) if misc.get(name, "").isdecimal() else None
