"""What a user tells of themselves and of others, and asks to have given back later.

Part of the training dialogues of the built-in model: names, likings and places are made up, so
that the model learns to look them up in the conversation.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from bot.demo import invented

Exchange = tuple[str, str]

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


@dataclass(slots=True)
class Memory:
    """What has been told in one dialogue, by the user of themselves and of other people."""

    rng: random.Random
    nouns: tuple[tuple[str, ...], tuple[str, ...]]  # likeable things: English, Japanese
    told: dict[str, str] = field(default_factory=dict)
    people: dict[str, dict[str, str]] = field(default_factory=dict)

    def exchange(self, japanese: bool) -> Exchange:
        """Something told that the model has to give back later, or the question for it."""
        rng = self.rng
        if rng.random() < 0.2:
            return self._person(japanese)
        topic = rng.choices(("name", "like", "live", "from", "attribute"), (30, 26, 28, 4, 12))[0]
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
        asks: tuple[str, ...]
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
