"""Conversations for training the built-in model, put together at random from its skills.

A dialogue is a list of exchanges (what the user says, what the model answers). Nothing here
knows tokens; `train.py` turns dialogues into the prompt format.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from bot.demo import invented, phrases, sentences
from bot.demo.lexicon import MEANINGS_IN_ANSWER, Lexicon, Word

Exchange = tuple[str, str]

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

# What can be told about oneself: (Japanese, English, kind of value)
_ATTRIBUTES = (
    ("友達の名前", "friend's name", "name"), ("先生の名前", "teacher's name", "name"),
    ("犬の名前", "dog's name", "name"), ("猫の名前", "cat's name", "name"),
    ("兄の名前", "brother's name", "name"), ("妹の名前", "sister's name", "name"),
    ("母の名前", "mother's name", "name"), ("好きな食べ物", "favorite food", "liking"),
    ("好きな色", "favorite color", "color"), ("趣味", "hobby", "liking"), ("仕事", "job", "job"),
    ("誕生日", "birthday", "date"), ("好きな数字", "favorite number", "number"),
    ("会社の名前", "company's name", "name"), ("好きな町", "favorite town", "place"),
)  # fmt: skip
_COLORS = (("赤", "red"), ("青", "blue"), ("白", "white"), ("黒", "black"), ("緑", "green"), ("黄色", "yellow"), ("ピンク", "pink"), ("紫", "purple"))  # fmt: skip
_JOBS = (("医者", "doctor"), ("先生", "teacher"), ("学生", "student"), ("歌手", "singer"), ("看護師", "nurse"), ("エンジニア", "engineer"), ("料理人", "cook"), ("作家", "writer"))  # fmt: skip
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")  # fmt: skip


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
    """One dialogue's user: what they have told so far, and everything the model can be asked."""

    rng: random.Random
    lexicon: Lexicon
    nouns: tuple[tuple[str, ...], tuple[str, ...]]  # likeable things: English, Japanese
    untaught: tuple[tuple[str, ...], tuple[str, ...]]  # words not to know: English, Japanese
    word_pool: tuple[tuple[Word, ...], tuple[float, ...]]
    pairs: tuple[tuple[str, str], ...]
    told: dict[str, str] = field(default_factory=dict)
    people: dict[str, dict[str, str]] = field(default_factory=dict)

    def exchange(self, japanese: bool, memory: float) -> Exchange:
        """One exchange; `memory` is the share of telling and asking things to remember."""
        if self.rng.random() < memory:
            return self.remember(japanese)
        skill = self.rng.choices(
            (self.word, self.unknown, self.talk, self.fact, self.outside, self.translate),
            (62, 10, 9, 3, 6, 10),
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
            ja, en = sentences.compose(rng) if rng.random() < 0.6 else rng.choice(self.pairs)
            if not sentences.held_out(ja):
                break
        to_english = rng.random() < 0.5
        templates = _TRANSLATE_TO_ENGLISH if to_english else _TRANSLATE_TO_JAPANESE
        fitting = [t for t in templates if t.isascii() != japanese or "mean?" in t]
        source, target = (ja, en) if to_english else (en, ja)
        return rng.choice(fitting).format(s=source), target

    def remember(self, japanese: bool) -> Exchange:
        """Something told that the model has to give back later, or the question for it."""
        rng = self.rng
        if rng.random() < 0.2:
            return self._person(japanese)
        topic = rng.choices(("name", "like", "live", "from", "attribute"), (40, 20, 18, 6, 16))[0]
        if topic == "attribute":
            return self._attribute(japanese)
        if topic in self.told and rng.random() < 0.85:
            return self._ask(topic, japanese)
        if topic not in self.told and rng.random() < 0.12:
            return self._ask(topic, japanese)
        if topic == "name" and rng.random() < 0.15:
            return self._tell_two(japanese)
        return self._tell(topic, japanese)

    def _tell(self, topic: str, japanese: bool) -> Exchange:
        rng = self.rng
        value = self._value(topic, japanese)
        self.told[topic] = value
        says: tuple[str, ...]
        answer: str
        if topic == "name" and japanese:
            says = (f"{value}です。", f"{value}です", f"私は{value}です。", f"私の名前は{value}です。", f"私の名前は{value}です。", f"名前は{value}です。", f"僕は{value}です。", f"{value}と申します。", f"{value}といいます。", f"はじめまして、{value}です。", f"こんにちは。{value}です。", f"私の名前は{value}です。よろしくお願いします。", f"{value}と呼んでください。")  # fmt: skip
            answer = f"はじめまして、{value}さん。"
        elif topic == "name":
            says = (f"My name is {value}.", f"My name is {value}.", f"my name is {value}", f"I'm {value}.", f"I am {value}.", f"Hi, I'm {value}.", f"Hello, my name is {value}.", f"Hi! I am {value}.", f"Please call me {value}.", f"Call me {value}.", f"You can call me {value}.", f"My name is {value}. Nice to meet you.")  # fmt: skip
            answer = f"Nice to meet you, {value}."
        elif topic == "like" and japanese:
            says = (f"私は{value}が好きです。", f"{value}が好きです。", f"{value}が大好きです。", f"私が好きなものは{value}です。", f"僕は{value}が好き。", f"私は{value}が大好きです。")  # fmt: skip
            answer = f"{value}が好きなんですね。"
        elif topic == "like":
            says = (f"I like {value}.", f"I love {value}.", f"I like {value} very much.", f"i like {value}", f"I really like {value}.", f"I am fond of {value}.")  # fmt: skip
            answer = f"I see, you like {value}."
        elif topic == "live" and japanese:
            says = (f"私は{value}に住んでいます。", f"{value}に住んでいます。", f"今、{value}に住んでいます。", f"家は{value}にあります。", f"{value}に住んでる。")  # fmt: skip
            answer = f"{value}に住んでいるんですね。"
        elif topic == "live":
            says = (f"I live in {value}.", f"I live in {value} now.", f"i live in {value}", f"My home is in {value}.", f"I am living in {value}.")  # fmt: skip
            answer = f"I see, you live in {value}."
        elif japanese:
            says = (f"{value}から来ました。", f"私は{value}から来ました。", f"出身は{value}です。", f"私の出身は{value}です。")  # fmt: skip
            answer = f"{value}から来たんですね。"
        else:
            says = (f"I am from {value}.", f"I'm from {value}.", f"I come from {value}.")
            answer = f"I see, you are from {value}."
        return rng.choice(says), answer

    def _tell_two(self, japanese: bool) -> Exchange:
        name, other = self._value("name", japanese), self.rng.choice(("like", "live"))
        value = self._value(other, japanese)
        self.told |= {"name": name, other: value}
        if japanese:
            said = f"{value}が好きです。" if other == "like" else f"{value}に住んでいます。"
            known = f"{value}が好き" if other == "like" else f"{value}に住んでいる"
            start = self.rng.choice(
                (f"私は{name}です。", f"{name}です。", f"私の名前は{name}です。")
            )
            return start + said, f"はじめまして、{name}さん。{known}んですね。".replace(
                "好きん", "好きなん"
            )
        verb = "like" if other == "like" else "live in"
        start = self.rng.choice((f"My name is {name} and", f"I'm {name} and", f"I am {name}."))
        return f"{start} I {verb} {value}.", f"Nice to meet you, {name}. I see, you {verb} {value}."

    def _ask(self, topic: str, japanese: bool) -> Exchange:
        value = self.told.get(topic)
        asks: tuple[str, ...]
        if japanese:
            asks, known, verb = {
                "name": (("私の名前は何ですか。", "私の名前は何ですか。", "私の名前は何ですか？", "私の名前は？", "私の名前を覚えていますか。", "私は誰ですか。", "僕の名前は何？", "私の名前を言ってください。", "私の名前、覚えてる？", "私の名前はなんですか。", "名前を覚えていますか？"), f"あなたの名前は{value}です。", "名前"),
                "like": (("私は何が好きですか。", "私は何が好きですか？", "私の好きなものは何ですか。", "私が好きなものは何ですか。", "私は何が好きだと言いましたか。", "僕は何が好き？"), f"あなたは{value}が好きです。", "好きなもの"),
                "live": (("私はどこに住んでいますか。", "私はどこに住んでいますか？", "私が住んでいる所はどこですか。", "私の家はどこにありますか。", "僕はどこに住んでる？"), f"あなたは{value}に住んでいます。", "住んでいる所"),
                "from": (("私はどこから来ましたか。", "私の出身はどこですか。", "私の出身は？"), f"あなたは{value}から来ました。", "出身"),
            }[topic]  # fmt: skip
            answer = known if value else f"まだあなたの{verb}を聞いていません。"
        else:
            asks, known, verb = {
                "name": (("What is my name?", "What is my name?", "What's my name?", "what is my name", "Do you remember my name?", "Who am I?", "Tell me my name.", "Do you know my name?", "Say my name.", "what's my name"), f"Your name is {value}.", "your name"),
                "like": (("What do I like?", "what do i like", "Do you remember what I like?", "What did I say I like?", "Tell me what I like."), f"You like {value}.", "what you like"),
                "live": (("Where do I live?", "where do i live", "Do you remember where I live?", "Where is my home?", "Tell me where I live."), f"You live in {value}.", "where you live"),
                "from": (("Where am I from?", "Where do I come from?", "where am i from"), f"You are from {value}.", "where you are from"),
            }[topic]  # fmt: skip
            answer = known if value else f"You have not told me {verb} yet."
        return self.rng.choice(asks), answer

    def _attribute(self, japanese: bool) -> Exchange:
        ja, en, kind = self.rng.choice(_ATTRIBUTES)
        value = self.told.get(en)
        if value is None and self.rng.random() < 0.85:
            self.told[en] = value = self._value(kind, japanese)
            if japanese:
                said = (f"私の{ja}は{value}です。", f"{ja}は{value}です。")
                return self.rng.choice(said), f"{ja}は{value}なんですね。"
            return f"My {en} is {value}.", f"I see, your {en} is {value}."
        if japanese:
            asks = (f"私の{ja}は何ですか。", f"私の{ja}は？", f"私の{ja}を覚えていますか。", f"{ja}は何ですか。")  # fmt: skip
            known = f"あなたの{ja}は{value}です。"
            return self.rng.choice(asks), known if value else f"まだあなたの{ja}を聞いていません。"
        asks = (f"What is my {en}?", f"what is my {en}", f"Do you remember my {en}?")
        known = f"Your {en} is {value}."
        return self.rng.choice(asks), known if value else f"You have not told me your {en} yet."

    def _person(self, japanese: bool) -> Exchange:
        rng = self.rng
        if not self.people or rng.random() < 0.5:
            who, topic = self._value("name", japanese), rng.choice(("like", "live"))
            if who == self.told.get("name"):
                return self._ask("name", japanese)
            value = self._value(topic, japanese)
            self.people.setdefault(who, {})[topic] = value
            if japanese:
                if topic == "like":
                    return (
                        f"{who}さんは{value}が好きです。",
                        f"{who}さんは{value}が好きなんですね。",
                    )
                return (
                    f"{who}さんは{value}に住んでいます。",
                    f"{who}さんは{value}に住んでいるんですね。",
                )
            verb = "likes" if topic == "like" else "lives in"
            return f"{who} {verb} {value}.", f"I see, {who} {verb} {value}."
        who = rng.choice(list(self.people))
        topic, value = rng.choice(list(self.people[who].items()))
        if japanese:
            if topic == "like":
                return f"{who}さんは何が好きですか。", f"{who}さんは{value}が好きです。"
            return f"{who}さんはどこに住んでいますか。", f"{who}さんは{value}に住んでいます。"
        if topic == "like":
            return f"What does {who} like?", f"{who} likes {value}."
        return f"Where does {who} live?", f"{who} lives in {value}."

    def _value(self, kind: str, japanese: bool) -> str:
        rng = self.rng
        if rng.random() < 0.1:
            japanese = not japanese
        if kind == "name":
            return invented.name(rng, japanese=japanese)
        if kind in ("live", "from", "place"):
            return invented.place(rng, japanese=japanese)
        if kind in ("like", "liking"):
            return invented.liking(rng, japanese=japanese, words=self.nouns[japanese])
        if kind == "color":
            return rng.choice(_COLORS)[0 if japanese else 1]
        if kind == "job":
            return rng.choice(_JOBS)[0 if japanese else 1]
        month, day = rng.randint(1, 12), rng.randint(1, 28)
        if kind == "date":
            return f"{month}月{day}日" if japanese else f"{_MONTHS[month - 1]} {day}"
        return str(rng.randint(0, 999))

    def _one_of(self, table: tuple[phrases.Exchange, ...]) -> Exchange:
        questions, answers = self.rng.choice(table)
        return self.rng.choice(questions), self.rng.choice(answers)


@dataclass(slots=True)
class DialogueSource:
    """An endless, reproducible stream of dialogues: the same seed gives the same ones."""

    lexicon: Lexicon
    rng: random.Random
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
        self._pairs = tuple(p for p in self.lexicon.pairs() if len(p[0]) <= 16 and len(p[1]) <= 48)

    def draw(self) -> list[Exchange]:
        """One dialogue: perhaps a preamble, then 1 to 24 exchanges."""
        rng = self.rng
        teller = Teller(rng, self.lexicon, self._nouns, self._untaught, self._pool, self._pairs)
        kind = rng.random()
        exchanges = (
            [CARD_PREAMBLE] if kind < 0.6 else [rng.choice(_PREAMBLES)] if kind < 0.75 else []
        )
        memory = rng.choice((0.1, 0.3, 0.4, 0.6))
        japanese = rng.random() < 0.5
        for _ in range(rng.choice((1, 2, 3, 4, 6, 8, 12, 18, 24))):
            if rng.random() < 0.2:
                japanese = not japanese
            exchanges.append(teller.exchange(japanese, memory))
        return exchanges
