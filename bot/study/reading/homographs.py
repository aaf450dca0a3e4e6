"""Words that are written alike and read otherwise, by their sentence: 人気のない道 is ひとけ.

A table of the words where the analyser's guess is often wrong, each with what must stand before,
behind or anywhere in the sentence. It knows no grammar beyond that; the first rule that fits
wins, and where none does the analyser's reading stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from bot.study.reading.also_read import ALSO


@dataclass(frozen=True, slots=True)
class Rule:
    """`word`, as it stands or in its plain form, is read `reading` where all patterns are found.

    `before` ends where the word starts, `after` starts where it ends, `near` is anywhere.
    """

    word: str
    reading: str
    before: str = ""
    after: str = ""
    near: str = ""

    def fits(self, before: str, after: str) -> bool:
        """Whether the word stands so. `before` and `after`: the rest of its sentence."""
        return (
            (not self.before or re.search(f"(?:{self.before})$", before) is not None)
            and (not self.after or re.match(self.after, after) is not None)
            and (not self.near or re.search(self.near, f"{before}\n{after}") is not None)
        )


_NOBODY = "[のがもは]?(?:全く|まったく|ほとんど)?(?:な[いくか]|無[いくか]|少な|なし)"
_PLACE = "道|路地|夜|公園|通り|場所|森|山|建物|廃|寺|神社|部屋|町|村|街|駅|廊下|校舎|家|浜|海岸|島"
_FOOD = (
    "カレー|キムチ|料理|味|食べ|唐辛子|わさび|ソース|ラーメン|麻婆|スパイス|舌|鍋|スープ|塩|胡椒"
    "|ピリ|甘|辛子|タレ|韓国|メニュー|お菓子"
)
_OPENS = "ドア|窓|戸|扉|店|口|穴|蓋|ふた|門|鍵|銀行|図書館|郵便局|美術館|デパート|スーパー|カーテン"
_BETTER = (
    "[がは]?[^。、]{0,8}(?:いい|良[いくか]|よ[いくか]|まし|好き|楽|早|速|安|高|大き|小さ|多|少な"
    "|便利|強|うま|得|上|おいし|簡単|難し|優)"
)
_PERSON = (
    "あの|この|その|どの|初めての|他の|ほかの|多くの|すべての|全ての|お持ちの|年配の|目上の|女性の"
    "|どんな|[生者員]の|御用の|ご用の|担当の|お住まいの|男性の|外国の|別の|ご希望の|様の|ている|ていた|ない|たい|ある|いる|なる|される|した"
)
_WITH_O = (
    "願|礼|手洗|茶|金|母|父|姉|兄|宅|名前|知らせ|世話|返し|待ち|会い|伝え|越し|元気|詫|見舞|疲|客|酒"
    "|皿|腹|祭|寺|宮|店|手伝|支払|使い|問い|取り|引き|受け|送り|話し|正月|弁当|菓子|土産|部屋|薬|席"
)
_DAYS = "月火水木金土日"
_WEEKDAYS = tuple(zip(_DAYS, ("げつ", "か", "すい", "もく", "きん", "ど", "にち"), strict=True))
_MINUTES = (
    "後|前|間|ほど|くらい|ぐらい|程度|遅|かか|歩|待|おき|置き|以[上内]|過ぎ"
    "|で(?:着|行|終|歩|で|来|準)"
)

_RULES = (
    Rule("人気", "ひとけ", after=_NOBODY, near=_PLACE),
    Rule("大人気", "おとなげ", after="な|無"),
    Rule("大人気", "だいにんき"),
    Rule("辛い", "からい", near=_FOOD),
    Rule("辛い", "つらい"),
    Rule(
        "市場", "しじょう", near="株|金融|経済|労働|為替|国[内際]|海外|取引|シェア|債|世界|企業|輸"
    ),
    Rule("市場", "いちば", near="魚|野菜|朝|築地|豊洲|卸売|青空|果物|買|花|屋台|食|港|にぎ"),
    Rule("開く", "あく", before=f"(?:{_OPENS})[がはも][^をに]*(?:時|分)?に?"),
    Rule(
        "空",
        "から",
        after="の(?:箱|瓶|ビン|ボトル|缶|コップ|部屋|財布|容器|グラス|袋|皿|バケツ|鞄|引)",
    ),
    Rule("空", "から", after="(?:に(?:な|し|す)|っぽ|だ[っ。]|です)", before="[がはを]"),
    Rule("空", "そら", after="[がをはもにへのと]"),
    Rule("方", "ほう", before=f"(?:{_PERSON})", after=_BETTER),
    Rule("方", "かた", before=f"(?:{_PERSON})", after="[はがもをにへとの]|です|で[、す]|々|だ"),
    Rule("方", "ほう", before="の|[いるた]", after=_BETTER),
    Rule("行く方", "いくほう", after=_BETTER),
    Rule("行く方", "いくかた"),
    Rule("今日", "こんにち", after="では|に(?:至|おい)|的|まで(?:続|の|に)"),
    Rule(
        "今日", "こんにち", after="の(?:社会|世界|日本|経済|政治|若者|問題|状況|科学|教育|技術|繁)"
    ),
    Rule("上手", "うわて", before="(?:一枚|二枚|役者が|方が一枚)[もが]?"),
    Rule("上手", "かみて", near="舞台|客席", after="[かにへの]"),
    Rule("下手", "しもて", near="舞台|客席", after="[かにへの]"),
    Rule("行っ", "おこなっ", before="(?<![道坂路上下])を"),
    Rule("行わ", "おこなわ"),
    Rule("空く", "すく", before="(?:腹|おなか|車|店内?|道路?|バス|高速|線|館)[がはも]?[^、]{0,5}"),
    Rule("人", "ひと", before="の"),
    Rule("心", "ごころ", before="乙女|遊び|旅|恋|親|女|男|里"),
    *(Rule(polite + "手数", polite.replace("御", "お") + "てすう") for polite in ("", "お", "御")),
    Rule("七夕", "たなばた"),
    Rule("一見", "いっけん", after="に(?:し|如)か"),
    Rule("一間", "ひとま", near="畳|住|暮|部屋|アパート|借"),
    Rule("御", "お", after=f"(?:{_WITH_O})"),
    Rule("重複", "ちょうふく"),
    Rule(
        "生",
        "なま",
        after="の?(?:魚|ビール|肉|野菜|卵|もの|物|クリーム|ハム|放送|演奏|ゴミ|ごみ|の|で)",
    ),
    Rule(
        "何",
        "なん",
        after="です|でし|でも|で[、。？]|だ|の|とい|と言|とお|と申|とか|なの|なら|って|て|曜",
    ),
    Rule("何", "なん", after="(?:百|千|十|万|億|ヶ|か月|パ|セ)"),
    Rule("何", "なに"),
    Rule("他", "た", before="その", after="[、のは]"),
    Rule("他", "ほか", after="[のにはとも、]|$"),
    Rule("日本橋", "にっぽんばし", near="大阪|なんば|難波|電気|オタク|でんでん"),
    Rule("日本橋", "にほんばし"),
    Rule("間", "ま", before="一瞬の|束の|つかの", after="[にがのも]"),
    Rule("間", "ま", after="に合|もな|が(?:悪|持)|を(?:置|取|お)"),
    Rule("間", "あいだ", before="の|た|る|い|ない", after="[、にはでがのも]"),
    Rule("角", "つの", near="鹿|牛|鬼|羊|生え|獣|カブト|サイ"),
    Rule("角", "かど", near="曲が|道|店|家|交差|ぶつ|机|右|左"),
    Rule(
        "十分", "じゅっぷん", before="[時あ約][とにで]?|まで|わずか|毎[日朝晩]|たった|ほんの|残り"
    ),
    Rule("十分", "じゅっぷん", after=_MINUTES),
    Rule("十分", "じゅうぶん"),
    Rule("数日", "すうじつ"),
    Rule("一本道", "いっぽんみち"),
    Rule("一足先", "ひとあしさき"),
    Rule("何色", "なにいろ"),
    Rule("千代", "ちよ"),
    Rule("令和", "れいわ"),
    Rule("稲妻", "いなずま"),
    Rule("この間", "このあいだ"),
    Rule("薬", "くすり", after="[をがはも]"),
    Rule("笑", "わらい", after="$|[。、！!）)\n]"),
    *(Rule(day, kana, before="[（(]", after="[）)・]") for day, kana in _WEEKDAYS),
    *(Rule(day, kana, after=f"[・/][{_DAYS}](?!曜)") for day, kana in _WEEKDAYS),
    *(Rule(day, kana, before=f"[{_DAYS}][・/]") for day, kana in _WEEKDAYS),
    Rule("月", "つき", after="[がはをも]|に[一二三1-9]"),
    Rule("風", "ふう", before="こんな|そんな|あんな|どんな|という|いった|和|洋|現代"),
    Rule("風", "かぜ", after="[がはをにでもの]"),
    Rule("後", "あと", before="[ただ]|その|この|の", after="[でに、もは]|$"),
    Rule("主", "おも", after="な|に"),
    Rule("最中", "もなか", near="和菓子|あんこ|餡|お茶|食べ|餅"),
    Rule("最中", "さいちゅう"),
    Rule("色紙", "いろがみ", near="折|鶴|工作|切|はさみ|貼"),
    Rule("色紙", "しきし", near="サイン|寄せ書き|書"),
    Rule("寒気", "さむけ", after="が(?:す|し)|を感"),
    Rule("表", "おもて", near="裏|玄関|に出|飛び出"),
    Rule("表", "ひょう", near="図|数字|グラフ|データ|次の|下の|予定"),
    Rule("床", "とこ", after="に(?:つ|就|入)|の間"),
    Rule("床", "ゆか"),
    Rule("額", "ひたい", near="汗|熱|手を|前髪|傷|しわ"),
    Rule(
        "抱く",
        "いだく",
        before="(?:夢|希望|疑問|不安|期待|興味|関心|感情|疑い|好意|恨み|野心|印象)を",
    ),
    Rule("描く", "かく", before="(?:絵|漫画|マンガ|図|イラスト|似顔絵|地図|線)を[^、。]*"),
    Rule("描く", "えがく"),
    Rule(
        "止める",
        "やめる",
        before="(?:たばこ|タバコ|煙草|仕事|酒|会社|話|の|部活)[をは]|(?:たばこ|タバコ|煙草)",
    ),
    Rule("被る", "こうむる", before="(?:損害|被害|迷惑|損失|影響|恩)を"),
    Rule("被る", "かぶる"),
    Rule("臭い", "におい", before="[のいた]", after="[がをはもにで]"),
    Rule("生物", "なまもの", near="冷蔵|腐|食べ|早め|刺身"),
    Rule("分別", "ぶんべつ", near="ごみ|ゴミ|リサイクル|資源"),
    Rule("大分", "おおいた", near="別府|九州|県|市|温泉|空港"),
    Rule("大分", "だいぶ"),
    Rule("見物", "みもの", after="だ|です"),
    Rule("仏", "ほとけ", after="[のにはが]|様|さま"),
    Rule("目下", "めした", near="目上|敬語|部下|の人"),
    Rule("一行", "いちぎょう", before="(?:最[初後]|次|前|冒頭|たった|この|文章)の?"),
    Rule("一行", "いっこう", before="の|団|御|ご"),
    Rule("一行", "いちぎょう", near="読|書|文|詩|行目|改行|コード|ページ|要約|感想|日記"),
    Rule("一行", "いっこう"),
    Rule(
        "中",
        "じゅう",
        before="一日|一年|一晩|世界|日本|国|町|街|家|体|部屋|学校|今日|今年|村|クラス",
    ),
    Rule(
        "中",
        "ちゅう",
        before="会議|授業|勉強|仕事|電話|工事|午前|今[週月]|来[週月]|営業|使用|食事|準備",
    ),
    Rule(
        "家",
        "いえ",
        before="(?:^|[^一-龯々]|[日朝晩夜後時年月週々今度]|[日晩年]中)",
        after="[にのをがはでへも、]",
    ),
    Rule("私", "わたし"),
    Rule("明日", "あした"),
    Rule("通り", "どおり", before="予定|約束|期待|予想|計画|いつも|時間|思い|文字|希望|指示|普段"),
    Rule(
        "金", "きん", after="[はもの]", near="鉄[はよやもとの]|銀[はよやもと]|銅|貴金属|純度|延べ棒"
    ),
    Rule("金", "かね", after="[がはもを](?:な|あ|か|払|稼|使|貸|借|足|要|欲|た|返|無|必)"),
    Rule("床屋", "とこや"),
    Rule("故", "ゆえ", before="[がるいたの]"),
    Rule("注ぐ", "つぐ", before="(?:ビール|酒|ワイン)を"),
    Rule("汚れ", "よごれ"),
    Rule("仮名", "かめい", near="本名|名乗|使|プライバシー"),
)


@cache
def _by_word() -> dict[str, tuple[Rule, ...]]:
    found: dict[str, tuple[Rule, ...]] = {}
    for rule in _RULES:
        found[rule.word] = (*found.get(rule.word, ()), rule)
    return found


def knows(word: str) -> bool:
    """Whether the table has the word."""
    return word in _by_word()


def chosen(word: str, before: str, after: str) -> str | None:
    """The reading of a word in its sentence, in hiragana; None where no rule says anything."""
    for rule in _by_word().get(word, ()):
        if rule.fits(before, after):
            return rule.reading
    return None


def readings(word: str) -> tuple[str, ...]:
    """All readings of a word that the tables know, the commonest first; perhaps none."""
    rules = [rule.reading for rule in _by_word().get(word, ())]
    return tuple(dict.fromkeys((*ALSO.get(word, ()), *rules)))
