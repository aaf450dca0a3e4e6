"""How many words are read right, how okurigana and romaji come out, and how long it takes.

The sentences are those of tests/bot/study/readings.tsv, with the reading of each word by hand.
"""

from __future__ import annotations

import re
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from bot.study.kana import has_kanji, hiragana, seen
from bot.study.reading.okurigana import align, is_clear
from bot.study.reading.readings import read
from bot.study.romaji import LongVowels, is_unambiguous, to_kana, to_romaji

SENTENCES = Path(__file__).parents[3] / "tests" / "bot" / "study" / "readings.tsv"
REPLY = (
    "日本語を勉強するときは、毎日少しずつ続けることが大切です。例えば、朝ご飯を食べながらニュースを"
    "聞いたり、電車の中で単語を三十個覚えたりするといいでしょう。先週の土曜日に、友達と一緒に市場へ"
    "行って新しい言葉をたくさん覚えました。値段を聞くと「りんごは三個で五百円です」と言われました。"
    "聞き取れなくても、もう一度ゆっくり話してもらえば大丈夫です。文法の本を一冊読み終えたら、次は短い"
    "物語に挑戦してみてください。分からない漢字があっても、前後の文から意味を考えることができます。"
    "2026年7月には日本語能力試験がありますから、あと六か月で準備をしましょう。大事なのは、間違いを"
    "恐れないことです。誰でも最初は上手に話せませんが、一日に十分だけでも声に出して練習すれば、必ず"
    "話せるようになります。質問があれば、いつでも聞いてください。分からなければ先輩に聞いても構いません。"
    "一緒に頑張りましょう。"
)

Reader = Callable[[str], Sequence[tuple[str, str]]]  # a text's pieces, each with its reading


@dataclass(frozen=True, slots=True)
class Gold:
    """A sentence of the set: its words, each with the readings that are right."""

    kind: str
    words: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def text(self) -> str:
        """The sentence."""
        return "".join(word for word, _ in self.words)


def gold(path: Path = SENTENCES) -> Iterator[Gold]:
    """The set's sentences."""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        kind, _, sentence = line.partition("\t")
        words = []
        for part in sentence.split(" "):
            plain = re.sub(r"(?:\\u[0-9a-f]{4})+", _unescaped, part).replace("␣", " ")
            word, _, readings = plain.partition("|")
            words.append((word, tuple(readings.split("/")) if readings else ()))
        yield Gold(kind, tuple(words))


def _unescaped(match: re.Match[str]) -> str:
    units = [int(unit, 16) for unit in match[0].split("\\u")[1:]]
    return b"".join(unit.to_bytes(2, "little") for unit in units).decode("utf-16-le")


def mistakes(sentence: Gold, pieces: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """The words that are read wrong: word, reading, and what it should be.

    A piece that reaches over the border of two words is held against both together; kana are
    compared as they are written, and words that have no reading are not counted.
    """
    ends = set(accumulate(len(text) for text, _ in pieces))
    wrong = []
    at = 0
    group: list[tuple[str, tuple[str, ...]]] = []
    for word, readings in sentence.words:
        group.append((word, readings))
        end = at + sum(len(text) for text, _ in group)
        if end not in ends:
            continue
        got = _between(pieces, at, end)
        wanted = [""]
        for text, ways in group:
            plain = [hiragana(way) for way in ways] or [hiragana(text)]
            wanted = [before + way for before in wanted for way in plain]
        if got not in map(seen, wanted):
            wrong += [(text, got, wanted[0]) for text, ways in group if ways]
        at = end
        group = []
    return wrong


def _between(pieces: Sequence[tuple[str, str]], start: int, end: int) -> str:
    at = 0
    out = ""
    for text, reading in pieces:
        if start <= at < end or (start == at == end):
            out += reading or hiragana(text)
        at += len(text)
    return seen(out)


def product(text: str) -> list[tuple[str, str]]:
    """As the product reads."""
    return [(piece.text, piece.reading) for word in read(text) for piece in word.ruby]


def analyser(attribute: str) -> Reader:
    """As haqumei reads as it comes, each word at the place that haqumei gives for it."""
    import haqumei

    plain = haqumei.Haqumei()

    def pieces(text: str) -> list[tuple[str, str]]:
        found = []
        at = 0
        for word in plain.g2p_mapping_detailed(text):
            start, end = word.char_span
            found += [(text[at:start], "")] if start > at else []
            surface = text[max(start, at) : end]
            kana = hiragana(getattr(word, attribute).replace("’", ""))
            found.append((surface, kana if has_kanji(surface) or surface.isdigit() else ""))
            at = max(at, end)
        return [*found, *([(text[at:], "")] if at < len(text) else [])]

    return pieces


def accuracy(reader: Reader) -> tuple[int, int]:
    """Words read right, of those of the set that have a reading."""
    total = wrong = 0
    for sentence in gold():
        total += sum(bool(readings) for _, readings in sentence.words)
        wrong += len(mistakes(sentence, reader(sentence.text)))
    return total - wrong, total


def common_words() -> list[tuple[str, str]]:
    """JMdict's common pairs of a spelling with kanji and its reading."""
    spellings, kana = _common("Kanji", "KJP"), _common("Kana WHERE nokanji = 0", "KNP")
    only: dict[str, set[str]] = {}  # a reading that is for some spellings alone
    for number, text in _jmdict("SELECT kid, text FROM KNR"):
        only.setdefault(number, set()).add(text)
    pairs = {
        (word, reading)
        for entry, words in spellings.items()
        for _, word in words
        for number, reading in kana.get(entry, [])
        if has_kanji(word) and word in only.get(number, {word})
    }
    return sorted(pairs)


def _common(table: str, tags: str) -> dict[str, list[tuple[str, str]]]:
    """The common spellings of a table by entry, each with its number."""
    common = {number for (number,) in _jmdict(f"SELECT kid FROM {tags}")}
    found: dict[str, list[tuple[str, str]]] = {}
    for number, entry, text in _jmdict(f"SELECT ID, idseq, text FROM {table}"):
        if number in common:
            found.setdefault(entry, []).append((number, text))
    return found


def all_readings() -> list[str]:
    """All kana readings of JMdict."""
    return [kana for (kana,) in _jmdict("SELECT text FROM Kana")]


def _jmdict(query: str) -> list[tuple[str, ...]]:
    import jamdict_data  # type: ignore[import-untyped]

    path = Path(jamdict_data.__file__).parent / "jamdict.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


_FOOTPRINT = """
import time
import psutil
before, start = psutil.Process().memory_info().rss, time.perf_counter()
from bot.study.reading.readings import read
read("本")
print(time.perf_counter() - start, psutil.Process().memory_info().rss - before)
"""


def report() -> list[str]:
    """Lines for people: what was measured, on what, and the figure."""
    lines = []
    readers = {
        "as the bot reads": product,
        "haqumei as it comes, pron": analyser("pron"),
        "haqumei as it comes, read": analyser("read"),
    }
    sentences = sum(1 for _ in gold())
    for name, reader in readers.items():
        right, total = accuracy(reader)
        share = 100 * right / total
        lines.append(
            f"readings, {name}: {right} of {total} words right ({share:.1f} %), "
            f"{sentences} sentences"
        )
    words = common_words()
    fitting = sum(align(*pair) is not None for pair in words)
    share = 100 * fitting / len(words)
    clear = sum(is_clear(*pair) for pair in words)
    lines.append(
        f"okurigana: {fitting} of {len(words)} common words aligned ({share:.2f} %), "
        f"{clear} of them in the only way there is"
    )
    kana = all_readings()
    for long in LongVowels:
        plain = [reading for reading in kana if is_unambiguous(reading, long)]
        back = sum(to_kana(to_romaji(reading, long)) == hiragana(reading) for reading in plain)
        lines.append(
            f"romaji and back, {long.value}: {back} of {len(plain)} unambiguous readings the same "
            f"({100 * back / len(plain):.2f} %); {len(kana) - len(plain)} of {len(kana)} are "
            "ambiguous"
        )
    times = []
    for _ in range(101):
        start, busy = time.perf_counter(), time.thread_time()
        read(REPLY)
        times.append((time.perf_counter() - start, time.thread_time() - busy))
    passed, computed = (1000 * statistics.median(column) for column in zip(*times, strict=True))
    lines.append(
        f"time to read {len(REPLY)} characters: {passed:.1f} ms, {computed:.1f} ms of it computing"
    )
    run = subprocess.run(
        [sys.executable, "-c", _FOOTPRINT], capture_output=True, text=True, check=True
    )
    seconds, more = run.stdout.split()
    lines.append(f"first reading: {float(seconds):.2f} s, {int(more) / 2**20:.0f} MiB more memory")
    return lines
