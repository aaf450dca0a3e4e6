"""How a word inflects: its class, by UniDic's conjugation type or a dictionary's tags.

It knows classes and their names; not the forms (paradigm.py). A class never comes from a
word's ending alone: 帰る is godan, 変える ichidan.
"""

from __future__ import annotations

from enum import StrEnum


class WordClass(StrEnum):
    """A class of inflection; the value is the tag of JMdict where there is one."""

    GODAN_U = "v5u"
    GODAN_KA = "v5k"
    GODAN_GA = "v5g"
    GODAN_SA = "v5s"
    GODAN_TA = "v5t"
    GODAN_NA = "v5n"
    GODAN_BA = "v5b"
    GODAN_MA = "v5m"
    GODAN_RA = "v5r"
    GODAN_IKU = "v5k-s"  # 行く 行って
    GODAN_TOU = "v5u-s"  # 問う 問うて
    GODAN_ARU = "v5r-i"  # ある ない
    HONORIFIC = "v5aru"  # くださる くださいます
    ICHIDAN = "v1"
    KURERU = "v1-s"  # くれる くれ
    KURU = "vk"
    SURU = "vs-i"
    NOUN_SURU = "vs"  # 勉強する
    SURU_SHORT = "vs-s"  # 愛する 愛さない
    ZURU = "vz"  # 信ずる
    I_ADJECTIVE = "adj-i"
    YOI = "adj-ix"  # いい よくない
    NA_ADJECTIVE = "adj-na"
    NOUN = "n"  # with the copula

    @property
    def english(self) -> str:
        """What it is called in English."""
        raise NotImplementedError

    @property
    def japanese(self) -> str:
        """What it is called in Japanese (日本語教育 and school grammar)."""
        raise NotImplementedError


def by_unidic(conjugation_type: str, lemma: str, pos: tuple[str, ...]) -> WordClass | None:
    """The class of a word of UniDic; None for what does not inflect."""
    raise NotImplementedError


def by_tag(tag: str) -> WordClass | None:
    """The class that a part of speech of JMdict names, as its tag (`v5k`) or in its long words
    (`Godan verb with 'ku' ending`); None for all others."""
    raise NotImplementedError
