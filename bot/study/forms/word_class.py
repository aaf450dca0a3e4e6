"""How a word inflects: its class, by UniDic's conjugation type or a dictionary's tags.

It knows classes and their names; not the forms (paradigm.py). A class never comes from a
word's ending alone: 帰る is godan, 変える ichidan.
"""

from __future__ import annotations

from enum import StrEnum

from bot.study.analysis import Token


class WordClass(StrEnum):
    """A class of inflection; the value is JMdict's tag."""

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
    NOUN_SURU = "vs"  # 勉強する, listed as 勉強
    SURU_SHORT = "vs-s"  # 愛する 愛さない
    ZURU = "vz"  # 信ずる 信じない
    I_ADJECTIVE = "adj-i"
    YOI = "adj-ix"  # いい よくない
    NA_ADJECTIVE = "adj-na"
    NOUN = "n"  # with the copula

    @property
    def english(self) -> str:
        """What it is called in English."""
        return _NAMES[self][0]

    @property
    def japanese(self) -> str:
        """What it is called in Japanese, as school grammar and teachers of Japanese do."""
        return _NAMES[self][1]

    @property
    def is_godan(self) -> bool:
        """Whether it is a godan verb, of any kind."""
        return self.value.startswith("v5")


_C = WordClass
_NAMES = {
    _C.GODAN_U: ("godan verb, -u", "五段動詞（ワア行）"),
    _C.GODAN_KA: ("godan verb, -ku", "五段動詞（カ行）"),
    _C.GODAN_GA: ("godan verb, -gu", "五段動詞（ガ行）"),
    _C.GODAN_SA: ("godan verb, -su", "五段動詞（サ行）"),
    _C.GODAN_TA: ("godan verb, -tsu", "五段動詞（タ行）"),
    _C.GODAN_NA: ("godan verb, -nu", "五段動詞（ナ行）"),
    _C.GODAN_BA: ("godan verb, -bu", "五段動詞（バ行）"),
    _C.GODAN_MA: ("godan verb, -mu", "五段動詞（マ行）"),
    _C.GODAN_RA: ("godan verb, -ru", "五段動詞（ラ行）"),
    _C.GODAN_IKU: ("godan verb, irregular て-form (行って)", "五段動詞（カ行、促音便）"),
    _C.GODAN_TOU: ("godan verb, irregular て-form (問うて)", "五段動詞（ワア行、ウ音便）"),
    _C.GODAN_ARU: ("godan verb, irregular negative (ある, ない)", "五段動詞（ラ行、「ある」）"),
    _C.HONORIFIC: ("honorific godan verb (-います, -い)", "五段動詞（ラ行特殊、敬語）"),
    _C.ICHIDAN: ("ichidan verb", "一段動詞"),
    _C.KURERU: ("ichidan verb, imperative くれ", "一段動詞（命令形「くれ」）"),
    _C.KURU: ("irregular verb 来る", "カ行変格活用動詞"),
    _C.SURU: ("irregular verb する", "サ行変格活用動詞"),
    _C.NOUN_SURU: ("noun with する", "サ変名詞（する動詞）"),
    _C.SURU_SHORT: ("irregular verb in する (愛する, 愛さない)", "サ行変格活用動詞（一字漢語）"),
    _C.ZURU: ("irregular verb in ずる (also -じる)", "サ行変格活用動詞（ずる）"),
    _C.I_ADJECTIVE: ("い-adjective", "イ形容詞"),
    _C.YOI: ("い-adjective, irregular (いい, よく)", "イ形容詞（いい・よい）"),
    _C.NA_ADJECTIVE: ("な-adjective", "ナ形容詞（形容動詞）"),
    _C.NOUN: ("noun with the copula", "名詞＋だ"),
}

GODAN_ROWS = {
    _C.GODAN_U: "わいうえお",
    _C.GODAN_KA: "かきくけこ",
    _C.GODAN_GA: "がぎぐげご",
    _C.GODAN_SA: "さしすせそ",
    _C.GODAN_TA: "たちつてと",
    _C.GODAN_NA: "なにぬねの",
    _C.GODAN_BA: "ばびぶべぼ",
    _C.GODAN_MA: "まみむめも",
    _C.GODAN_RA: "らりるれろ",
}

_BY_ROW = dict(
    zip(
        ("ワア行", "カ行", "ガ行", "サ行", "タ行", "ナ行", "バ行", "マ行", "ラ行"),
        GODAN_ROWS,
        strict=True,
    )
)
_HONORIFIC = ("下さる", "仰る", "なさる", "為さる", "いらっしゃる", "ござる", "御座る")
_IKU = ("行く", "逝く", "往く")
_U_ONBIN = ("問う", "請う", "乞う", "恋う", "訪う")
_CERTAIN_NOUNS = ("名詞", "代名詞")


def by_unidic(token: Token) -> WordClass | None:
    """The class of a word of UniDic as it stands; None for what does not inflect.

    A potential (読める) is ichidan here.
    """
    kind, _, row = token.conjugation_type.partition("-")
    if kind == "五段":
        return _godan(token, row)
    if kind in ("上一段", "下一段"):
        kureru = token.lemma == "呉れる" and token.base in ("くれる", "呉れる")
        return _C.KURERU if kureru else _C.ICHIDAN
    if kind == "カ行変格":
        return _C.KURU
    if kind == "サ行変格":
        if token.base.endswith(("ずる", "じる")):
            return _C.ZURU
        return _C.SURU if token.lemma == "為る" else _C.SURU_SHORT
    if kind == "形容詞":
        return _C.YOI if token.lemma == "良い" else _C.I_ADJECTIVE
    if (token.pos[0] == "形状詞" and token.pos[1] != "助動詞語幹") or token.pos[2] == "形状詞可能":
        return _C.NA_ADJECTIVE
    if "サ変" in token.pos[2]:
        return _C.NA_ADJECTIVE if "形状詞" in token.pos[2] else _C.NOUN_SURU
    return _C.NOUN if token.pos[0] in _CERTAIN_NOUNS else None


def _godan(token: Token, row: str) -> WordClass | None:
    if token.lemma in _IKU and token.base.endswith(("く", *_IKU)):
        return _C.GODAN_IKU
    if token.lemma in _U_ONBIN:
        return _C.GODAN_TOU
    if token.lemma in ("有る", "在る"):
        return _C.GODAN_ARU
    if token.lemma in _HONORIFIC:
        return _C.HONORIFIC
    return _BY_ROW.get(row)


# JMdict's parts of speech as jamdict-data writes them out, where the first words decide.
_LONG = (
    ("Godan verb - Iku", _C.GODAN_IKU),
    ("Godan verb - -aru", _C.HONORIFIC),
    ("Godan verb with 'ru' ending (irregular", _C.GODAN_ARU),
    ("Godan verb with 'u' ending (special", _C.GODAN_TOU),
    ("Godan verb with 'u'", _C.GODAN_U),
    ("Godan verb with 'ku'", _C.GODAN_KA),
    ("Godan verb with 'gu'", _C.GODAN_GA),
    ("Godan verb with 'su'", _C.GODAN_SA),
    ("Godan verb with 'tsu'", _C.GODAN_TA),
    ("Godan verb with 'nu'", _C.GODAN_NA),
    ("Godan verb with 'bu'", _C.GODAN_BA),
    ("Godan verb with 'mu'", _C.GODAN_MA),
    ("Godan verb with 'ru'", _C.GODAN_RA),
    ("Ichidan verb - zuru", _C.ZURU),
    ("Ichidan verb - kureru", _C.KURERU),
    ("Ichidan verb", _C.ICHIDAN),
    ("Kuru verb", _C.KURU),
    ("suru verb - special", _C.SURU_SHORT),
    ("suru verb - included", _C.SURU),
    ("noun or participle which takes the aux. verb suru", _C.NOUN_SURU),
    ("adjective (keiyoushi) - yoi", _C.YOI),
    ("adjective (keiyoushi)", _C.I_ADJECTIVE),
    ("adjectival nouns or quasi-adjectives", _C.NA_ADJECTIVE),
    ("noun (common)", _C.NOUN),
)
_CODES = {word_class.value: word_class for word_class in _C}


def by_tag(tag: str) -> WordClass | None:
    """The class that a part of speech of JMdict names, as its code (`v5k`) or in its long words
    (`Godan verb with 'ku' ending`); None for all others."""
    if tag in _CODES:
        return _CODES[tag]
    return next((word_class for start, word_class in _LONG if tag.startswith(start)), None)
