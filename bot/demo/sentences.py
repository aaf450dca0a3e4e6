"""Short sentences with their translations, put together from words of levels N5 and N4.

Composed, so that the model learns how the languages fit together; the evaluation asks for
combinations and for Tatoeba's pairs that training never saw.
"""

from __future__ import annotations

import random
import zlib

# (Japanese, English singular with article, English plural)
_THINGS = (
    ("猫", "a cat", "cats"), ("犬", "a dog", "dogs"), ("鳥", "a bird", "birds"), ("馬", "a horse", "horses"),
    ("本", "a book", "books"), ("車", "a car", "cars"), ("花", "a flower", "flowers"), ("椅子", "a chair", "chairs"),
    ("机", "a desk", "desks"), ("時計", "a clock", "clocks"), ("辞書", "a dictionary", "dictionaries"),
    ("りんご", "an apple", "apples"), ("卵", "an egg", "eggs"), ("傘", "an umbrella", "umbrellas"),
    ("手紙", "a letter", "letters"), ("写真", "a picture", "pictures"), ("鞄", "a bag", "bags"),
    ("帽子", "a hat", "hats"), ("自転車", "a bicycle", "bicycles"), ("雑誌", "a magazine", "magazines"),
)  # fmt: skip
_FOODS = (
    ("魚", "fish"), ("肉", "meat"), ("野菜", "vegetables"), ("果物", "fruit"), ("パン", "bread"), ("ご飯", "rice"),
    ("卵", "eggs"), ("りんご", "apples"), ("お菓子", "sweets"), ("牛肉", "beef"),
)  # fmt: skip
_DRINKS = (
    ("水", "water"),
    ("お茶", "tea"),
    ("コーヒー", "coffee"),
    ("牛乳", "milk"),
    ("お酒", "sake"),
)
_PLACES = (
    ("学校", "school"), ("図書館", "the library"), ("駅", "the station"), ("病院", "the hospital"),
    ("銀行", "the bank"), ("公園", "the park"), ("会社", "the company"), ("店", "the shop"),
    ("日本", "Japan"), ("東京", "Tokyo"), ("海", "the sea"), ("山", "the mountain"), ("郵便局", "the post office"),
)  # fmt: skip
_PEOPLE = (
    ("私", "I", ""), ("彼", "He", "s"), ("彼女", "She", "s"), ("先生", "The teacher", "s"),
    ("母", "My mother", "s"), ("父", "My father", "s"), ("友達", "My friend", "s"), ("兄", "My older brother", "s"),
    ("妹", "My younger sister", "s"), ("子供", "The child", "s"),
)  # fmt: skip
_TIMES = (
    ("毎日", "every day"),
    ("毎朝", "every morning"),
    ("毎週", "every week"),
    ("今日", "today"),
    ("明日", "tomorrow"),
)
_ADJECTIVES = (
    ("大きい", "big"), ("小さい", "small"), ("新しい", "new"), ("古い", "old"), ("高い", "expensive"),
    ("安い", "cheap"), ("赤い", "red"), ("青い", "blue"), ("白い", "white"), ("黒い", "black"),
    ("いい", "good"), ("重い", "heavy"), ("軽い", "light"),
)  # fmt: skip
_ROLES = (
    ("学生", "a student"),
    ("先生", "a teacher"),
    ("医者", "a doctor"),
    ("日本人", "Japanese"),
)


def compose(rng: random.Random) -> tuple[str, str]:
    """One sentence, (Japanese, English)."""
    ja, en, plural = rng.choice(_THINGS)
    food, food_en = rng.choice(_FOODS)
    drink, drink_en = rng.choice(_DRINKS)
    place, place_en = rng.choice(_PLACES)
    who, who_en, s = rng.choice(_PEOPLE)
    when, when_en = rng.choice(_TIMES)
    adjective, adjective_en = rng.choice(_ADJECTIVES)
    role, role_en = rng.choice(_ROLES)
    es = "es" if s else ""
    be = "am" if who == "私" else "is"
    do_not = "doesn't" if s else "don't"
    have = "has" if s else "have"
    bare = en.split(" ", 1)[1]
    return rng.choice(
        (
            (f"これは{ja}です。", f"This is {en}."),
            (f"それは{ja}です。", f"That is {en}."),
            (f"これは{ja}ですか。", f"Is this {en}?"),
            (f"これは{ja}ではありません。", f"This is not {en}."),
            (f"この{ja}は{adjective}です。", f"This {bare} is {adjective_en}."),
            (f"あの{ja}は{adjective}です。", f"That {bare} is {adjective_en}."),
            (f"{adjective}{ja}がほしいです。", f"I want a {adjective_en} {bare}.".replace("a old", "an old").replace("a expensive", "an expensive")),
            (f"{who}は{ja}が好きです。", f"{who_en} like{s} {plural}."),
            (f"{who}は{food}が好きです。", f"{who_en} like{s} {food_en}."),
            (f"{who}は{food}が好きではありません。", f"{who_en} {do_not} like {food_en}."),
            (f"{who}は{ja}を買いました。", f"{who_en} bought {en}."),
            (f"{who}は{when}{food}を食べます。", f"{who_en} eat{s} {food_en} {when_en}."),
            (f"{who}は{food}を食べました。", f"{who_en} ate {food_en}."),
            (f"{who}は{food}を食べません。", f"{who_en} {do_not} eat {food_en}."),
            (f"{who}は{when}{drink}を飲みます。", f"{who_en} drink{s} {drink_en} {when_en}."),
            (f"{who}は{drink}を飲みました。", f"{who_en} drank {drink_en}."),
            (f"{who}は{when}{place}に行きます。", f"{who_en} go{es} to {place_en} {when_en}."),
            (f"{who}は{place}に行きました。", f"{who_en} went to {place_en}."),
            (f"{who}は{place}に行きたいです。", f"{who_en} want{s} to go to {place_en}."),
            (f"{place}はどこですか。", f"Where is {place_en}?"),
            (f"{who}は{role}です。", f"{who_en} {be} {role_en}."),
            (f"{who}は{place}にいます。", f"{who_en} {be} at {place_en}."),
            (f"{who}は{ja}を持っています。", f"{who_en} {have} {en}."),
            (f"{drink}をください。", f"{drink_en.capitalize()}, please."),
            (f"{food}をください。", f"{food_en.capitalize()}, please."),
            (f"{ja}はどこですか。", f"Where is the {bare}?"),
        )
    )  # fmt: skip


def held_out(japanese: str) -> bool:
    """Whether a sentence belongs to the tenth that only the evaluation may use."""
    return zlib.crc32(japanese.encode()) % 10 == 0
