"""All forms of a word as a table.

Knows classes and their bases (bases.py); the class itself comes from UniDic or from the tags of
a dictionary's entry.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import product

from bot.study.analysis import tokens
from bot.study.forms import paradigm_rows
from bot.study.forms.bases import ARU_KANJI, KURU_KANJI, TASSURU, VERBS, Bases
from bot.study.forms.conjugation import chain
from bot.study.forms.heads import readable, reading
from bot.study.forms.paradigm_rows import Line
from bot.study.forms.word_class import WordClass, by_tag, by_unidic
from bot.study.forms.word_lists import HOMOGRAPHS, MISSING, ONLY_POLITE, WITH_SURU, WITHOUT
from bot.study.kana import has_japanese, is_kana, seen

LONGEST = 30  # characters of a word
_SLOT = re.compile(r"\{(\w+)\}")
_LONG_SURU = re.compile(r"[っんう]する$")  # 達する, 関する, 有する
_C = WordClass


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is written, and its reading in hiragana (empty where it is not known)."""

    text: str
    kana: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. A cell has no form where the language has none, and several where
    several are said (高くないです, 高くありません)."""

    name_english: str
    name_japanese: str
    plain: tuple[Form, ...]
    polite: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Paradigm:
    """The forms of `word`, in the order in which textbooks teach them.

    A row that no speaker would say (できる has no potential) is left out.
    """

    word: str
    kana: str
    word_class: WordClass
    rows: tuple[Row, ...]


def paradigms(word: str, tags: Iterable[str] = (), kana: str = "") -> tuple[Paradigm, ...]:
    """The tables of a word given in any form, one for each class it may have (いる: 居る, 要る).

    `tags`: a dictionary's parts of speech for it (`v1`, or JMdict's long words), `kana` its
    reading there; with them `word` is the dictionary's own form, and they go before UniDic's
    opinion. Empty for what does not inflect, and for a sentence.
    """
    word = unicodedata.normalize("NFKC", seen(readable(word[: 4 * LONGEST]))).strip()
    if not has_japanese(word) or len(word) > LONGEST:
        return ()
    tagged = list(dict.fromkeys(found for tag in tags if (found := by_tag(tag)) is not None))
    if any(found is not _C.NOUN for found in tagged):
        tagged = [found for found in tagged if found is not _C.NOUN]
    tables = [table for found in tagged if (table := paradigm(word, found, kana)) is not None]
    if tables:
        return tuple(tables)
    plain, found = _plain(word)
    both = HOMOGRAPHS.get(word, ()) if plain == word else ()
    classes = [_C(value) for value in both] or ([] if found is None else [found])
    made = (paradigm(plain, one) for one in classes)
    return tuple(table for table in made if table is not None)


def paradigm(word: str, word_class: WordClass | None = None, kana: str = "") -> Paradigm | None:
    """The table of a word's plain form; of its likeliest class where none is given.

    None where the word does not end as its class does, and for what does not inflect.
    """
    if word_class is None:
        return next(iter(paradigms(word, kana=kana)), None)
    if word_class is _C.NOUN_SURU and not word.endswith("する"):
        word, kana = f"{word}する", kana and f"{kana}する"
    kana = kana or (word if is_kana(word) else reading(word))
    texts, readings = _values(word, word_class, kana), _values(kana, word_class, kana)
    if texts is None:
        return None
    same = "要る" if (word, word_class) == ("いる", _C.GODAN_RA) else word
    missing = MISSING.get(same, frozenset()) | WITHOUT.get(word_class, frozenset())
    rows: list[Row] = []
    for line in _lines(word_class):
        if line.english in missing:
            continue
        plain = _forms(line.plain, texts, readings)
        polite = _forms(line.polite, texts, readings)
        if f"{line.english}/polite" in missing:
            polite = ()
        if word in ONLY_POLITE and rows:
            plain = ()
        if plain or polite:
            rows.append(Row(line.english, line.japanese, plain, polite))
    return Paradigm(word, kana if readings is not None else "", word_class, tuple(rows))


def _plain(word: str) -> tuple[str, WordClass | None]:
    """The plain form of a word that stands alone, in any form, and its class."""
    words = tokens(word)
    if not words or words[0].start or words[-1].end != len(word):
        return word, None
    last = words[-1]
    ends_plain = last.conjugation_form.startswith(("終止形", "連体形"))
    compound = all(one.conjugation_form == "連用形-一般" for one in words[:-1])
    if ends_plain and len(words) > 1 and compound and last.pos[0] in ("動詞", "形容詞"):
        return word, by_unidic(last)  # 読み始める is a word of its own
    if len(words) == 1 and last.pos[0] in ("名詞", "代名詞", "形状詞"):
        return word, by_unidic(last)
    chains = chain(word)
    if len(chains) == 1 and chains[0].surface == word:
        return chains[0].plain, chains[0].word_class
    return word, None


def _lines(word_class: WordClass) -> Sequence[Line]:
    if word_class in VERBS:
        return paradigm_rows.VERB
    if word_class in (_C.I_ADJECTIVE, _C.YOI):
        return paradigm_rows.ADJECTIVE
    return paradigm_rows.NA_ADJECTIVE if word_class is _C.NA_ADJECTIVE else paradigm_rows.NOUN


Values = dict[str, tuple[str, ...]]


def _values(word: str, word_class: WordClass, kana: str) -> Values | None:
    """What stands for each slot of a template; None where the word does not end as it should."""
    if word_class in VERBS:
        return _verb(word, _bases(word, word_class, kana))
    if word_class in (_C.I_ADJECTIVE, _C.YOI):
        return _adjective(word, word_class)
    return {"word": (word,)} if word else None


def _bases(word: str, word_class: WordClass, kana: str) -> Bases:
    if word_class is _C.KURU and word.endswith("来る"):
        return KURU_KANJI
    if word in WITH_SURU:
        return VERBS[_C.SURU]
    if word_class is _C.SURU_SHORT and _LONG_SURU.search(kana):
        return TASSURU
    if word_class is _C.GODAN_ARU and not word.endswith("ある"):
        return ARU_KANJI
    return VERBS[word_class]


def _verb(word: str, bases: Bases) -> Values | None:
    if not word.endswith(bases.ending):
        return None
    stem = word.removesuffix(bases.ending)
    found: Values = {
        field.name: tuple(stem + base for base in getattr(bases, field.name))
        for field in fields(bases)
        if field.name != "ending"
    }
    past = str.maketrans({"て": "た", "で": "だ"})
    short = {"て": "ちゃ", "で": "じゃ"}
    found["plain"] = (word,)
    found["ta"] = tuple(te[:-1] + te[-1].translate(past) for te in found["te"])
    for slot, vowel in (("chau", "う"), ("chai", "い")):
        found[slot] = tuple(te[:-1] + short[te[-1]] + vowel for te in found["te"])
    found["zu"] = found["zu"] or found["negative"]
    if bases is ARU_KANJI:
        found["negative"] = (stem[:-1],)
    return found


def _adjective(word: str, word_class: WordClass) -> Values | None:
    if not word.endswith("い"):
        return None
    stem = word[:-1]
    if word_class is _C.YOI and word.endswith("いい"):
        stem = word[:-2] + "よ"
    seeming = stem + "さ" if word_class is _C.YOI or word in ("ない", "無い") else stem
    much = stem + "さ" if word in ("ない", "無い") else stem
    return {"plain": (word,), "stem": (stem,), "seeming": (seeming,), "much": (much,)}


def _forms(templates: Sequence[str], texts: Values, readings: Values | None) -> tuple[Form, ...]:
    return tuple(
        Form(text, kana)
        for template in templates
        for text, kana in zip(
            _filled(template, texts),
            _filled(template, readings) if readings else [""] * 9,
            strict=False,
        )
    )


def _filled(template: str, values: Values) -> list[str]:
    """A template with every combination of what its slots stand for."""
    slots = _SLOT.findall(template)
    return [
        template.format(**dict(zip(slots, chosen, strict=True)))
        for chosen in product(*(values[slot] for slot in slots))
    ]
