"""What the built-in model is asked in its examination, and what a right answer is.

Knows the words and the tables that training draws from, and which of them are held out; knows
no model.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import contains

from bot.demo import invented, phrases, sentences
from bot.demo.lexicon import Level, Lexicon, Word

GOALS: dict[Level, float] = {"N5": 0.98, "N4": 0.98, "N3": 0.8}


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation: what the user says, and what is asked of the last reply (0 to 1)."""

    says: tuple[str, ...]
    score: Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Skill:
    """Cases that are counted together. `goal` is the least mean score, if one is set."""

    name: str
    cases: tuple[Case, ...]
    goal: float | None = None
    shown: bool = False


def is_japanese(text: str) -> bool:
    """Whether a text has kana."""
    return re.search("[ぁ-ヿ]", text) is not None


def quoted(text: str) -> list[str]:
    """What stands in quotation marks."""
    return [a or b for a, b in re.findall(r'「([^」]*)」|"([^"]*)"', text)]


def skills(lexicon: Lexicon, rng: random.Random, sample: int | None) -> Iterator[Skill]:
    """Everything that is examined; `sample` bounds the cases of a skill."""

    def some(cases: Iterable[Case]) -> tuple[Case, ...]:
        listed = list(cases)
        return tuple(rng.sample(listed, min(sample or len(listed), len(listed))))

    yield Skill("the model card's two questions", tuple(_card()), 1.0, shown=True)
    for level, goal in GOALS.items():
        words = lexicon.of_level(level)
        yield Skill(
            f"{level}: What does 猫 mean?",
            some(_meaning(word, "What does {} mean?") for word in words),
            goal,
        )
        yield Skill(
            f"{level}: 「猫」は英語で何ですか。",
            some(_meaning(word, "「{}」は英語で何ですか。") for word in words),
            goal,
        )
        yield Skill(
            f"{level}: How do you say 'cat' in Japanese?",
            some(_word(lexicon, word) for word in words),
            goal,
        )
    yield Skill("small talk, Japanese", some(_talk(phrases.JAPANESE_TALK)), 0.95)
    yield Skill("small talk, English", some(_talk(phrases.ENGLISH_TALK)), 0.95)
    yield Skill(
        "facts, both languages", some(_talk(phrases.JAPANESE_FACTS + phrases.ENGLISH_FACTS))
    )
    names, likes, places = (tuple(_memories(kind, rng)) for kind in ("name", "like", "place"))
    yield Skill("memory: a name, others' names between", some(names), 0.95)
    yield Skill("memory: a liking", some(likes), 0.95)
    yield Skill("memory: a place", some(places), 0.95)
    yield Skill("memory: all three", some((*names, *likes, *places)), 0.95)
    yield Skill("memory: asked, but never told", some(_never_told()))
    for name, pairs in (
        ("composed", _composed(rng)),
        ("Tatoeba's", [p for p in lexicon.pairs() if sentences.held_out(p[0]) and len(p[0]) <= 12]),
    ):
        chosen = rng.sample(pairs, min(sample or 150, 150, len(pairs)))
        for way, exact in (("exact", True), ("likeness", False)):
            yield Skill(
                f"translation of unseen sentences ({name}), to English, {way}",
                tuple(_translation(f"Translate to English: {ja}", en, exact) for ja, en in chosen),
            )
            yield Skill(
                f"translation of unseen sentences ({name}), to Japanese, {way}",
                tuple(
                    _translation(f"「{en}」を日本語にしてください。", ja, exact)
                    for ja, en in chosen
                ),
            )
    yield Skill("says that it does not know an unknown word", some(_unknown(lexicon, rng)))
    yield Skill("says that it does not know a fact", some(_outside(lexicon, rng)), 0.9)


def _card() -> Iterator[Case]:
    yield Case(
        ("VRはなんですか。",),
        lambda r: is_japanese(r) and "バーチャルリアリティ" in r and "コンピューター" in r,
    )
    yield Case(
        ("VRはなんですか。", "世界で一番高い山は?"),
        lambda r: is_japanese(r) and "エベレスト" in r,
    )


def _meaning(word: Word, question: str) -> Case:
    def score(reply: str) -> float:
        given = [q for q in quoted(reply) if q != word.form]
        return bool(given) and all(q in word.meanings for q in given)

    return Case((question.format(word.form),), score)


def _word(lexicon: Lexicon, word: Word) -> Case:
    meaning = word.meanings[0]

    def score(reply: str) -> float:
        given = [q for q in quoted(reply) if q != meaning]
        return any(q in lexicon.words and meaning in lexicon.words[q].meanings for q in given)

    return Case((f"How do you say '{meaning}' in Japanese?",), score)


def _talk(table: Sequence[phrases.Exchange]) -> Iterator[Case]:
    for questions, answers in table:
        for question in questions:
            yield Case((question,), partial(contains, answers))


_TELL = {
    ("name", True): ("{}です。", "私の名前は{}です。", "はじめまして、{}と申します。"),
    ("name", False): ("My name is {}.", "I'm {}.", "Please call me {}."),
    ("like", True): ("私は{}が好きです。", "{}が大好きです。"),
    ("like", False): ("I like {}.", "I love {}."),
    ("place", True): ("私は{}に住んでいます。", "{}に住んでいます。"),
    ("place", False): ("I live in {}.", "My home is in {}."),
}
_ASK = {
    ("name", True): ("私の名前は何ですか。", "私の名前を覚えていますか。"),
    ("name", False): ("What is my name?", "Do you remember my name?"),
    ("like", True): ("私は何が好きですか。",),
    ("like", False): ("What do I like?",),
    ("place", True): ("私はどこに住んでいますか。",),
    ("place", False): ("Where do I live?",),
}
_BETWEEN = {
    True: ("「猫」は英語で何ですか。", "ありがとう。", "VRはなんですか。", "元気ですか。", "「本」の意味は何ですか。"),
    False: ("What does 犬 mean?", "Thank you.", "How are you?", "How do you say 'book' in Japanese?"),
}  # fmt: skip


def _memories(kind: str, rng: random.Random) -> Iterator[Case]:
    values = {
        "name": invented.HELD_OUT_NAMES,
        "like": invented.HELD_OUT_LIKES,
        "place": invented.HELD_OUT_PLACES,
    }[kind]
    for _ in range(120 // len(values) + 1):
        for value in values:
            told_in, asked_in = not value.isascii(), rng.random() < 0.5
            other = rng.choice([n for n in invented.HELD_OUT_NAMES if n != value])
            there = rng.choice([p for p in invented.HELD_OUT_PLACES if p != value])
            others = (
                f"友達の名前は{other}です。" if asked_in else f"My friend's name is {other}.",
                f"{other}さんは{there}に住んでいます。"
                if asked_in
                else f"{other} lives in {there}.",
            )
            between = [*rng.sample(_BETWEEN[asked_in], rng.randint(0, 3)), rng.choice(others)]
            rng.shuffle(between)
            tell = rng.choice(_TELL[kind, told_in]).format(value)
            ask = rng.choice(_ASK[kind, asked_in])

            def score(reply: str, value: str = value, wrong: str = other) -> float:
                return value in reply and wrong not in reply

            yield Case((tell, *between, ask), score)


def _never_told() -> Iterator[Case]:
    for asks in _ASK.values():
        for ask in asks:
            yield Case((ask,), lambda r: "聞いていません" in r or "not told me" in r)


def _composed(rng: random.Random) -> list[tuple[str, str]]:
    drawn = {sentences.compose(rng) for _ in range(6_000)}
    return sorted(pair for pair in drawn if sentences.held_out(pair[0]))


def _translation(question: str, right: str, exact: bool) -> Case:
    return Case((question,), lambda reply: reply == right if exact else likeness(reply, right))


def likeness(a: str, b: str) -> float:
    """F1 over character pairs: 1 for equal texts, 0 for texts that share none."""
    pairs_a, pairs_b = ([t[i : i + 2] for i in range(len(t) - 1)] for t in (a, b))
    if not pairs_a or not pairs_b:
        return float(a == b)
    left = list(pairs_b)
    shared = 0
    for pair in pairs_a:
        if pair in left:
            left.remove(pair)
            shared += 1
    return 2 * shared / (len(pairs_a) + len(pairs_b))


def _says_unknown(reply: str) -> bool:
    return reply.startswith(("すみません、", "Sorry, I don't know"))


def _unknown(lexicon: Lexicon, rng: random.Random) -> Iterator[Case]:
    for word in rng.sample(lexicon.unknown_words[::4], 150):
        ask = rng.choice(("What does {} mean?", "「{}」は英語で何ですか。"))
        yield Case((ask.format(word),), _says_unknown)
    for meaning in rng.sample(lexicon.unknown_meanings[::4], 100):
        yield Case((f"How do you say '{meaning}' in Japanese?",), _says_unknown)


def _outside(lexicon: Lexicon, rng: random.Random) -> Iterator[Case]:
    for number in range(200):
        japanese = number % 2 == 0
        noun = rng.choice([p for p in invented.HELD_OUT_PLACES if p.isascii() != japanese])
        yield Case((phrases.outside(rng, japanese=japanese, noun=noun),), _says_unknown)
