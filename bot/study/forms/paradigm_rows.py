"""The lines of a word's table: names, and how each form is put together. Data, by hand.

`{masu}` and the like stand for what bases.py has; `{plain}` is the word, `{ta}` its past.
"""

from __future__ import annotations

from typing import NamedTuple


class Line(NamedTuple):
    """A row's names and the templates of its cells."""

    english: str
    japanese: str
    plain: tuple[str, ...]
    polite: tuple[str, ...] = ()


def _ru(english: str, japanese: str, base: str) -> Line:
    """A form that inflects on as an ichidan verb."""
    return Line(english, japanese, (f"{{{base}}}る",), (f"{{{base}}}ます",))


VERB = (
    Line("non-past", "非過去（辞書形・ます形）", ("{plain}",), ("{masu}ます",)),
    Line("negative", "否定（ない形）", ("{negative}ない",), ("{masu}ません",)),
    Line("past", "過去（た形）", ("{ta}",), ("{masu}ました",)),
    Line("past negative", "過去否定", ("{negative}なかった",), ("{masu}ませんでした",)),
    Line("て-form", "て形", ("{te}",), ("{masu}まして",)),
    Line("negative て-form", "否定のて形", ("{negative}なくて", "{negative}ないで")),
    Line("ます-stem", "連用形（ます形の語幹）", ("{masu}",)),
    Line("conditional ば", "条件（ば）", ("{ba}ば",)),
    Line("negative conditional ば", "否定の条件（ば）", ("{negative}なければ",)),
    Line("conditional たら", "条件（たら）", ("{ta}ら",), ("{masu}ましたら",)),
    _ru("potential", "可能", "potential"),
    _ru("potential without ら", "可能（ら抜き、話し言葉）", "spoken"),
    _ru("passive", "受身・尊敬", "passive"),
    _ru("causative", "使役", "causative"),
    _ru("causative-passive", "使役受身", "causative_passive"),
    _ru("causative-passive, short", "使役受身（短縮形）", "short"),
    Line("imperative", "命令", ("{imperative}",), ("{masu}なさい",)),
    Line("prohibitive", "禁止", ("{plain}な",), ("{negative}ないでください",)),
    Line("volitional", "意向", ("{volitional}",), ("{masu}ましょう",)),
    Line("presumptive", "推量", ("{plain}だろう",), ("{plain}でしょう",)),
    Line("desire (たい)", "希望（たい）", ("{masu}たい",), ("{masu}たいです",)),
    Line("progressive, state (ている)", "進行・状態（ている）", ("{te}いる",), ("{te}います",)),
    Line("completion (てしまう)", "完了（てしまう）", ("{te}しまう",), ("{te}しまいます",)),
    Line("completion, spoken", "完了（てしまうの縮約）", ("{chau}",), ("{chai}ます",)),
    Line("appearance (そう)", "様態（そう）", ("{masu}そうだ",), ("{masu}そうです",)),
    Line("hearsay (そう)", "伝聞（そう）", ("{plain}そうだ",), ("{plain}そうです",)),
    Line("listing (たり)", "例示（たり）", ("{ta}り",)),
    Line("while (ながら)", "同時（ながら）", ("{masu}ながら",)),
    Line("negative, written (ず)", "否定（ず、書き言葉）", ("{zu}ず",)),
)
ADJECTIVE = (
    Line("non-past", "非過去", ("{plain}",), ("{plain}です",)),
    Line("negative", "否定", ("{stem}くない",), ("{stem}くないです", "{stem}くありません")),
    Line("past", "過去", ("{stem}かった",), ("{stem}かったです",)),
    Line(
        "past negative",
        "過去否定",
        ("{stem}くなかった",),
        ("{stem}くなかったです", "{stem}くありませんでした"),
    ),
    Line("て-form", "て形", ("{stem}くて",)),
    Line("negative て-form", "否定のて形", ("{stem}くなくて",)),
    Line("adverbial", "連用形（副詞形）", ("{stem}く",)),
    Line("conditional ば", "条件（ば）", ("{stem}ければ",)),
    Line("negative conditional ば", "否定の条件（ば）", ("{stem}くなければ",)),
    Line("conditional たら", "条件（たら）", ("{stem}かったら",)),
    Line("presumptive", "推量", ("{plain}だろう",), ("{plain}でしょう",)),
    Line("appearance (そう)", "様態（そう）", ("{seeming}そうだ",), ("{seeming}そうです",)),
    Line("hearsay (そう)", "伝聞（そう）", ("{plain}そうだ",), ("{plain}そうです",)),
    Line("listing (たり)", "例示（たり）", ("{stem}かったり",)),
    Line("too much (すぎる)", "過度（すぎる）", ("{much}すぎる",), ("{much}すぎます",)),
    Line("become (なる)", "変化（くなる）", ("{stem}くなる",), ("{stem}くなります",)),
    Line("noun (さ)", "名詞化（さ）", ("{stem}さ",)),
)
_COPULA_START = (Line("non-past", "非過去", ("{word}だ",), ("{word}です",)),)
_COPULA_REST = (
    Line(
        "negative",
        "否定",
        ("{word}じゃない", "{word}ではない"),
        ("{word}じゃありません", "{word}ではありません"),
    ),
    Line("past", "過去", ("{word}だった",), ("{word}でした",)),
    Line(
        "past negative",
        "過去否定",
        ("{word}じゃなかった", "{word}ではなかった"),
        ("{word}じゃありませんでした", "{word}ではありませんでした"),
    ),
    Line("て-form", "て形", ("{word}で",)),
    Line("negative て-form", "否定のて形", ("{word}じゃなくて", "{word}ではなくて")),
    Line("conditional なら", "条件（なら）", ("{word}なら",)),
    Line("conditional ば, written", "条件（ば、書き言葉）", ("{word}であれば",)),
    Line("negative conditional ば", "否定の条件（ば）", ("{word}じゃなければ", "{word}でなければ")),
    Line("conditional たら", "条件（たら）", ("{word}だったら",), ("{word}でしたら",)),
    Line("presumptive", "推量", ("{word}だろう",), ("{word}でしょう",)),
    Line("hearsay (そう)", "伝聞（そう）", ("{word}だそうだ",), ("{word}だそうです",)),
    Line("listing (たり)", "例示（たり）", ("{word}だったり",)),
    Line("become (なる)", "変化（になる）", ("{word}になる",), ("{word}になります",)),
    Line("written (である)", "書き言葉（である）", ("{word}である",), ("{word}であります",)),
)
NA_ADJECTIVE = (
    *_COPULA_START,
    Line("attributive", "連体形（名詞の前）", ("{word}な",)),
    Line("adverbial", "連用形（副詞形）", ("{word}に",)),
    *_COPULA_REST,
    Line("appearance (そう)", "様態（そう）", ("{word}そうだ",), ("{word}そうです",)),
    Line("too much (すぎる)", "過度（すぎる）", ("{word}すぎる",), ("{word}すぎます",)),
)
NOUN = (
    *_COPULA_START,
    Line("attributive", "連体修飾（名詞の前）", ("{word}の",)),
    *_COPULA_REST,
)
