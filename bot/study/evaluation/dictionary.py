"""How much of what learners read the dictionary finds, how fast, and whether levels are right."""

from __future__ import annotations

import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.study.analysis import Token, tokens
from bot.study.building.build import build
from bot.study.lexicon.dictionary import Dictionary, Entry
from bot.study.lexicon.expressions import helps
from bot.study.lexicon.folding import folded
from bot.study.romaji import to_romaji

# Words whose level a join by spelling alone gets wrong, with that which they have.
LEVELS = {
    "N5": "見る 川 勉強 四 毎月 椅子 箸 橋 鍵 大変 母 父 日本語 顔 石鹸",
    "N3": "灰 端 底",
    "N1": "肺 股 賭ける",
}
HOMOGRAPHS = Path(__file__).parents[3] / "tests/bot/study/lexicon/kana_homographs.tsv"
_ASKED = 1000  # look-ups of each kind
_OPENING = """
import resource, sys, time
from pathlib import Path
def memory():
    statm = Path("/proc/self/statm")
    pages = int(statm.read_text().split()[1]) if statm.exists() else 0
    return pages * resource.getpagesize() / 1e6
before = memory()
start = time.perf_counter()
from bot.study.lexicon.dictionary import Dictionary, Entry
dictionary = Dictionary.open(Path(sys.argv[1]))
opened = time.perf_counter()
dictionary.look_up("食べられませんでした")
print(opened - start, time.perf_counter() - opened,
      memory() - before)
"""


def report(path: Path) -> list[str]:
    """Lines of text about the dictionary's file. Takes half a minute: it builds it once more."""
    with Dictionary.open(path) as dictionary:
        lines = [*_found(dictionary), *_levels(dictionary), *_homographs(dictionary)]
        lines += _times(dictionary)
    return [*lines, *_costs(path)]


def homographs(dictionary: Dictionary) -> dict[str, tuple[int, int]]:
    """Of words in kana that are also other words, how many are found as their sentence means
    them, and of how many: of the set that the tables were made with, and of a later one."""
    found = {"": (0, 0), "later": (0, 0)}
    part = ""
    for line in HOMOGRAPHS.read_text("utf-8").splitlines():
        if line.startswith("#"):
            part = "later" if line == "# later" else part
            continue
        sentence, word, meant = line.split("\t")
        first = dictionary.look_up(word, sentence=sentence)[:1]
        spellings = first[0].spellings if first else ()
        stem = re.sub("[ぁ-ん]+$", "", meant)
        right, of = found[part]
        found[part] = right + any(each.startswith(stem) for each in spellings), of + 1
    return found


def _homographs(dictionary: Dictionary) -> list[str]:
    if not HOMOGRAPHS.exists():
        return ["homographs: not here; run this in a checkout of the source"]
    (right, of), (right_later, of_later) = homographs(dictionary).values()
    return [
        f"homographs in kana        {right} of {of} as the sentence means them; {right_later} of "
        f"{of_later} that were written later"
    ]


def pasted(sentence: str) -> Iterator[tuple[str, Token]]:
    """The inflected words of a sentence with all their endings, as one would mark them."""
    words = tokens(sentence)
    for at, word in enumerate(words):
        if word.is_content and word.conjugation_type != "*" and not helps(words, at):
            end = at + 1
            while end < len(words) and _ends(words[end - 1], words[end]):
                end += 1
            if end > at + 1 or word.surface != word.base:
                yield sentence[word.start : words[end - 1].end], word


def _ends(before: Token, word: Token) -> bool:
    joined = before.end == word.start
    return joined and (word.pos[0] == "助動詞" or word.pos[1] == "接続助詞")


def has(dictionary: Dictionary, form: str, word: Token, sentence: str) -> bool:
    """Whether a form leads to an entry that is spelled like the word's plain form or lemma, or
    like the form as it is (すみません)."""
    wanted = {folded(word.base), folded(word.lemma), folded(form)}
    found = dictionary.look_up(form, sentence=sentence)
    return any(wanted & {folded(text) for text in _texts(entry)} for entry in found)


def _texts(entry: Entry) -> list[str]:
    return [w.text for w in entry.writings] + [r.kana for r in entry.readings]


def _found(dictionary: Dictionary) -> list[str]:
    sentences = [row[0] for row in dictionary.stored.rows("SELECT japanese FROM example")]
    forms = {form: (word, text) for text in sentences for form, word in pasted(text)}
    missing = [form for form, where in forms.items() if not has(dictionary, form, *where)]
    share = 100 * (1 - len(missing) / len(forms))
    return [
        f"inflected words found      {share:.2f} % of {len(forms):,} different forms in "
        f"{len(sentences):,} sentences, with their endings, as they stand there",
        f"  not found                {'  '.join(missing[:12])}",
    ]


def _levels(dictionary: Dictionary) -> list[str]:
    wrong = []
    total = 0
    for level, words in LEVELS.items():
        for word in words.split():
            total += 1
            found = dictionary.look_up(word)[0].level
            if found is None or found.name != level:
                wrong.append(f"{word} {found.name if found else 'unlisted'} for {level}")
    return [f"levels right               {total - len(wrong)} of {total} {', '.join(wrong)}"]


def asked(dictionary: Dictionary) -> dict[str, list[str]]:
    """What is looked up to take times: over all of the dictionary, the same every time."""
    chance = random.Random(1)
    (last,) = dictionary.stored.rows("SELECT max(rank) FROM entry")[0]
    entries = [dictionary.stored.entry(chance.randint(1, last)) for _ in range(_ASKED)]
    sentences = [r[0] for r in dictionary.stored.rows("SELECT japanese FROM example")]
    inflected = [form for s in chance.sample(sentences, 4 * _ASKED) for form, _ in pasted(s)]
    return {
        "headwords": [(e.writings[0].text if e.writings else e.reading) for e in entries],
        "kana": [entry.reading for entry in entries],
        "inflected": inflected[:_ASKED],
        "romaji": [to_romaji(entry.reading) for entry in entries],
        "English": [entry.senses[0].glosses[0] for entry in entries],
        "sentences": chance.sample(sentences, _ASKED),
    }


def _times(dictionary: Dictionary) -> list[str]:
    questions = asked(dictionary)
    dictionary.stored.find.cache_clear()
    dictionary.stored.entry.cache_clear()
    lines = []
    for kind, texts in questions.items():
        lines.append(_line(f"look-up, {kind}", dictionary.look_up, texts))
    prefixes = [text[:length] for text in questions["kana"] for length in (1, 2, 3)]
    lines.append(_line("completion", dictionary.complete, prefixes[:_ASKED]))
    return lines


def _line(name: str, ask: Callable[[str], object], texts: list[str]) -> str:
    taken = []
    for text in texts:
        start = time.perf_counter()
        ask(text)
        taken.append(1000 * (time.perf_counter() - start))
    p99 = statistics.quantiles(taken, n=100)[98]
    return f"{name:26} median {statistics.median(taken):.2f} ms, 99th percentile {p99:.2f} ms"


def _costs(path: Path) -> list[str]:
    started = subprocess.run(
        [sys.executable, "-c", _OPENING, str(path)], capture_output=True, text=True, check=True
    )
    opening, first, memory = map(float, started.stdout.split())
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        build(Path(folder) / "study.db", lambda what, share: None)
        building = time.perf_counter() - start
    return [
        f"file                       {path.stat().st_size / 1e6:.0f} MB, built in {building:.0f} s "
        f"on {os.cpu_count()} cores",
        f"opening                    {1000 * opening:.0f} ms with imports, first look-up "
        f"{1000 * first:.0f} ms, {memory:.0f} MB of memory",
    ]
