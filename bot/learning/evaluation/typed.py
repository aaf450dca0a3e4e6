"""Typed answers, and how a teacher would judge them: 1 right, 0 wrong.

`FIRST` was written while the rules in bot/learning were made, and two of them were mended by it.
`SECOND` was written afterwards, and no rule was changed for it; but five of its answers were first
marked otherwise than the dictionary and the rule for slips have it. What the dictionary lists is
right, whatever a school would say (はなじ). A line: the word, what was typed, and which it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.learning.quiz.question import Kind

FIRST = {
    Kind.READING: """
犬 | いぬ | 1
犬 | イヌ | 1
犬 | ｲﾇ | 1
犬 | inu | 1
犬 | INU | 1
犬 | いね | 0
犬 | 犬 | 0
東京 | とうきょう | 1
東京 | toukyou | 1
東京 | tōkyō | 1
東京 | tôkyô | 1
東京 | tookyoo | 1
東京 | とーきょー | 1
東京 | tokyo | 0
東京 | ときょ | 0
今日 | きょう | 1
今日 | kyou | 1
今日 | kyo | 0
写真 | syasin | 1
写真 | shashin | 1
写真 | しゃしん | 1
写真 | しやしん | 0
地図 | tizu | 1
地図 | chizu | 1
地図 | ちず | 1
地図 | ちづ | 0
新聞 | shinbun | 1
新聞 | shimbun | 1
新聞 | sinbun | 1
新聞 | shibun | 0
雑誌 | zasshi | 1
雑誌 | zassi | 1
雑誌 | zashi | 0
辞書 | zisyo | 1
辞書 | jisho | 1
辞書 | じしょう | 0
普通 | hutuu | 1
普通 | futsuu | 1
普通 | futsū | 1
普通 | ふつ | 0
大きい | おおきい | 1
大きい | ookii | 1
大きい | ōkii | 1
大きい | おきい | 0
大きい | おうきい | 0
お姉さん | おねえさん | 1
お姉さん | oneesan | 1
お姉さん | onēsan | 1
続く | つづく | 1
続く | tsuzuku | 1
続く | tsuduku | 1
続く | つずく | 0
禁煙 | きんえん | 1
禁煙 | kin'en | 1
禁煙 | kinen | 1
禁煙 | kinnen | 0
案内 | annai | 1
案内 | anai | 1
案内 | anaii | 0
切手 | kitte | 1
切手 | きて | 0
学校 | gakkou | 1
学校 | gakkō | 1
学校 | がっこお | 0
日本 | にほん | 1
日本 | にっぽん | 1
日本 | nippon | 1
昨日 | きのう | 1
昨日 | さくじつ | 1
昨日 | きの | 0
明日 | あした | 1
明日 | あす | 1
明日 | みょうにち | 1
""",
    Kind.MEANING: """
犬 | dog | 1
犬 | dogs | 1
犬 | a dog | 1
犬 | The Dog | 1
犬 | dog! | 1
犬 | dig | 0
犬 | cat | 0
犬 | dog, cat | 0
家 | house | 1
家 | hous | 1
家 | horse | 0
家 | mouse | 0
家 | houses | 1
馬 | house | 0
馬 | horse | 1
食べる | to eat | 1
食べる | eat | 1
食べる | eating | 0
食べる | drink | 0
色 | colour | 1
色 | color | 1
色 | colors | 1
灰色 | grey | 1
灰色 | gray | 1
大学 | university | 1
大学 | univercity | 1
大学 | univercitty | 1
大学 | college | 1
大学 | school | 0
受ける | recieve | 1
受ける | receive | 1
子供 | child | 1
子供 | children | 1
子供 | kid | 0
眼鏡 | glasses | 1
眼鏡 | glass | 0
飛行機 | aeroplane | 1
飛行機 | airplane | 1
飛行機 | plane | 0
中心 | centre | 1
中心 | center | 1
勉強 | study | 1
勉強 | to study | 1
勉強 | studdy | 1
勉強 | sturdy | 0
新しい | new | 1
新しい | now | 0
安い | cheap | 1
安い | cheep | 0
買う | to buy | 1
買う | by | 0
手紙 | letter | 1
手紙 | leter | 1
手紙 | latter | 0
手紙 | better | 0
病気 | illness | 1
病気 | sickness | 1
病気 | ilness | 1
起きる | get up | 1
起きる | to get up | 1
起きる | getup | 1
遅れる | be late | 1
遅れる | late | 1
冷蔵庫 | refrigerator | 1
冷蔵庫 | refridgerator | 1
冷蔵庫 | fridge | 1
""",
    Kind.KANJI: """
犬 | 犬 | 1
犬 | 大 | 0
会う | 会う | 1
会う | 逢う | 1
会う | 合う | 0
補填 | 補填 | 1
補填 | 補塡 | 1
""",
}
SECOND = {
    Kind.READING: """
病院 | byouin | 1
病院 | byōin | 1
病院 | びょういん | 1
病院 | びよういん | 0
美容院 | biyouin | 1
美容院 | byouin | 0
計画 | keikaku | 1
計画 | kēkaku | 1
計画 | ケイカク | 1
計画 | けーかく | 1
計画 | けえかく | 0
先生 | sensei | 1
先生 | sensē | 1
先生 | せんせえ | 0
先生 | sense | 0
通り | とおり | 1
通り | toori | 1
通り | tōri | 1
通り | とうり | 0
氷 | koori | 1
氷 | kouri | 0
氷 | こおり | 1
お兄さん | oniisan | 1
お兄さん | onisan | 0
結婚 | kekkon | 1
結婚 | kekon | 0
一緒 | issho | 1
一緒 | isshou | 0
一緒 | issyo | 1
切符 | kippu | 1
切符 | キップ | 1
練習 | rensyuu | 1
練習 | renshu | 0
原因 | gen'in | 1
原因 | genin | 1
原因 | げんいん | 1
原因 | げにん | 0
店員 | ten'in | 1
全員 | zenin | 1
鼻血 | hanaji | 1
鼻血 | はなじ | 1
鼻血 | はなち | 0
鼻血 | はなぢ | 1
三日月 | mikazuki | 1
三日月 | みかづき | 1
三日月 | みかずき | 1
三日月 | みかつき | 0
七 | なな | 1
七 | しち | 1
七 | shichi | 1
七 | siti | 1
人気 | ninki | 1
市場 | いちば | 1
市場 | しじょう | 1
市場 | shijou | 1
市場 | いちじょう | 0
旅行 | ryokou | 1
旅行 | ryoko | 0
旅行 | りょこう | 1
旅行 | りょうこう | 0
出張 | shutchou | 1
出張 | shucchou | 1
出張 | syuttyou | 1
出張 | しゅちょう | 0
抹茶 | matcha | 1
抹茶 | maccha | 1
千円札 | せんえんさつ | 1
""",
    Kind.MEANING: """
医者 | doctor | 1
医者 | physician | 1
医者 | docter | 1
医者 | nurse | 0
図書館 | library | 1
図書館 | libary | 1
図書館 | a library | 1
図書館 | librarian | 0
台所 | kitchen | 1
台所 | kichen | 1
台所 | chicken | 0
砂漠 | desert | 1
砂漠 | dessert | 0
砂漠 | dessrt | 1
静か | quiet | 1
静か | quite | 0
静か | silent | 1
天気 | weather | 1
天気 | wether | 0
天気 | whether | 0
友達 | friend | 1
友達 | freind | 1
友達 | friends | 1
友達 | companion | 1
薬 | medicine | 1
薬 | medecine | 1
薬 | medical | 0
祭り | festival | 1
祭り | festivel | 1
昼ご飯 | lunch | 1
昼ご飯 | dinner | 0
昼ご飯 | launch | 0
忙しい | busy | 1
忙しい | bussy | 0
易しい | easy | 1
面白い | interesting | 1
面白い | intresting | 1
面白い | interested | 0
面白い | funny | 1
美しい | beautiful | 1
美しい | beatiful | 1
美しい | beutifull | 1
必要 | necessary | 1
必要 | neccesary | 1
必要 | necessity | 1
準備 | preparation | 1
準備 | prepartion | 1
準備 | separation | 0
会社 | company | 1
会社 | companies | 1
会社 | campany | 1
劇場 | theatre | 1
劇場 | theater | 1
近所 | neighbourhood | 1
近所 | neighborhood | 1
宝石 | jewel | 1
着物 | kimono | 1
着物 | clothes | 1
着物 | cloth | 0
走る | to run | 1
走る | run | 1
走る | ran | 0
走る | running | 0
歩く | walk | 1
歩く | talk | 0
歩く | work | 0
教える | to teach | 1
教える | teech | 1
教える | tell | 1
教える | reach | 0
思い出す | remember | 1
思い出す | to remember | 1
思い出す | recall | 1
思い出す | forget | 0
出かける | go out | 1
出かける | to go out | 1
出かける | leave | 1
アイスクリーム | ice cream | 1
アイスクリーム | icecream | 1
アイスクリーム | ice-cream | 1
アイスクリーム | ice creme | 0
秋 | autumn | 1
秋 | fall | 1
秋 | autum | 1
秋 | winter | 0
""",
    Kind.KANJI: """
早い | 早い | 1
早い | 速い | 1
早い | 旱い | 0
聞く | 聞く | 1
聞く | 聴く | 1
聞く | 効く | 0
作る | 造る | 1
会社 | 社会 | 0
""",
    Kind.CLOZE: """
食べる | 食べる | 1
食べる | たべる | 1
食べる | taberu | 1
食べる | 飲む | 0
本 | ほん | 1
本 | 木 | 0
""",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was typed, and whether it is right."""

    kind: Kind
    word: str
    typed: str
    right: bool


def answers(lists: dict[Kind, str]) -> list[Answer]:
    """All of some lists."""
    found = []
    for kind, text in lists.items():
        for line in text.strip().splitlines():
            word, typed, right = (part.strip() for part in line.split("|"))
            found.append(Answer(kind, word, typed, right == "1"))
    return found
