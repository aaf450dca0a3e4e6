"""Words that rules alone get wrong, and words of respect. Data, by hand."""

from __future__ import annotations

from bot.study.forms.word_class import WordClass

# Words of respect, by their plain form in kana and in the usual kanji.
KEIGO = {
    "召し上がる": ("honorific for 食べる, 飲む", "「食べる・飲む」の尊敬語"),
    "おっしゃる": ("honorific for 言う", "「言う」の尊敬語"),
    "いらっしゃる": ("honorific for いる, 行く, 来る", "「いる・行く・来る」の尊敬語"),
    "なさる": ("honorific for する", "「する」の尊敬語"),
    "くださる": ("honorific for くれる", "「くれる」の尊敬語"),
    "ござる": ("very polite for ある", "「ある」の丁重な形"),
    "いたす": ("humble for する", "「する」の謙譲語"),
    "伺う": ("humble for 聞く, 訪ねる", "「聞く・訪ねる」の謙譲語"),
    "参る": ("humble for 行く, 来る", "「行く・来る」の謙譲語"),
    "申す": ("humble for 言う", "「言う」の謙譲語"),
    "申し上げる": ("humble for 言う", "「言う」の謙譲語"),
    "いただく": ("humble for もらう, 食べる, 飲む", "「もらう・食べる・飲む」の謙譲語"),
    "拝見する": ("humble for 見る", "「見る」の謙譲語"),
    "存ずる": ("humble for 知る, 思う", "「知る・思う」の謙譲語"),
    "差し上げる": ("humble for あげる", "「あげる」の謙譲語"),
    "おる": ("humble for いる", "「いる」の謙譲語"),
    "ご覧になる": ("honorific for 見る", "「見る」の尊敬語"),
}
KEIGO |= {
    "下さる": KEIGO["くださる"],
    "仰る": KEIGO["おっしゃる"],
    "致す": KEIGO["いたす"],
    "頂く": KEIGO["いただく"],
    "うかがう": KEIGO["伺う"],
    "めしあがる": KEIGO["召し上がる"],
    "まいる": KEIGO["参る"],
}

# Writings that are not named beside others with the same form: やる and とる are written otherwise.
RARE = frozenset({"行る", "奪る"})
# Verbs in -asu that are words of their own; of all others -asu is the short causative.
_OWN_ASU = """
動かす 逸らす 焦らす 切らす 空かす 吹かす 満たす 果たす 驚かす 乾かす 減らす
鳴らす 飛ばす 散らす 照らす 揺らす 沸かす 輝かす 咲かす 悩ます 済ます 澄ます
合わす 浮かす 溶かす 解かす 明かす 透かす 轟かす 響かす 働かす 利かす 生かす
活かす 巡らす 曇らす 湿らす 滑らす 腐らす 降らす 反らす 凝らす 垂らす 漏らす
尖らす 膨らます 励ます 転ばす 滅ばす 惑わす 匂わす 狂わす 迷わす 冷ます 覚ます
交わす 表わす 現わす 泣かす 逃がす 騒がす 笑わす 喜ばす 楽します 思わす 欠かす
抜かす 脅かす 脅やかす 遅らす 絡ます 眩ます 焦がす 揺るがす 増やす 燃やす 冷やす
癒やす 費やす 生やす 絶やす 甘やかす うごかす おどろかす かわかす へらす ならす
とばす ちらす てらす ゆらす わかす なやます すます とかす あかす いかす もらす
はげます
"""
OWN_ASU = frozenset(_OWN_ASU.split())

# In kana these are two words of different classes.
HOMOGRAPHS = {
    "いる": ("v1", "v5r"),
    "きる": ("v5r", "v1"),
    "かえる": ("v5r", "v1"),
    "へる": ("v5r", "v1"),
    "ねる": ("v1", "v5r"),
    "ふける": ("v1", "v5r"),
    "しめる": ("v1", "v5r"),
}

_NO_WILL = frozenset(
    {
        "potential",
        "potential without ら",
        "passive",
        "causative",
        "causative-passive",
        "causative-passive, short",
        "imperative",
        "prohibitive",
        "volitional",
        "desire (たい)",
    }
)
_STATE = "progressive, state (ている)"
# Rows that a word does not have, though its class has them: nobody says あっている or できられる.
MISSING: dict[str, frozenset[str]] = {
    **dict.fromkeys(("できる", "出来る"), _NO_WILL),
    **dict.fromkeys(("見える", "みえる", "聞こえる", "きこえる"), _NO_WILL),
    **dict.fromkeys(("要る",), _NO_WILL | {_STATE, "completion (てしまう)"}),
    **dict.fromkeys(("わかる", "分かる", "解る", "判る"), frozenset({"potential", "passive"})),
    **dict.fromkeys(("いる", "居る"), frozenset({_STATE})),
}
# Of JMdict's "special" する, those that inflect as する does: 恋しない, not 恋さない.
WITH_SURU = frozenset(
    {"恋する", "得する", "旅する", "涙する", "汗する", "値する", "心する", "噂する"}
)
# Said in its polite forms only.
ONLY_POLITE = ("ござる", "御座る")
# The same for all words of a class. With /polite, that cell alone: nobody says くれなさい.
WITHOUT: dict[WordClass, frozenset[str]] = {
    WordClass.GODAN_ARU: _NO_WILL - {"imperative", "volitional"}
    | {_STATE, "completion (てしまう)", "completion, spoken"}
    | {"imperative/polite", "volitional/polite"},
    WordClass.HONORIFIC: frozenset(
        {
            "desire (たい)",
            "appearance (そう)",
            "while (ながら)",
            "imperative/polite",
        }
    ),
    WordClass.GODAN_TOU: frozenset({"completion, spoken"}),
    WordClass.KURERU: frozenset({"desire (たい)", "imperative/polite"}),
}
