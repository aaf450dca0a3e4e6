"""What the pieces of an inflected word are called, and what they do. Data, by hand.

Keys are lemmas of UniDic. The terms are those of textbooks for learners, beside those of
school grammar. The file is longer than others: it is one table.
"""

from __future__ import annotations

from typing import NamedTuple


class Ending(NamedTuple):
    """A piece's name, and what it does, in both languages; the latter may be empty."""

    english: str
    japanese: str
    why_english: str = ""
    why_japanese: str = ""

    def with_note(self, english: str, japanese: str) -> Ending:
        """The same with something added to its name."""
        return self._replace(
            english=f"{self.english}, {english}", japanese=f"{self.japanese}（{japanese}）"
        )


UNKNOWN = Ending(
    "not in the table",
    "表にない形",
    "colloquial, regional or old; no name is guessed",
    "話し言葉・方言・古い形。推測はしません",
)

PLAIN = Ending("plain form", "辞書形")
STEM = Ending("stem", "語幹")
IMPERATIVE = Ending("imperative", "命令形", "an order, blunt", "強い命令")
SPOKEN_BA = Ending("spoken conditional", "条件形（縮約）", "short for 〜ば: if", "「〜ば」の縮約")
VOLITIONAL = Ending("volitional", "意向形", "let's; I will", "誘い・意志")
POTENTIAL = Ending("potential", "可能", "can", "「〜ことができる」")
RA_LESS = Ending(
    "potential without ら",
    "可能（ら抜き）",
    "can; spoken, the written form has られる",
    "話し言葉。書き言葉では「られる」",
)
# The base of a verb or adjective, by UniDic's form; `stem` for all verbs but godan.
BASES = {
    "終止形": PLAIN,
    "連体形": PLAIN,
    "未然形": Ending("negative stem", "未然形"),
    "連用形-一般": Ending("ます-stem", "連用形（ます形の語幹）"),
    "連用形": Ending("て-form stem", "連用形（音便）"),
    "仮定形": Ending("conditional stem", "仮定形"),
    "命令形": IMPERATIVE,
    "意志推量形": Ending("volitional stem", "意向形の語幹"),
}
ADJECTIVE_BASES = {
    "終止形": PLAIN,
    "連体形": PLAIN,
    "連用形-促音便": Ending("past stem", "連用形（かっ）"),
    "連用形": Ending("adverbial form", "連用形（副詞形）"),
    "仮定形": Ending("conditional stem", "仮定形"),
    "意志推量形": Ending("presumptive, written", "推量形（書き言葉）", "probably", "「〜だろう」"),
    "語幹": STEM,
}
NOUN = Ending("noun", "名詞")
NA_ADJECTIVE = Ending("な-adjective", "ナ形容詞")
PREFIX = Ending("honorific prefix", "敬語の接頭辞")
# What a word's own piece is called where that says nothing of the form.
MERE = frozenset(
    name
    for name in (
        PLAIN,
        STEM,
        NOUN,
        NA_ADJECTIVE,
        PREFIX,
        *BASES.values(),
        *ADJECTIVE_BASES.values(),
    )
    if name is not IMPERATIVE
)

PASSIVE = Ending(
    "passive", "受身", "is done to somebody; also respectful", "尊敬・自発の意味もある"
)
POTENTIAL_OR_PASSIVE = Ending(
    "potential or passive",
    "可能・受身",
    "can, or is done to somebody, or respectful: the form is the same",
    "可能・受身・尊敬は同じ形",
)
CAUSATIVE = Ending("causative", "使役", "make or let somebody do", "させる・許す")
SHORT_CAUSATIVE = Ending("causative, short", "使役（短縮形）", "short for せる", "「せる」の短い形")
SHORT_CAUSATIVE_PASSIVE = Ending(
    "causative-passive, short",
    "使役受身（短縮形）",
    "is made to do; short for せられる",
    "「せられる」の短い形",
)
NEGATIVE = Ending("negative", "否定", "not", "打消し")
NEGATIVE_ROUGH = Ending("negative, rough", "否定（くだけた形）", "rough for ない", "「ない」")
NEGATIVE_BA = Ending(
    "negative conditional, spoken",
    "否定の条件形（縮約）",
    "short for なければ: if not; alone: must",
    "「なければ」の縮約。単独で義務",
)
NEGATIVE_WRITTEN = Ending("negative, written", "否定（書き言葉）", "not, without", "打消し")
PAST = Ending("past", "過去・完了", "did, was", "過去・完了")
TARA = Ending("conditional たら", "条件（たら）", "if, when", "仮定・確定")
PAST_PRESUMPTIVE = Ending("past presumptive", "過去推量", "probably did", "「〜ただろう」")
POLITE = Ending("polite", "丁寧", "polite style", "丁寧体")
POLITE_VOLITIONAL = Ending("polite volitional", "意向形（丁寧）", "let's; shall we", "誘い・意志")
POLITE_IMPERATIVE = Ending("polite imperative", "命令形（丁寧）", "please", "丁寧な依頼")
POLITE_COPULA = Ending("polite copula", "丁寧の助動詞「です」", "is; polite", "丁寧な断定")
POLITE_PRESUMPTIVE = Ending("polite presumptive", "推量（丁寧）", "probably", "推量")
COPULA = Ending("copula", "断定の助動詞「だ」", "is", "断定")
PRESUMPTIVE = Ending("presumptive", "推量", "probably", "推量")
ATTRIBUTIVE = Ending("attributive", "連体形", "before a noun", "名詞を修飾する")
ADVERBIAL = Ending("adverbial", "連用形（副詞形）", "before a verb", "動詞を修飾する")
COPULA_TE = Ending("て-form of the copula", "断定の連用形「で」", "is, and", "中止")
COPULA_WA = Ending("copula and は", "「では」の縮約", "short for では", "「では」の縮約")
NARA = Ending("conditional なら", "条件（なら）", "if it is so", "仮定")
TE = Ending("て-form", "て形", "and; joins to what follows", "後に続く形")
TE_WA = Ending("て-form and は, spoken", "「ては」の縮約", "short for ては", "「ては」の縮約")
BA = Ending("conditional ば", "条件（ば）", "if", "仮定")
TO = Ending("if", "条件（と）")
PROHIBITIVE = Ending("prohibitive", "禁止", "don't", "禁止の命令")
SOFT_IMPERATIVE = Ending("imperative, soft", "命令（な）", "short for なさい", "「なさい」の略")
REQUEST = Ending("request", "依頼", "please", "頼むときの形")
OBLIGATION = Ending(
    "obligation",
    "義務",
    "with the negative before it: must",
    "前の否定と合わせて「〜する必要がある」",
)
BAN = Ending("ban", "禁止", "must not", "「〜してはならない」")
PERMISSION = Ending("permission", "許可", "may; it is fine", "「〜してかまわない」")
CANNOT_HELP = Ending("cannot help", "不可避", "has no choice but to", "「〜するしかない」")
COPULA_ARU = Ending("copula (である)", "断定（である）", "is; written", "書き言葉の断定")
ARU = Ending("ある", "ある", "carries the polite negative", "丁寧な否定を作る")
SURU = Ending("する", "する", "makes the noun a verb", "名詞を動詞にする")
CAN_SURU = Ending("potential of する", "「する」の可能", "can", "「〜することができる」")
TO_HONOUR = Ending(
    "honorific (お…になる)", "尊敬語（お…になる）", "of others' doings", "相手の動作"
)
TO_HUMBLE = Ending("humble (お…する)", "謙譲語（お…する）", "of one's own doings", "自分の動作")
EXPLANATION = Ending("explanation", "説明（のだ）", "it is that…", "事情の説明")
APPEARANCE = Ending("appearance", "様態（そう）", "looks as if", "見た様子")
HEARSAY = Ending("hearsay", "伝聞（そう）", "I hear that", "人から聞いたこと")

PARTICLES = {
    "は": Ending("は", "は"),
    "も": Ending("も", "も"),
    "に": Ending("に", "に"),
    "を": Ending("を", "を"),
    "ばかり": Ending("ばかり", "ばかり", "only", "限定"),
    "だけ": Ending("だけ", "だけ", "only", "限定"),
    "さえ": Ending("さえ", "さえ", "even, only", "極端な例・限定"),
}

# Auxiliary verbs that stand directly on a form, where nothing else decides.
AUXILIARIES = {
    "せる": CAUSATIVE,
    "させる": CAUSATIVE,
    "しめる": Ending("causative, literary", "使役（文語的）", "make somebody do", "させる"),
    "たい": Ending("desire", "希望", "want to", "したい気持ち"),
    "やがる": Ending("contempt", "軽蔑（やがる）", "dares to; very rough", "ののしり"),
    "たがる": Ending("desire of others", "第三者の希望", "wants to, by the looks", "他の人の希望"),
    "まい": Ending("negative volition", "否定の意志・推量", "will not", "「〜ないだろう」"),
    "らしい": Ending(
        "seems (らしい)", "推定（らしい）", "it seems, by what is known", "根拠ある推定"
    ),
    "べし": Ending("ought", "当然（べき）", "should", "義務・当然"),
    "ちゃう": Ending(
        "completion or regret, spoken",
        "完了・後悔（てしまうの縮約）",
        "short for てしまう",
        "「てしまう」の縮約",
    ),
    "とく": Ending(
        "preparation, spoken", "準備（ておくの縮約）", "short for ておく", "「ておく」の縮約"
    ),
    "てる": Ending(
        "progressive or state, spoken",
        "進行・状態（ているの縮約）",
        "short for ている",
        "「ている」の縮約",
    ),
    "てく": Ending(
        "going on, spoken", "継続（ていくの縮約）", "short for ていく", "「ていく」の縮約"
    ),
    "てらっしゃる": Ending(
        "progressive or state, honorific, spoken",
        "進行・状態（ていらっしゃるの縮約）",
        "short for ていらっしゃる",
        "「ていらっしゃる」の縮約",
    ),
    "たげる": Ending(
        "favour to others, spoken", "授受（てあげるの縮約）", "short for てあげる", "「てあげる」"
    ),
}
AUXILIARIES["ちまう"] = AUXILIARIES["ちゃう"]

_STATE = Ending("progressive or state", "進行・状態", "is doing; is in that state", "動作・状態")
_TO_ME = Ending("favour to me", "授受（くれる）", "does it for me", "話し手のための動作")
_RECEIVED = Ending("favour received", "授受（もらう）", "has somebody do it", "してもらうこと")
_GIVEN = Ending("favour to others", "授受（あげる）", "does it for somebody", "人のための動作")
_GOING = Ending("going on", "継続・離れる動き（ていく）", "on, away from here", "これから・遠くへ")
AFTER_TE = {
    "居る": _STATE,
    "いらっしゃる": _STATE.with_note("honorific", "尊敬"),
    "有る": Ending("resulting state", "結果の状態（てある）", "has been done", "した結果"),
    "置く": Ending("preparation", "準備（ておく）", "in advance", "前もってする"),
    "仕舞う": Ending(
        "completion or regret",
        "完了・後悔（てしまう）",
        "completely, or to one's regret",
        "完了・残念",
    ),
    "来る": Ending("coming", "接近・始まり（てくる）", "up to here; begins to", "近づく・変化"),
    "行く": _GOING,
    "見る": Ending("trying", "試み（てみる）", "try and see", "試しにする"),
    "見せる": Ending("showing", "誇示（てみせる）", "to show that one can", "して見せる"),
    "呉れる": _TO_ME,
    "下さる": _TO_ME.with_note("honorific", "尊敬"),
    "貰う": _RECEIVED,
    "頂く": _RECEIVED.with_note("humble", "謙譲"),
    "上げる": _GIVEN,
    "遣る": _GIVEN.with_note("plain", "くだけた形"),
    "差し上げる": _GIVEN.with_note("humble", "謙譲"),
    "欲しい": Ending("wanted of others", "希望（てほしい）", "want somebody to", "人への希望"),
}
ORU = _STATE.with_note("humble", "謙譲")

# What follows the ます-stem.
AFTER_STEM = {
    "過ぎる": Ending("too much", "過度（すぎる）", "too, too much", "程度が過ぎる"),
    "始める": Ending("beginning", "開始（始める）", "begin to", "動作の始まり"),
    "出す": Ending("sudden beginning", "開始（出す）", "start, suddenly", "急な始まり"),
    "続ける": Ending("continuing", "継続（続ける）", "keep doing", "動作の継続"),
    "続く": Ending("continuing", "継続（続く）", "keep doing", "動作の継続"),
    "終わる": Ending("finishing", "終了（終わる）", "finish doing", "動作の終わり"),
    "終える": Ending("finishing", "終了（終える）", "finish doing", "動作の終わり"),
    "掛ける": Ending("half done or on the point", "途中・直前（かける）", "half", "途中・直前"),
    "直す": Ending("doing again", "やり直し（直す）", "again, better", "もう一度する"),
    "合う": Ending("each other", "相互（合う）", "one another", "互いにする"),
    "切る": Ending("to the end", "完遂（切る）", "completely", "最後までする"),
    "得る": Ending("possible, written", "可能（得る）", "can be", "可能性"),
    "兼ねる": Ending("hard to, formal", "困難（かねる）", "cannot, politely", "「できない」の婉曲"),
    "為さる": Ending("imperative, polite", "命令（なさい）", "do; to children, pupils", "軽い命令"),
    "易い": Ending("easy to", "容易（やすい）", "easily", "簡単にできる"),
    "難い": Ending("hard to", "困難（にくい）", "not easily", "簡単にできない"),
    "辛い": Ending("hard to", "困難（づらい）", "painful to do", "するのがつらい"),
    "ぽい": Ending("-ish", "傾向（っぽい）", "like, tending to", "そのような感じ"),
    "がる": Ending("shows signs", "様子（がる）", "of how others feel", "他の人の感情"),
    "さ": Ending("noun of degree", "名詞化（さ）", "-ness", "程度を表す名詞"),
    "方": Ending("way of doing", "方法（方）", "how to", "やり方"),
    "ながら": Ending("while", "同時（ながら）", "while doing", "二つの動作"),
    "つつ": Ending("while, written", "同時（つつ）", "while doing", "二つの動作"),
    "たり": Ending("one of several", "例示（たり）", "do such things as", "動作の例"),
}
AFTER_STEM["過ぎ"] = AFTER_STEM["過ぎる"]
EVEN_IF = Ending("even if, spoken", "逆条件（たって）", "short for ても", "「ても」のくだけた形")
SEEMS = {
    "様": Ending("seems (よう)", "推定・比況（よう）", "it seems; like", "推定・たとえ"),
    "みたい": Ending("seems (みたい)", "推定・比況（みたい）", "seems; like", "推定・たとえ"),
}
