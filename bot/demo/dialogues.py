"""Conversations for training the built-in model, put together at random from its skills.

A dialogue is a list of exchanges (what the user says, what the model answers). Nothing here
knows tokens; `train.py` turns dialogues into the prompt format.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from bot.demo import invented, phrases, sentences
from bot.demo.lexicon import MEANINGS_IN_ANSWER, Lexicon, Word
from bot.demo.memory import Exchange, Memory

CARD_PREAMBLE: Exchange = (
    "Hello, you are an assistant that helps me learn Japanese.",
    "Sure, what can I do for you?",
)
_PREAMBLES: tuple[Exchange, ...] = (
    ("こんにちは。日本語の勉強を手伝ってください。", "はい、何をしましょうか。"),
    ("You are a kind teacher.", "Yes, I am."),
    ("あなたはやさしい先生です。", "はい、わかりました。"),
    ("You are a friendly chat bot. Answer shortly.", "Sure."),
)

MEANING_ENGLISH = (
    "What does {w} mean?", "What does {w} mean?", "What does {w} mean in English?", "what does {w} mean",
    "What is the meaning of {w}?", "What's {w} in English?", "How do you say {w} in English?",
    "Tell me the meaning of {w}.", "Translate {w}.", "{w} meaning?", "What is {w} in English?",
)  # fmt: skip
MEANING_JAPANESE = (
    "{w}は英語で何ですか。", "{w}は英語で何ですか。", "{w}は英語で何ですか？", "{w}は英語でなんですか。",
    "{w}は英語で何と言いますか。", "{w}の意味は何ですか。", "{w}の意味を教えてください。", "{w}の意味は？",
    "{w}はどういう意味ですか。", "{w}ってどういう意味？", "{w}を英語で言うと？", "{w}を英語で何と言いますか。",
)  # fmt: skip
WORD_ENGLISH = (
    "How do you say {w} in Japanese?", "How do you say {w} in Japanese?", "how do you say {w} in japanese",
    "What is {w} in Japanese?", "What's the Japanese word for {w}?", "How do I say {w} in Japanese?",
    "Translate {w} into Japanese.", "What is the Japanese for {w}?",
)  # fmt: skip
WORD_JAPANESE = (
    "{w}は日本語で何ですか。", "{w}は日本語で何ですか？", "{w}は日本語で何と言いますか。",
    "{w}を日本語で言うと？", "{w}を日本語で何と言いますか。",
)  # fmt: skip
_TRANSLATE_TO_ENGLISH = (
    "Translate into English: {s}", "Translate to English: {s}", "Translate: {s}", "What does 「{s}」 mean?",
    "「{s}」を英語にしてください。", "「{s}」を英語に訳してください。", "英語に訳してください：{s}", "「{s}」は英語で何ですか。",
)  # fmt: skip
_TRANSLATE_TO_JAPANESE = (
    "Translate into Japanese: {s}", "Translate to Japanese: {s}", "How do you say '{s}' in Japanese?",
    "「{s}」を日本語にしてください。", "「{s}」を日本語に訳してください。", "日本語に訳してください：{s}", "Translate: {s}",
)  # fmt: skip
_REPEAT_ENGLISH = ("Say {w}.", "Please say {w}.", "Repeat after me: {w}", "repeat: {w}", "Say {w} again.")  # fmt: skip
_REPEAT_JAPANESE = ("{w}と言ってください。", "{w}と言って。", "{w}をもう一度言ってください。", "リピートしてください：{w}")  # fmt: skip


def quoted(rng: random.Random, text: str, *, japanese: bool) -> str:
    """The word as a user may write it: bare, or in quotation marks of some kind."""
    marks = ("「{}」", "「{}」", "「{}」", "{}", "{}", "『{}』", '"{}"') if japanese else ("'{}'", "'{}'", '"{}"', "{}", "{}", "「{}」", "“{}”")  # fmt: skip
    return rng.choice(marks).format(text)


def meaning_answer(word: Word, *, japanese: bool) -> str:
    """What the model says a Japanese word means."""
    meanings = word.meanings[:MEANINGS_IN_ANSWER]
    if japanese:
        return f"「{word.form}」は英語で" + "、".join(f"「{m}」" for m in meanings) + "です。"
    return f"{word.form} means " + " or ".join(f'"{m}"' for m in meanings) + "."


def word_answer(meaning: str, form: str, *, japanese: bool) -> str:
    """What the model says an English word is in Japanese."""
    if japanese:
        return f"「{meaning}」は日本語で「{form}」です。"
    return f'"{meaning}" is 「{form}」 in Japanese.'


def unknown_answer(text: str, *, japanese: bool) -> str:
    """What the model says of a word that it was never taught."""
    if japanese:
        return f"すみません、「{text}」という言葉は知りません。"
    return f"Sorry, I don't know the word 「{text}」."


@dataclass(slots=True)
class Teller:
    """One dialogue's user: what they told so far, and everything else the model can be asked."""

    rng: random.Random
    lexicon: Lexicon
    untaught: tuple[tuple[str, ...], tuple[str, ...]]  # words not to know: English, Japanese
    word_pool: tuple[tuple[Word, ...], tuple[float, ...]]
    pairs: tuple[tuple[str, str], ...]
    memory: Memory

    def exchange(self, japanese: bool, share: float) -> Exchange:
        """One exchange; `share` is that of telling and asking things to remember."""
        if self.rng.random() < share:
            return self.memory.exchange(japanese)
        skill = self.rng.choices(
            (
                self.word,
                self.unknown,
                self.talk,
                self.fact,
                self.outside,
                self.translate,
                self.repeat,
            ),
            (60, 14, 8, 3, 5, 8, 4),
        )[0]
        return skill(japanese)

    def word(self, japanese: bool) -> Exchange:
        """Meaning of a word, or the word for a meaning."""
        rng = self.rng
        word = rng.choices(*self.word_pool)[0]
        if rng.random() < 0.45:
            question = rng.choice(MEANING_JAPANESE if japanese else MEANING_ENGLISH)
            asked = quoted(rng, word.form, japanese=True) if rng.random() < 0.8 else word.form
            return question.format(w=asked), meaning_answer(word, japanese=japanese)
        meaning = word.meanings[0] if rng.random() < 0.7 else rng.choice(word.meanings)
        form = self.lexicon.japanese[meaning]
        asked = meaning
        bare = meaning.removeprefix("to ")
        if bare != meaning and bare not in self.lexicon.japanese and rng.random() < 0.3:
            asked = bare
        question = rng.choice(WORD_JAPANESE if japanese else WORD_ENGLISH)
        asked = quoted(rng, asked, japanese=False)
        return question.format(w=asked), word_answer(meaning, form, japanese=japanese)

    def unknown(self, japanese: bool) -> Exchange:
        """A word that was never taught: the honest answer."""
        rng = self.rng
        if rng.random() < 0.6:
            text = rng.choice(self.untaught[1])
            if rng.random() < 0.25:
                text = invented.name(rng, japanese=True)
            if text in self.lexicon.words:
                return self.word(japanese)
            question = rng.choice(MEANING_JAPANESE if japanese else MEANING_ENGLISH)
            asked = quoted(rng, text, japanese=True)
        else:
            text = rng.choice(self.untaught[0])
            if rng.random() < 0.15:
                text = invented.name(rng, japanese=False).lower()
            if text in self.lexicon.japanese or "to " + text in self.lexicon.japanese:
                return self.word(japanese)
            question = rng.choice(WORD_JAPANESE if japanese else WORD_ENGLISH)
            asked = quoted(rng, text, japanese=False)
        return question.format(w=asked), unknown_answer(text, japanese=japanese)

    def repeat(self, japanese: bool) -> Exchange:
        """Say it again: so each word's token is one that can be copied, not only recalled."""
        rng = self.rng
        word = rng.choice(self.word_pool[0])
        text = word.form if japanese else rng.choice(word.meanings)
        if rng.random() < 0.2:
            text = invented.name(rng, japanese=japanese)
        question = rng.choice(_REPEAT_JAPANESE if japanese else _REPEAT_ENGLISH)
        return question.format(w=quoted(rng, text, japanese=japanese)), text

    def talk(self, japanese: bool) -> Exchange:
        """Small talk."""
        return self._one_of(phrases.JAPANESE_TALK if japanese else phrases.ENGLISH_TALK)

    def fact(self, japanese: bool) -> Exchange:
        """One of the few facts that the model knows."""
        return self._one_of(phrases.JAPANESE_FACTS if japanese else phrases.ENGLISH_FACTS)

    def outside(self, japanese: bool) -> Exchange:
        """A question that the model cannot answer: it says so."""
        rng = self.rng
        noun = invented.place(rng, japanese=japanese)
        if rng.random() < 0.3:
            noun = rng.choice(self.untaught[japanese])
        if noun in ("日本", "Japan"):
            noun = "フランス" if japanese else "France"
        question = phrases.outside(rng, japanese=japanese, noun=noun)
        return question, phrases.JAPANESE_UNKNOWN if japanese else phrases.ENGLISH_UNKNOWN

    def translate(self, japanese: bool) -> Exchange:
        """A short sentence, translated."""
        rng = self.rng
        while True:
            ja, en = sentences.compose(rng) if rng.random() < 0.8 else rng.choice(self.pairs)
            if not sentences.held_out(ja):
                break
        to_english = rng.random() < 0.5
        templates = _TRANSLATE_TO_ENGLISH if to_english else _TRANSLATE_TO_JAPANESE
        fitting = [t for t in templates if t.isascii() != japanese or "mean?" in t]
        source, target = (ja, en) if to_english else (en, ja)
        return rng.choice(fitting).format(s=source), target

    def _one_of(self, table: tuple[phrases.Exchange, ...]) -> Exchange:
        questions, answers = self.rng.choice(table)
        return self.rng.choice(questions), self.rng.choice(answers)


@dataclass(slots=True)
class DialogueSource:
    """An endless, reproducible stream of dialogues: the same seed gives the same ones."""

    lexicon: Lexicon
    rng: random.Random
    memory_shares: tuple[float, ...] = (0.2, 0.4, 0.6, 0.8)  # of exchanges, one a dialogue
    _nouns: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    _untaught: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    _pool: tuple[tuple[Word, ...], tuple[float, ...]] = ((), ())
    _pairs: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        words = tuple(self.lexicon.words.values())
        nouns = [w for w in words if not w.meanings[0].startswith("to ") and len(w.form) > 1]
        self._nouns = (
            tuple(w.meanings[0] for w in nouns if w.meanings[0].isalpha()),
            tuple(w.form for w in nouns if w.level != "N3"),
        )
        # Three quarters of the words never taught are for training, the rest for evaluation.
        self._untaught = (
            tuple(m for i, m in enumerate(self.lexicon.unknown_meanings) if i % 4),
            tuple(w for i, w in enumerate(self.lexicon.unknown_words) if i % 4),
        )
        self._pool = (words, tuple(1.0 if w.level == "N3" else 1.6 for w in words))
        self._pairs = tuple(
            (ja, en)
            for ja, en in self.lexicon.pairs()
            if len(ja) <= 16 and len(en) <= 48
            if not any(name in ja + en for name in invented.HELD_OUT_NAMES)
        )

    def draw(self) -> list[Exchange]:
        """One dialogue: perhaps a preamble, then 1 to 24 exchanges."""
        rng = self.rng
        memory = Memory(rng, self._nouns)
        teller = Teller(rng, self.lexicon, self._untaught, self._pool, self._pairs, memory)
        kind = rng.random()
        exchanges = (
            [CARD_PREAMBLE] if kind < 0.6 else [rng.choice(_PREAMBLES)] if kind < 0.75 else []
        )
        share = rng.choice(self.memory_shares)
        japanese = rng.random() < 0.5
        for _ in range(rng.choice((1, 2, 3, 4, 6, 8, 12, 18, 24))):
            if rng.random() < 0.2:
                japanese = not japanese
            exchanges.append(teller.exchange(japanese, share))
        return exchanges
