"""Words from a file of JMdict or JMdict_e (XML). https://www.edrdg.org/jmdict/j_jmdict.html"""

from __future__ import annotations

import re
from pathlib import Path

from bot.study.building.words import Form, Meaning, RawWord
from bot.study.building.xml import Element, NotThisFile, elements

_LANGUAGE = "xml:lang"
_CREATED = re.compile(r"created:\s*(\d{4}-\d{2}-\d{2})")
_TAGS = ("misc", "field", "dial")
KIND = "JMdict"


def words(path: Path) -> tuple[list[RawWord], str]:
    """All entries with English meanings, and the day the file was made (empty: not said).

    Raises NotThisFile where it is something else or damaged.
    """
    found = []
    created = ""
    for element in elements(path, KIND, {"entry"}, KIND):
        if element.tag == "#comment":
            day = _CREATED.search(element.text)
            created = day[1] if day else created
        elif (word := _word(element, path)).meanings:
            found.append(word)
    if not found:
        raise NotThisFile(path, KIND)
    return found, created


def _word(element: Element, path: Path) -> RawWord:
    number = element.first("ent_seq")
    if not number.isdecimal() or not any(child.tag == "r_ele" for child in element.children):
        raise NotThisFile(path, KIND)
    word = RawWord(int(number))
    parts: list[str] = []
    for child in element.children:
        if child.tag == "k_ele":
            word.writings.append(Form(child.first("keb"), child.all("ke_inf"), child.all("ke_pri")))
        elif child.tag == "r_ele":
            word.readings.append(
                Form(
                    child.first("reb"),
                    child.all("re_inf"),
                    child.all("re_pri"),
                    child.all("re_restr"),
                )
            )
        elif child.tag == "sense":
            # A part of speech holds for the meanings after it, too, until another is given.
            parts = child.all("pos") or parts
            glosses = [
                gloss.text
                for gloss in child.children
                if gloss.tag == "gloss" and gloss.attributes.get(_LANGUAGE, "eng") == "eng"
            ]
            if glosses:
                tags = [tag for kind in _TAGS for tag in child.all(kind)]
                only = child.all("stagk") + child.all("stagr")
                word.meanings.append(Meaning(glosses, parts, tags, only))
    return word
