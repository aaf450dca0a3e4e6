"""The marks of JMdict in words: parts of speech, usage, subjects, dialects, rare forms.

Codes as in JMdict's own list; a code that is not here is shown as it is.
https://www.edrdg.org/jmwsgi/edhelp.py?svc=jmdict#kw_pos
"""

from __future__ import annotations

from functools import cache

from bot.study.lexicon.entries import Tag
from bot.study.lexicon.subjects import DIALECTS, SUBJECTS

# code, English, Japanese
PARTS = """
n noun 名詞
n-pref noun, used as a prefix 名詞（接頭語的）
n-suf noun, used as a suffix 名詞（接尾語的）
n-pr proper noun 固有名詞
pn pronoun 代名詞
vs noun, verb with する 名詞・する動詞
vs-i する verb サ変動詞
vs-s する verb (special) サ変動詞（特殊）
vs-c su verb (archaic) サ変動詞（古語・す）
vk くる verb カ変動詞
v1 ichidan verb 一段動詞
v1-s ichidan verb (くれる) 一段動詞（くれる）
vz ichidan verb (ずる) 一段動詞（ずる）
v5u godan verb (う) 五段動詞（う）
v5u-s godan verb (う, special) 五段動詞（う・特殊）
v5k godan verb (く) 五段動詞（く）
v5k-s godan verb (行く) 五段動詞（行く）
v5g godan verb (ぐ) 五段動詞（ぐ）
v5s godan verb (す) 五段動詞（す）
v5t godan verb (つ) 五段動詞（つ）
v5n godan verb (ぬ) 五段動詞（ぬ）
v5b godan verb (ぶ) 五段動詞（ぶ）
v5m godan verb (む) 五段動詞（む）
v5r godan verb (る) 五段動詞（る）
v5r-i godan verb (ある, irregular) 五段動詞（ある・不規則）
v5aru godan verb (-aru, honorific) 五段動詞（ある・敬語）
vn irregular ぬ verb ナ変動詞
vr irregular り verb ラ変動詞
vi intransitive 自動詞
vt transitive 他動詞
v-unspec verb 動詞
adj-i い-adjective い形容詞
adj-ix い-adjective (いい) い形容詞（いい）
adj-na な-adjective な形容詞
adj-no noun with の の形容詞
adj-pn before nouns 連体詞
adj-t たる adjective タル形容動詞
adj-f used before nouns 連体修飾語
adj-ku く adjective (archaic) ク活用形容詞
adj-shiku しく adjective (archaic) シク活用形容詞
adj-nari なり adjective (archaic) ナリ活用形容動詞
adv adverb 副詞
adv-to adverb with と 副詞（と）
aux auxiliary 助動詞
aux-v auxiliary verb 補助動詞
aux-adj auxiliary adjective 補助形容詞
cop copula 断定の助動詞
conj conjunction 接続詞
ctr counter 助数詞
exp expression 表現
int interjection 感動詞
num number 数詞
pref prefix 接頭語
prt particle 助詞
suf suffix 接尾語
unc unclassified 未分類
"""
USAGE = """
uk usually in kana 普通はかな書き
abbr abbreviation 略語
arch archaic 古語
yoji four-character idiom 四字熟語
obsc obscure めったに使わない語
on-mim onomatopoeia 擬音語・擬態語
col colloquial 口語
sl slang 俗語
m-sl manga slang 漫画の俗語
net-sl internet slang ネットスラング
id idiom 慣用句
proverb proverb ことわざ
aphorism aphorism 格言
quote quotation 引用句
hon honorific 尊敬語
hum humble 謙譲語
pol polite 丁寧語
obs obsolete 廃語
dated dated 古風な語
hist historical term 歴史用語
rare rare まれな語
derog derogatory 軽蔑語
vulg vulgar 卑語
sens sensitive 差別的になりうる語
euph euphemism 婉曲表現
joc jocular 冗談
fam familiar くだけた言い方
chn children's language 幼児語
form formal or literary 文語的な語
fem women's language 女性語
male men's language 男性語
poet poetical 詩語
person name of a person 人名
place place name 地名
work title of a work 作品名
company company 会社名
organization organization 団体名
product product 商品名
"""
FORMS = """
ateji ateji: kanji for their sound 当て字
io irregular okurigana 不規則な送り仮名
iK irregular kanji 不規則な漢字
oK outdated kanji 古い漢字
rK rare kanji form まれな漢字表記
sK found, but not shown 検索用の漢字表記
ik irregular kana 不規則なかな
ok outdated kana 古いかな遣い
rk rare kana form まれなかな表記
sk found, but not shown 検索用のかな表記
gikun reading by meaning 義訓・熟字訓
"""
# Forms that no dictionary shows, but that find the word; and those that nobody should write.
HIDDEN = frozenset({"sK", "sk"})
IRREGULAR = frozenset({"iK", "oK", "rK", "sK", "io", "ik", "ok", "rk", "sk"})
# Meanings that learners seldom look for.
OLD = frozenset({"arch", "obs", "obsc", "rare", "dated", "hist"})


@cache
def tag(code: str) -> Tag:
    """What a code of JMdict says."""
    return table().get(code) or _archaic(code)


def _archaic(code: str) -> Tag:
    """The verbs of classical Japanese (v2r-k, v4h): 48 codes, told by their first two letters."""
    if code[:2] in ("v2", "v4") and code[2:3]:
        kind = {"2": ("nidan", "二段"), "4": ("yodan", "四段")}[code[1]]
        return Tag(code, f"{kind[0]} verb (archaic)", f"{kind[1]}動詞（古語）")
    return Tag(code, code, code)


@cache
def table() -> dict[str, Tag]:
    """All tags by their codes, without the classical verbs."""
    found = {}
    for line in "".join((PARTS, USAGE, FORMS, SUBJECTS, DIALECTS)).splitlines():
        if line:
            code, _, rest = line.partition(" ")
            english, _, japanese = rest.rpartition(" ")
            found[code] = Tag(code, english, japanese)
    return found
