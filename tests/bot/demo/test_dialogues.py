from __future__ import annotations

import random

import pytest

from bot.demo import invented, phrases, sentences
from bot.demo.dialogues import DialogueSource
from bot.demo.exam import likeness, quoted, skills
from bot.demo.lexicon import load_lexicon
from bot.demo.memory import Memory


def drawn(count: int, seed: int = 1) -> list[list[tuple[str, str]]]:
    """So many dialogues."""
    source = DialogueSource(load_lexicon(), random.Random(seed))
    return [source.draw() for _ in range(count)]


def test_the_same_seed_gives_the_same_dialogues() -> None:
    """Training can be repeated."""
    assert drawn(30) == drawn(30)
    assert drawn(30) != drawn(30, seed=2)


def test_dialogues_never_use_what_the_examination_holds_back() -> None:
    """Names, likings and places of the examination stay unseen; so do its sentences."""
    said = " ".join(text for talk in drawn(1500) for exchange in talk for text in exchange)
    assert not [name for name in invented.HELD_OUT_NAMES if name in said]
    ours = {answer for _, answers in phrases.JAPANESE_FACTS for answer in answers}
    held_back = {ja for ja, _ in load_lexicon().pairs() if sentences.held_out(ja) and len(ja) > 8}
    assert len(held_back) > 100
    assert not [ja for ja in held_back - ours if ja in said]


@pytest.mark.parametrize("japanese", [True, False])
def test_invented_words_are_new_and_never_held_out(japanese: bool) -> None:
    """They are made up each time, so that the model cannot know them by heart."""
    rng = random.Random(1)
    names = {invented.name(rng, japanese=japanese) for _ in range(2000)}
    assert len(names) > 1000
    assert not names & invented.HELD_OUT


def test_what_was_told_is_what_is_given_back() -> None:
    """Of a told value the right answer always has it; of an untold one it says so."""
    rng = random.Random(3)
    given = 0
    for _ in range(300):
        memory = Memory(rng, ((), ()))
        for _ in range(12):
            before = dict(memory.told)
            asked, answer = memory.exchange(rng.random() < 0.5)
            if asked in ("What is my name?", "私の名前は何ですか。"):
                untold = "聞いていません" in answer or "not told me" in answer
                assert before["name"] in answer if "name" in before else untold
                given += 1
    assert given > 20


def test_the_examination_asks_for_every_word_and_has_goals() -> None:
    """As the lists are, in both directions."""
    lexicon = load_lexicon()
    asked = list(skills(lexicon, random.Random(1), None))
    by_name = {skill.name: skill for skill in asked}
    assert len(by_name) == len(asked)
    assert len(by_name["N5: What does 猫 mean?"].cases) == len(lexicon.of_level("N5"))
    assert by_name["N3: What does 猫 mean?"].goal == 0.8
    assert by_name["memory: all three"].goal == 0.95
    assert all(skill.cases for skill in asked)


def test_a_right_answer_is_told_from_a_wrong_one() -> None:
    """The examination can be failed."""
    asked = {s.name: s for s in skills(load_lexicon(), random.Random(1), None)}
    (cat,) = [c for c in asked["N5: What does 猫 mean?"].cases if "猫" in c.says[0]]
    assert cat.score('猫 means "cat".')
    assert not cat.score('猫 means "dog".')
    assert not cat.score('猫 means "cat" or "dog".')
    assert not cat.score("Sorry, I don't know the word 「猫」.")
    (word,) = [
        c for c in asked["N5: How do you say 'cat' in Japanese?"].cases if "'cat'" in c.says[0]
    ]
    assert word.score('"cat" is 「猫」 in Japanese.')
    assert not word.score('"cat" is 「犬」 in Japanese.')
    names = asked["memory: a name, others' names between"].cases
    memory = next(case for case in names if "田中" in case.says[0])
    assert memory.score("あなたの名前は田中です。") and not memory.score("わかりません。")


def test_quotation_and_likeness() -> None:
    """The two measures that the examination uses."""
    assert quoted('「猫」は "cat" です') == ["猫", "cat"]
    assert likeness("This is a cat.", "This is a cat.") == 1
    assert 0.5 < likeness("This is a cat.", "This is a hat.") < 1
    assert likeness("abc", "xyz") == 0
