"""How numbers are read, and what is counted with them: 三本 さんぼん, 10万円, 12:30, 三分の一.

A table of counters with their sounds, and the few rules of sound change. It sees a number and
what stands behind it, no sentence: 十分, 一時 and other words that are no counts are
homographs.py's, and readings.py leaves longer words (一日中, 八百屋) to the analyser. Source:
the usage that NHK's guides to pronunciation teach; where two are usual, the one taught first.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Counted:
    """A number with its counter, at `text[start:end]`. The number ends at `middle`.

    `reading` in hiragana, `number` that of the number alone, `counter` what the counter is called
    alone. `kanji`: the same written as an analyser knows it, so many characters for the number.
    """

    start: int
    middle: int
    end: int
    reading: str
    number: str
    counter: str
    kanji: str
    arabic: bool


_DIGITS = ["", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう"]
_GREAT = [(10**12, "ちょう", "兆"), (10**8, "おく", "億"), (10**4, "まん", "万")]
_SMALL = [(1000, "せん", "千"), (100, "ひゃく", "百"), (10, "じゅう", "十")]
_KANJI = "〇一二三四五六七八九"
_VALUES = {k: v for v, k in enumerate(_KANJI)} | {"零": 0}
_UNITS = {unit: value for value, _, unit in _GREAT + _SMALL}
_CHANGED = {
    300: "さんびゃく",
    600: "ろっぴゃく",
    800: "はっぴゃく",
    3000: "さんぜん",
    8000: "はっせん",
}

# Which numbers shorten before a counter, by its first sound.
_SHORTENS = {"k": (1, 6, 8, 10, 100), "s": (1, 8, 10), "t": (1, 8, 10), "h": (1, 6, 8, 10, 100)}
_SHORTENS |= {"p": (1, 8, 10), "": ()}
# Its first sound after 3, 1000, 10000 and 何, where it changes.
_VOICED = {"hb": "\u3099", "hp": "\u309a", "kg": "\u3099", "sz": "\u3099"}

# Counters by how they sound: kana, and a kind of the two tables above.
_PLAIN = {
    "枚": "まい", "台": "だい", "番": "ばん", "度": "ど", "倍": "ばい", "名": "めい",
    "秒": "びょう", "号": "ごう", "号室": "ごうしつ", "番地": "ばんち", "番線": "ばんせん",
    "字": "じ", "文字": "もじ", "行": "ぎょう", "畳": "じょう", "位": "い", "段": "だん",
    "問": "もん", "列": "れつ", "部": "ぶ", "限": "げん", "代": "だい", "割": "わり", "話": "わ",
    "羽": "わ", "題": "だい", "次": "じ", "メートル": "めーとる", "グラム": "ぐらむ",
    "リットル": "りっとる", "ドル": "どる", "ミリ": "みり", "ユーロ": "ゆーろ", "円": "えん",
    "年": "ねん", "年生": "ねんせい", "時": "じ", "時間": "じかん", "人": "にん",
    "人前": "にんまえ", "月": "がつ", "日": "にち", "枚目": "まいめ", "万": "まん",
    "両": "りょう", "語": "ご", "名様": "めいさま", "億": "おく", "世代": "せだい",
}  # fmt: skip
_CHANGING = {
    "hb": {"本": "ほん", "匹": "ひき", "杯": "はい"},
    "hp": {"分": "ふん", "泊": "はく", "発": "はつ", "歩": "ほ", "票": "ひょう", "品": "ひん",
           "拍": "はく", "編": "へん", "敗": "はい", "遍": "へん"},
    "kg": {"階": "かい", "軒": "けん"},
    "k": {"回": "かい", "個": "こ", "巻": "かん", "件": "けん", "曲": "きょく", "缶": "かん",
          "校": "こう", "級": "きゅう", "脚": "きゃく", "機": "き", "か月": "かげつ",
          "か国": "かこく", "か所": "かしょ", "か国語": "かこくご", "期": "き", "課": "か",
          "キロ": "きろ", "周期": "しゅうき", "カロリー": "かろりー", "球": "きゅう"},
    "sz": {"足": "そく"},
    "s": {"冊": "さつ", "歳": "さい", "週": "しゅう", "席": "せき", "世紀": "せいき",
          "種類": "しゅるい", "社": "しゃ", "周年": "しゅうねん", "周": "しゅう", "隻": "せき",
          "章": "しょう", "世帯": "せたい", "勝": "しょう", "節": "せつ", "センチ": "せんち",
          "色": "しょく", "食": "しょく"},
    "t": {"頭": "とう", "着": "ちゃく", "点": "てん", "通": "つう", "丁目": "ちょうめ",
          "等": "とう", "トン": "とん", "丁": "ちょう", "店舗": "てんぽ", "滴": "てき"},
    "p": {"ページ": "ぺーじ", "パーセント": "ぱーせんと", "ポイント": "ぽいんと"},
}  # fmt: skip
_COUNTERS = {counter: (kana, "") for counter, kana in _PLAIN.items()} | {
    counter: (kana, kind) for kind, row in _CHANGING.items() for counter, kana in row.items()
}
_SAME = {"才": "歳", "%": "パーセント", "％": "パーセント", "℃": "度", "箇月": "か月", "个": "個"}
_SAME |= {
    f"{ka}{what}": f"か{what}" for ka in "ヶヵカケヶ箇" for what in ("月", "国", "所", "国語")
}
# Numbers that take another form before a counter: those that end so, or those alone.
_ENDING = {
    "時": {0: "れい", 4: "よ", 7: "しち", 9: "く"}, "時間": {4: "よ", 7: "しち", 9: "く"},
    "月": {4: "し", 7: "しち", 9: "く"}, "年": {4: "よ"}, "年生": {4: "よ"}, "円": {4: "よ"}, 
    "度": {0: "れい"}, "点": {0: "れい"},
    "人": {4: "よ", 7: "しち"}, "人前": {4: "よ"}, "日": {4: "よ", 7: "しち", 9: "く"},
}  # fmt: skip
_DAYS = ["", "いちにち", "ふつか", "みっか", "よっか", "いつか", "むいか", "なのか", "ようか",
         "ここのか", "とおか"]  # fmt: skip
_THINGS = ["", "ひとつ", "ふたつ", "みっつ", "よっつ", "いつつ", "むっつ", "ななつ", "やっつ",
           "ここのつ"]  # fmt: skip
_ALONE: dict[str, dict[int, str]] = {
    "日": {n: kana for n, kana in enumerate(_DAYS) if n}
    | {14: "じゅうよっか", 20: "はつか", 24: "にじゅうよっか"},
    "人": {1: "ひとり", 2: "ふたり"},
    "歳": {20: "はたち"},
    "つ": {n: kana for n, kana in enumerate(_THINGS) if n},
}
_NATIVE = {
    "皿": "さら", "箱": "はこ", "袋": "ふくろ", "組": "くみ", "部屋": "へや", "切れ": "きれ",
    "粒": "つぶ", "口": "くち", "晩": "ばん", "言": "こと", "通り": "とおり", "束": "たば",
    "駅": "えき",
}  # fmt: skip
for _counter, _kana in _NATIVE.items():
    _COUNTERS[_counter] = (_kana, "")
    _ALONE[_counter] = {1: "ひと" + _kana, 2: "ふた" + _kana}
_COUNTERS["つ"] = ("つ", "")
_AFTER = {"": "", "目": "め", "間": "かん"}
_LASTS = ("分", "秒", "日", "週", "か月", "年")  # what a length of time (間) is counted in

_COUNTER = "|".join(sorted(map(re.escape, (*_COUNTERS, *_SAME)), key=len, reverse=True))
_ARABIC = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_NUMERAL = "〇零一二三四五六七八九十百千万億兆"
_FIND = re.compile(
    rf"(?P<date>(?<!\d)\d{{4}}[/-]\d{{1,2}}[/-]\d{{1,2}}(?!\d))"
    rf"|(?P<time>(?<![\d:])(?:[01]?\d|2[0-4]):[0-5]\d(?![\d:]))"
    rf"|(?P<phone>\d+(?:-\d+)+|^[ \t]*\d+[.)](?!\d))"  # and what numbers a list
    rf"|(?P<part>{_ARABIC}|[{_NUMERAL}]+)分の(?P<of>{_ARABIC}|[{_NUMERAL}]+)"
    rf"|(?:(?P<low>[一二三四五六七八])、?(?P<high>[二三四五六七八九])(?=(?:{_COUNTER})(?!目))"
    rf"|(?P<arabic>{_ARABIC}[{_NUMERAL[10:]}]*)|(?P<kanji>[{_NUMERAL}]+)|(?P<how>何|数))"
    rf"(?P<counter>{_COUNTER})?(?P<after>目|間)?",
    re.MULTILINE,
)


def find(text: str) -> tuple[Counted, ...]:
    """All numbers in a text, with their counters. Digits are half-width: 1,000円 3.5 2026年."""
    found = (_counted(match, text) for match in _FIND.finditer(text))
    return tuple(count for count in found if count is not None)


@lru_cache(maxsize=1024)
def cardinal(number: int) -> str:
    """A whole number in hiragana: 8600 はっせんろっぴゃく; from 10¹⁶ on digit by digit."""
    return "".join(kana for _, kana in _morphemes(number))


def with_counter(number: int, counter: str) -> str | None:
    """A number with one of the counters in the table, in hiragana; None: not in it."""
    counter = _SAME.get(counter, counter)
    if counter not in _COUNTERS or (counter == "つ" and not 0 < number < 10):
        return None
    if number in _ALONE.get(counter, {}):
        return _ALONE[counter][number]
    morphemes = _morphemes(number)
    return "".join(kana for _, kana in morphemes[:-1]) + _joined(*morphemes[-1], counter)


def _joined(value: int, kana: str, counter: str) -> str:
    """The number's last word, which is worth `value`, with the counter."""
    sound, kind = _COUNTERS[counter]
    kana = _ENDING.get(counter, {}).get(value, kana)
    if value in _SHORTENS[kind[:1]]:
        first = unicodedata.normalize("NFC", sound[0] + "\u309a") if kind[:1] == "h" else sound[0]
        return kana[:-1] + "っ" + first + sound[1:]
    if kind in _VOICED and (value in (3, 1000, 10000) or (value == 4 and kind == "hp")):
        return kana + unicodedata.normalize("NFC", sound[0] + _VOICED[kind]) + sound[1:]
    return kana + sound


def _morphemes(number: int) -> list[tuple[int, str]]:
    """The words of a number, each with what it is worth: 三百 is one, worth 100."""
    if number == 0:
        return [(0, "ぜろ")]
    if number >= 10**16:
        return [(int(digit), _DIGITS[int(digit)] or "ぜろ") for digit in str(number)]
    words: list[tuple[int, str]] = []
    for value, kana, _ in _GREAT:
        if number >= value:
            words += _morphemes(number // value)
            if kana == "ちょう" and words[-1][0] in (1, 8, 10):
                words[-1] = (0, words[-1][1][:-1] + "っ")
            words.append((value, kana))
            number %= value
    for value, kana, _ in _SMALL:
        digit, number = divmod(number, value)
        if digit:
            plain = (_DIGITS[digit] if digit > 1 else "") + kana
            words.append((value, _CHANGED.get(digit * value, plain)))
    return words + ([(number, _DIGITS[number])] if number else [])


def _value(numeral: str) -> int:
    """A whole number from digits, kanji or both: 1,000 10万 二十五 二〇二六."""
    total = below = digits = 0
    for character in numeral.replace(",", ""):
        if character in _UNITS:
            unit = _UNITS[character]
            if unit >= 10**4:
                total += (below + digits or 1) * unit
                below = 0
            else:
                below += (digits or 1) * unit
            digits = 0
        else:
            digits = digits * 10 + (_VALUES[character] if character in _VALUES else int(character))
    return total + below + digits


def in_kanji(number: int) -> str:
    """A whole number in kanji numerals: 2026 二千二十六."""
    if number == 0:
        return "零"
    out = ""
    for value, _, kanji in _GREAT:
        if number >= value:
            out += in_kanji(number // value) + kanji
            number %= value
    for value, _, kanji in _SMALL:
        digit, number = divmod(number, value)
        out += (_KANJI[digit] if digit > 1 else "") + kanji if digit else ""
    return out + (_KANJI[number] if number else "")


def _counted(match: re.Match[str], text: str) -> Counted | None:
    start, end = match.span()
    if match["phone"]:
        return None
    if match["date"]:
        year, month, day = map(int, re.split("[/-]", match["date"]))
        parts = [(year, "年"), (month, "月"), (day, "日")]
        reading = "".join(with_counter(*part) or "" for part in parts)
        reading = reading.replace("がついちにち", "がつついたち")
        kanji = "".join(in_kanji(n) + unit for n, unit in parts)
        return Counted(start, end, end, reading, reading, "", kanji, True)
    if match["time"]:
        hours, minutes = map(int, match["time"].split(":"))
        reading = (with_counter(hours, "時") or "") + (
            (with_counter(minutes, "分") or "") if minutes else ""
        )
        kanji = in_kanji(hours) + "時" + (in_kanji(minutes) + "分" if minutes else "")
        return Counted(start, end, end, reading, reading, "", kanji, True)
    if match["part"]:
        part, of = _value(match["part"]), _value(match["of"])
        reading = cardinal(part) + "ぶんの" + cardinal(of)
        kanji = f"{in_kanji(part)}分の{in_kanji(of)}"
        return Counted(start, end, end, reading, reading, "", kanji, True)
    counter = _SAME.get(match["counter"] or "", match["counter"] or "")
    after = match["after"] or ""
    if not counter or (after == "間" and counter not in _LASTS):
        end -= len(after)
        after = ""
    if match["low"]:
        return _about(match, counter, end, after)
    if match["how"]:
        return _how_many(match, counter, end, after)
    numeral = match["arabic"] or match["kanji"]
    middle = start + len(numeral)
    whole, point, decimals = re.match(r"([^.]*)(\.?)(\d*)", numeral).groups()  # type: ignore[union-attr]
    if point:
        unit = numeral[len(whole) + 1 + len(decimals) :]
        return _decimal(match, int(_value(whole)), decimals, unit, counter, end, after)
    number = _value(numeral)
    if numeral[:2] in ("億万", "億兆", "万億", "千万"):  # as in 億万長者: words
        return None
    if number >= 10**16 or (len(whole) > 1 and whole[0] == "0"):
        return None
    reading = (with_counter(number, counter) if counter else None) or ""
    if counter == "日" and number == 1 and text[:start].endswith("月"):
        reading = "ついたち"
    if counter and not reading:  # 十つ
        counter, end = "", middle
    reading = (reading or cardinal(number)) + _AFTER[after]
    sound = _COUNTERS[counter][0] if counter else ""
    kanji = in_kanji(number) if match["arabic"] else numeral
    return Counted(
        start, middle, end, reading, cardinal(number), sound, kanji, match["arabic"] is not None
    )


def _about(match: re.Match[str], counter: str, end: int, after: str) -> Counted | None:
    """二、三日 にさんにち: two numbers that follow each other, and the counter without its days."""
    low, high = _VALUES[match["low"]], _VALUES[match["high"]]
    if high != low + 1:
        return None
    first = {4: "し", 7: "しち"}.get(low, _DIGITS[low])
    if counter == "つ":
        return None
    reading = first + _joined(high, _DIGITS[high], counter) + _AFTER[after]
    middle = match.end("high")
    kanji = match.string[match.start() : middle]
    return Counted(match.start(), middle, end, reading, first, _COUNTERS[counter][0], kanji, False)


def _how_many(match: re.Match[str], counter: str, end: int, after: str) -> Counted | None:
    """何本 なんぼん, 数本 すうほん; alone they are words, and not counted."""
    if not counter or counter in ("つ", "言", "色", "語", "代", "部", "食", "口"):
        return None
    if match[0] == "数日":
        return None
    number = {"何": "なん", "数": "すう"}[match["how"]]
    reading = _joined(3 if number == "なん" else 0, number, counter) + _AFTER[after]
    start = match.start()
    return Counted(
        start, start + 1, end, reading, number, _COUNTERS[counter][0], match["how"], False
    )


def _decimal(
    match: re.Match[str], whole: int, decimals: str, unit: str, counter: str, end: int, after: str
) -> Counted:
    """3.5キロ さんてんごきろ, 1.5万 いってんごまん."""
    morphemes = _morphemes(whole) if whole else [(0, "れい")]
    value, kana = morphemes[-1]
    kana = kana[:-1] + "っ" if value in (1, 8, 10) else kana
    point = "".join(word for _, word in morphemes[:-1]) + kana + "てん"
    digits = [_DIGITS[int(digit)] or "ぜろ" for digit in decimals]
    units = "".join(next(kana for _, kana, kanji in _GREAT + _SMALL if kanji == u) for u in unit)
    number = point + "".join(digits) + units
    last = int(decimals[-1])
    reading = number
    if counter and not units:
        reading = point + "".join(digits[:-1]) + _joined(last, digits[-1], counter)
    elif counter:
        reading += _COUNTERS[counter][0]
    middle = match.end("arabic")
    kanji = in_kanji(whole)
    sound = _COUNTERS[counter][0] if counter else ""
    return Counted(match.start(), middle, end, reading + _AFTER[after], number, sound, kanji, True)
