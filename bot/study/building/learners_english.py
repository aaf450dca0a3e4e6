"""English that learners type for words they know, where neither JMdict nor a list has it.

By hand. Most are nouns with する, of which JMdict glosses the noun alone (結婚 marriage), and words
that are another part of speech in English (好き like, 病気 sick).
"""

_TABLE = """
好き すき: like, to like
嫌い きらい: dislike, hate
大好き だいすき: love
欲しい ほしい: want, to want
要る いる: need
必要 ひつよう: need
病気 びょうき: sick, ill
痛い いたい: hurt, sore
怖い こわい: scary, afraid
嬉しい うれしい: happy, glad
違う ちがう: different, wrong
元気 げんき: healthy, fine
大丈夫 だいじょうぶ: ok, okay
上手 じょうず: good at
下手 へた: bad at
から から: because
だけ だけ: only
けど けど: but
はい はい: yes
いいえ いいえ: no
すみません すみません: sorry
ごめん ごめん: sorry
ごめんなさい ごめんなさい: I'm sorry
おめでとう おめでとう: congratulations
初めまして はじめまして: nice to meet you
おやすみなさい おやすみなさい: good night
例えば たとえば: for example
多分 たぶん: maybe, perhaps
本当に ほんとうに: really
突然 とつぜん: suddenly
早く はやく: quickly
全然 ぜんぜん: not at all
隣 となり: next to, neighbor
後ろ うしろ: behind
分 ふん: minute
ゲーム ゲーム: game
昼ご飯 ひるごはん: lunch
晩ご飯 ばんごはん: dinner
野球 やきゅう: baseball
サッカー サッカー: soccer, football
りんご りんご: apple
オレンジ オレンジ: orange
上司 じょうし: boss
嘘 うそ: to lie
電話 でんわ: call, to phone
買い物 かいもの: shop, go shopping
結婚 けっこん: marry, get married
離婚 りこん: get divorced
運転 うんてん: drive
料理 りょうり: cook, cooking
紹介 しょうかい: introduce
説明 せつめい: explain
招待 しょうたい: invite
準備 じゅんび: prepare, get ready
予約 よやく: reserve, book
練習 れんしゅう: practice, practise
旅行 りょこう: travel
運動 うんどう: exercise
修理 しゅうり: repair
意味 いみ: mean
成長 せいちょう: grow up
卒業 そつぎょう: graduate
入学 にゅうがく: enter a school
参加 さんか: participate, join
成功 せいこう: succeed
失敗 しっぱい: fail
想像 そうぞう: imagine
発表 はっぴょう: announce, present
選択 せんたく: choose
比較 ひかく: compare
翻訳 ほんやく: translate
連絡 れんらく: contact
相談 そうだん: consult
注文 ちゅうもん: order
返事 へんじ: reply
反対 はんたい: oppose
賛成 さんせい: agree
我慢 がまん: endure, be patient
遠慮 えんりょ: hold back
緊張 きんちょう: nervous, get nervous
感動 かんどう: moved, be moved
感謝 かんしゃ: be grateful
心配 しんぱい: worry, worried
安心 あんしん: relieved
遅刻 ちこく: be late
外食 がいしょく: eat out
留学 りゅうがく: study abroad
引っ越す ひっこす: move house
いつも いつも: always
そして そして: and
あげる あげる: give
お金 おかね: money
もらう もらう: receive, get
呼ぶ よぶ: to call
太陽 たいよう: sun
強い つよい: strong
少し すこし: a little
あなた あなた: you
ほとんど ほとんど: almost
電車 でんしゃ: train
パーティー パーティー: party
信じる しんじる: believe
発明 はつめい: invent
開発 かいはつ: develop
改善 かいぜん: improve
期待 きたい: expect
判断 はんだん: judge
禁止 きんし: forbid, prohibit
競争 きょうそう: compete
投票 とうひょう: vote
尊敬 そんけい: respect
信頼 しんらい: trust
神社 じんじゃ: shrine
大臣 だいじん: minister
喜び よろこび: joy
死 し: death
すぐ すぐ: soon, right away
代わりに かわりに: instead
起こる おこる: happen
割引 わりびき: discount
社員 しゃいん: employee
住む すむ: live
小さい ちいさい: small
きれい きれい: clean
掃除 そうじ: to clean
着く つく: arrive
運ぶ はこぶ: carry
着る きる: wear
感じる かんじる: feel
殺す ころす: kill
育つ そだつ: grow
次 つぎ: next
とても とても: very
ゆっくり ゆっくり: slowly
健康 けんこう: health
夕方 ゆうがた: evening
ドア ドア: door
前 まえ: front, in front of
近い ちかい: near
少ない すくない: few
閉める しめる: close
プレゼント プレゼント: present
例 れい: example
最初 さいしょ: first
約 やく: about
痛み いたみ: pain
時間 じかん: hour
右 みぎ: right
試す ためす: try
"""

# spelling and reading: phrases
ENGLISH = {
    word: [phrase.strip() for phrase in phrases.split(",")]
    for word, _, phrases in (line.partition(":") for line in _TABLE.strip().splitlines())
}
