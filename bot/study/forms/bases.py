"""The bases of each class: what stands before the endings. Data, by hand.

A base replaces the end of the plain form: 書く with the negative base か is 書か (ない).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.study.forms.word_class import GODAN_ROWS, WordClass


@dataclass(frozen=True, slots=True)
class Bases:
    """What replaces `ending` (the end of the plain form) in each form of a verb.

    Several: all are said, the usual first. None: the form does not exist. `potential`,
    `passive`, `causative` and `short` (the short causative-passive) inflect on as ichidan verbs
    without their る; `spoken` is the potential without ら.
    """

    ending: str
    negative: tuple[str, ...]
    masu: tuple[str, ...]
    te: tuple[str, ...]
    ba: tuple[str, ...]
    imperative: tuple[str, ...]
    volitional: tuple[str, ...]
    potential: tuple[str, ...] = ()
    spoken: tuple[str, ...] = ()
    passive: tuple[str, ...] = ()
    causative: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    causative_passive: tuple[str, ...] = ()
    zu: tuple[str, ...] = ()  # before ず, where it is not the negative base


_TE = {
    "う": "って",
    "く": "いて",
    "ぐ": "いで",
    "す": "して",
    "つ": "って",
    "ぬ": "んで",
    "ぶ": "んで",
    "む": "んで",
    "る": "って",
}


def _godan(row: str, te: str = "") -> Bases:
    a, i, u, e, o = tuple(row)
    return Bases(
        u,
        negative=(a,),
        masu=(i,),
        te=(te or _TE[u],),
        ba=(e,),
        imperative=(e,),
        volitional=(f"{o}う",),
        potential=(e,),
        passive=(f"{a}れ",),
        causative=(f"{a}せ",),
        short=() if u == "す" else (f"{a}され",),  # 話さされる is not said
        causative_passive=(f"{a}せられ",),
    )


_ARU = Bases(
    "ある",
    negative=("",),
    zu=("あら",),
    masu=("あり",),
    te=("あって",),
    ba=("あれ",),
    imperative=("あれ",),
    volitional=("あろう",),
)
_HONORIFIC = Bases(
    "る",
    negative=("ら",),
    masu=("い",),
    te=("って",),
    ba=("れ",),
    imperative=("い",),
    volitional=("ろう",),
)
_ICHIDAN = Bases(
    "る",
    negative=("",),
    masu=("",),
    te=("て",),
    ba=("れ",),
    imperative=("ろ", "よ"),
    volitional=("よう",),
    potential=("られ",),
    spoken=("れ",),
    passive=("られ",),
    causative=("させ",),
    causative_passive=("させられ",),
)
_KURERU = Bases(
    "る",
    negative=("",),
    masu=("",),
    te=("て",),
    ba=("れ",),
    imperative=("",),
    volitional=("よう",),
)
_SURU = Bases(
    "する",
    negative=("し",),
    zu=("せ",),
    masu=("し",),
    te=("して",),
    ba=("すれ",),
    imperative=("しろ", "せよ"),
    volitional=("しよう",),
    potential=("でき",),
    passive=("され",),
    causative=("させ",),
    causative_passive=("させられ",),
)
_ZURU = Bases(
    "ずる",
    negative=("じ",),
    zu=("ぜ",),
    masu=("じ",),
    te=("じて",),
    ba=("ずれ", "じれ"),
    imperative=("じろ", "ぜよ"),
    volitional=("じよう",),
    potential=("じられ",),
    passive=("じられ",),
    causative=("じさせ",),
    causative_passive=("じさせられ",),
)
_AISURU = Bases(
    "する",
    negative=("さ",),
    masu=("し",),
    te=("して",),
    ba=("すれ", "せ"),
    imperative=("せ", "せよ"),
    volitional=("そう",),
    potential=("せ",),
    passive=("され",),
    causative=("させ",),
    causative_passive=("させられ",),
)
# Where っ, ん or a long vowel stands before する: 達しない, 反しない, 要しない.
TASSURU = Bases(
    "する",
    negative=("し",),
    zu=("せ",),
    masu=("し",),
    te=("して",),
    ba=("すれ",),
    imperative=("しろ", "せよ"),
    volitional=("しよう",),
    passive=("せられ", "され"),
    causative=("させ",),
    causative_passive=("させられ",),
)
KURU_KANJI = Bases(
    "来る",
    negative=("来",),
    masu=("来",),
    te=("来て",),
    ba=("来れ",),
    imperative=("来い",),
    volitional=("来よう",),
    potential=("来られ",),
    spoken=("来れ",),
    passive=("来られ",),
    causative=("来させ",),
    causative_passive=("来させられ",),
)
_KURU = Bases(
    "くる",
    negative=("こ",),
    masu=("き",),
    te=("きて",),
    ba=("くれ",),
    imperative=("こい",),
    volitional=("こよう",),
    potential=("こられ",),
    spoken=("これ",),
    passive=("こられ",),
    causative=("こさせ",),
    causative_passive=("こさせられ",),
)

# ある in kanji, where the negative is written in kana (有る: ない).
ARU_KANJI = replace(
    _ARU,
    ending="る",
    negative=("",),
    masu=("り",),
    te=("って",),
    ba=("れ",),
    imperative=("れ",),
    volitional=("ろう",),
    zu=("ら",),
)
_C = WordClass
VERBS: dict[WordClass, Bases] = {
    **{word_class: _godan(row) for word_class, row in GODAN_ROWS.items()},
    _C.GODAN_IKU: _godan("かきくけこ", "って"),
    _C.GODAN_TOU: _godan("わいうえお", "うて"),
    _C.GODAN_ARU: _ARU,
    _C.HONORIFIC: _HONORIFIC,
    _C.ICHIDAN: _ICHIDAN,
    _C.KURERU: _KURERU,
    _C.KURU: _KURU,
    _C.SURU: _SURU,
    _C.NOUN_SURU: _SURU,
    _C.SURU_SHORT: _AISURU,
    _C.ZURU: _ZURU,
}
