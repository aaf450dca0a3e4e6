"""The subjects and dialects that JMdict marks words with: code, English, Japanese."""

SUBJECTS = """
agric agriculture 農業
anat anatomy 解剖学
archeol archeology 考古学
archit architecture 建築
art art 美術
astron astronomy 天文学
audvid audiovisual 視聴覚
aviat aviation 航空
baseb baseball 野球
biochem biochemistry 生化学
biol biology 生物学
bot botany 植物学
boxing boxing ボクシング
Buddh Buddhism 仏教
bus business ビジネス
cards card games カードゲーム
chem chemistry 化学
chmyth Chinese mythology 中国神話
Christn Christianity キリスト教
civeng civil engineering 土木工学
cloth clothing 服飾
comp computing コンピューター
cryst crystallography 結晶学
dent dentistry 歯科
ecol ecology 生態学
econ economics 経済学
elec electricity 電気工学
electr electronics 電子工学
embryo embryology 発生学
engr engineering 工学
ent entomology 昆虫学
figskt figure skating フィギュアスケート
film film 映画
finc finance 金融
fish fishing 釣り
food food, cooking 料理
gardn gardening 園芸
genet genetics 遺伝学
geogr geography 地理学
geol geology 地質学
geom geometry 幾何学
go go (game) 囲碁
golf golf ゴルフ
gramm grammar 文法
grmyth Greek mythology ギリシャ神話
hanaf hanafuda 花札
horse horse racing 競馬
internet internet インターネット
jpmyth Japanese mythology 日本神話
kabuki kabuki 歌舞伎
law law 法律
ling linguistics 言語学
logic logic 論理学
MA martial arts 武道
mahj mahjong 麻雀
manga manga 漫画
math mathematics 数学
mech mechanical engineering 機械工学
med medicine 医学
met meteorology 気象学
mil military 軍事
min mineralogy 鉱物学
mining mining 鉱業
motor motorsport モータースポーツ
music music 音楽
noh noh 能楽
ornith ornithology 鳥類学
paleo paleontology 古生物学
path pathology 病理学
pharm pharmacology 薬学
phil philosophy 哲学
photo photography 写真
physics physics 物理学
physiol physiology 生理学
politics politics 政治
print printing 印刷
prowres professional wrestling プロレス
psy psychiatry 精神医学
psyanal psychoanalysis 精神分析
psych psychology 心理学
rail railway 鉄道
rommyth Roman mythology ローマ神話
Shinto Shinto 神道
shogi shogi 将棋
ski skiing スキー
sports sports スポーツ
stat statistics 統計学
stockm stock market 株式
sumo sumo 相撲
surg surgery 外科
telec telecommunications 電気通信
tradem trademark 商標
tv television テレビ
vet veterinary 獣医学
vidg video games テレビゲーム
zool zoology 動物学
"""
DIALECTS = """
bra Brazilian Japanese ブラジルの日本語
hob Hokkaido dialect 北海道弁
ksb Kansai dialect 関西弁
ktb Kanto dialect 関東方言
kyb Kyoto dialect 京都弁
kyu Kyushu dialect 九州弁
nab Nagano dialect 長野弁
osb Osaka dialect 大阪弁
rkb Ryukyu dialect 琉球方言
thb Tohoku dialect 東北弁
tsb Tosa dialect 土佐弁
tsug Tsugaru dialect 津軽弁
"""
