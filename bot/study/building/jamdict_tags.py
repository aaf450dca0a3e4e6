"""The codes of JMdict's marks, from the sentences that jamdict-data has in their place."""

from __future__ import annotations

import re

_CODES = {
    "noun (common) (futsuumeishi)": "n",
    "noun or participle which takes the aux. verb suru": "vs",
    "expressions (phrases, clauses, etc.)": "exp",
    "nouns which may take the genitive case particle 'no'": "adj-no",
    "adjectival nouns or quasi-adjectives (keiyodoshi)": "adj-na",
    "transitive verb": "vt",
    "intransitive verb": "vi",
    "Ichidan verb": "v1",
    "Ichidan verb - kureru special class": "v1-s",
    "Ichidan verb - zuru verb (alternative form of -jiru verbs)": "vz",
    "adverb (fukushi)": "adv",
    "adverb taking the 'to' particle": "adv-to",
    "adjective (keiyoushi)": "adj-i",
    "adjective (keiyoushi) - yoi/ii class": "adj-ix",
    "noun or verb acting prenominally": "adj-f",
    "noun, used as a suffix": "n-suf",
    "noun, used as a prefix": "n-pref",
    "interjection (kandoushi)": "int",
    "suffix": "suf",
    "prefix": "pref",
    "'taru' adjective": "adj-t",
    "'ku' adjective (archaic)": "adj-ku",
    "'shiku' adjective (archaic)": "adj-shiku",
    "archaic/formal form of na-adjective": "adj-nari",
    "suru verb - special class": "vs-s",
    "suru verb - included": "vs-i",
    "su verb - precursor to the modern suru": "vs-c",
    "Kuru verb - special class": "vk",
    "pronoun": "pn",
    "counter": "ctr",
    "particle": "prt",
    "conjunction": "conj",
    "pre-noun adjectival (rentaishi)": "adj-pn",
    "auxiliary": "aux",
    "auxiliary verb": "aux-v",
    "auxiliary adjective": "aux-adj",
    "numeric": "num",
    "copula": "cop",
    "unclassified": "unc",
    "verb unspecified": "v-unspec",
    "Godan verb - Iku/Yuku special class": "v5k-s",
    "Godan verb - -aru special class": "v5aru",
    "Godan verb with 'ru' ending (irregular verb)": "v5r-i",
    "Godan verb with 'u' ending (special class)": "v5u-s",
    "irregular ru verb, plain form ends with -ri": "vr",
    "irregular nu verb": "vn",
    "word usually written using kana alone": "uk",
    "abbreviation": "abbr",
    "archaism": "arch",
    "yojijukugo": "yoji",
    "obscure term": "obsc",
    "onomatopoeic or mimetic word": "on-mim",
    "colloquialism": "col",
    "slang": "sl",
    "idiomatic expression": "id",
    "honorific or respectful (sonkeigo) language": "hon",
    "obsolete term": "obs",
    "derogatory": "derog",
    "polite (teineigo) language": "pol",
    "humble (kenjougo) language": "hum",
    "sensitive": "sens",
    "historical term": "hist",
    "jocular, humorous term": "joc",
    "vulgar expression or word": "vulg",
    "familiar language": "fam",
    "children's language": "chn",
    "Internet slang": "net-sl",
    "dated term": "dated",
    "literary or formal term": "form",
    "female term or language": "fem",
    "male term or language": "male",
    "poetical term": "poet",
    "manga slang": "m-sl",
    "quotation": "quote",
    "full name of a particular person": "person",
    "place name": "place",
    "work of art, literature, music, etc. name": "work",
    "Buddhism": "Buddh",
    "martial arts": "MA",
    "Christianity": "Christn",
    "architecture, building": "archit",
    "art, aesthetics": "art",
    "audio-visual": "audvid",
    "electricity, elec. eng.": "elec",
    "finance": "finc",
    "horse-racing": "horse",
    "pharmacy": "pharm",
    "psychology, psychiatry": "psych",
    "video game": "vidg",
    "Hokkaido-ben": "hob",
    "Kansai-ben": "ksb",
    "Kantou-ben": "ktb",
    "Kyoto-ben": "kyb",
    "Kyuushuu-ben": "kyu",
    "Nagano-ben": "nab",
    "Osaka-ben": "osb",
    "Ryuukyuu-ben": "rkb",
    "Touhoku-ben": "thb",
    "Tosa-ben": "tsb",
    "Tsugaru-ben": "tsug",
    "irregular okurigana usage": "io",
    "word containing out-dated kanji": "oK",
    "word containing irregular kanji usage": "iK",
    "word containing irregular kana usage": "ik",
    "ateji (phonetic) reading": "ateji",
    "out-dated or obsolete kana usage": "ok",
    "gikun (meaning as reading) or jukujikun (special kanji reading)": "gikun",
}
_CLASSICAL = re.compile(r"(Godan|Nidan|Yodan) verb (?:\((\w+) class\) )?with '(\w+)")


def codes(english_of: dict[str, str]) -> dict[str, str]:
    """All of them, with the subjects', whose English is their code's (`english_of`)."""
    return {english: code for code, english in english_of.items()} | _CODES


def code_of(sentence: str, known: dict[str, str]) -> str:
    """The code of a mark; the sentence itself where it is not known."""
    if sentence not in known:
        found = _CLASSICAL.match(sentence)
        if found is None:
            return sentence
        kind, way, ending = found.groups()
        letter = "h" if ending == "hu" else ending[:1] if ending != "tsu" else "t"
        number = {"Godan": "5", "Nidan": "2", "Yodan": "4"}[kind]
        known[sentence] = f"v{number}{letter}{'-' + way[0] if way else ''}"
        if number == "2" and way:
            known[sentence] = f"v2{letter}-{'k' if way == 'upper' else 's'}"
    return known[sentence]
